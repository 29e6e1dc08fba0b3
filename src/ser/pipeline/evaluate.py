"""The verb `evaluate`: from saved predictions to metrics, intervals and figures. Never trains."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from ser.config import Settings
from ser.errors import StoreError
from ser.evaluation import figures, summary
from ser.evaluation.model_card import model_card
from ser.files import read_json, write_json, write_text, written_aside
from ser.fingerprint import code_version
from ser.pipeline import prepare, runs
from ser.pipeline.runs import RunFolder

log = logging.getLogger(__name__)


def evaluate(settings: Settings) -> RunFolder:
    """Evaluate the finished run of a job again.

    Args:
        settings: the job.

    Raises:
        StoreError: when the run is not finished.
    """
    made = prepare.split(settings)
    folder = runs.folder_of(settings, data_hash=made.data_hash, protocol_hash=made.protocol_hash)
    if not folder.finished:
        raise StoreError(
            expected="a finished run",
            received="no predictions yet",
            where=folder.predictions,
            fix="Give the same overrides to `ser train` first.",
        )
    evaluate_run(folder, replicates=settings.replicates)
    return folder


def evaluate_run(folder: RunFolder, *, replicates: int) -> dict[str, Any]:
    """Write `evaluation/` of a finished run, unless it is there and was made by this code.

    Args:
        folder: the run.
        replicates: bootstrap replicates behind the interval.

    Returns:
        The summary.
    """
    made_by = {
        "code": code_version("ser.evaluation.summary", "ser.evaluation.figures", "ser.evaluation.model_card"),
        "replicates": replicates,
    }
    if folder.summary.is_file():
        known: dict[str, Any] = read_json(folder.summary)
        if known.get("made_by") == made_by:
            return known
    record = runs.read(folder)
    classes = record["protocol"]["classes"]
    result = summary.summarise(
        pd.read_parquet(folder.predictions),
        pd.read_parquet(folder.path / "utterances.parquet"),
        pd.read_parquet(folder.path / "folds.parquet"),
        classes,
        replicates=replicates,
        seed=0,
    )
    _write_tables(folder, result, classes)
    _write_figures(folder, result, record)
    write_text(folder.path / "model_card.md", model_card(record, result, record["corpora"]))
    result["made_by"] = made_by
    write_json(folder.summary, result)
    return result


def _write_tables(folder: RunFolder, result: dict[str, Any], classes: list[str]) -> None:
    place = folder.evaluation
    write_json(place / "confusion_matrix.json", {"classes": classes, "rows": "actual", "counts": result["confusion"]})
    pairs = [
        f"{actual},{predicted}"
        for actual, row in zip(classes, result["confusion"], strict=True)
        for predicted, count in zip(classes, row, strict=True)
        for _ in range(count)
    ]
    write_text(place / "confusion_matrix.csv", "\n".join(["actual,predicted", *pairs]) + "\n")
    text, table = summary.classification_report(result), summary.classification_table(result)
    write_text(place / "classification_report.txt", text)
    write_json(place / "classification_report.json", table)
    keys = ("uar", "uar_fold_mean", "accuracy", "macro_f1", "uar_interval", "baselines")
    write_json(place / "metrics.json", {key: result[key] for key in keys})


def _write_figures(folder: RunFolder, result: dict[str, Any], record: dict[str, Any]) -> None:
    protocol = record["protocol"]
    title = f"{record['name']} · {protocol['name']}"
    if not protocol["speaker_independent"]:
        title += " · NOT speaker-independent"
    if protocol["warning"]:
        # The first word of a warning is its name: TRANSDUCTIVE, ENROLMENT.
        title += f" · {protocol['warning'].partition(':')[0]}"
    histories = {
        f"fold {row['fold']}, seed {row['seed']}": read_json(folder.fit(row["fold"], row["seed"]) / "history.json")
        for row in result["folds"]
    }
    for name, figure in (
        ("confusion_matrix", figures.confusion_figure(result["confusion"], protocol["classes"], title)),
        ("per_class", figures.per_class_figure(result["per_class"], title)),
        ("history", figures.history_figure(histories, title)),
    ):
        with written_aside(folder.evaluation / f"{name}.png") as aside:
            # Without a date in the file the same numbers give the same bytes, which DVC relies on.
            figure.savefig(aside, dpi=150, metadata={"Software": None})
