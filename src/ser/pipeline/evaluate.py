"""The verb `evaluate`: from saved predictions to metrics, intervals and figures. Never trains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from ser.config import Settings
from ser.errors import StoreError
from ser.evaluation import outputs, summary
from ser.evaluation.hardest import hardest
from ser.evaluation.sample import sample
from ser.files import locked, read_json, write_json
from ser.fingerprint import code_version
from ser.pipeline import development, prepare, publish, runs
from ser.pipeline.runs import SUMMARY, RunFolder


def evaluate(settings: Settings) -> RunFolder:
    """Evaluate the finished run of a job again, and show it so.

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
    with locked(folder.path):
        evaluate_run(folder, folder.evaluation, replicates=settings.replicates)
        publish.complete(folder, settings)
    return folder


def evaluate_run(folder: RunFolder, out: Path, *, replicates: int) -> dict[str, Any]:
    """Write the evaluation of a finished run, unless it is there and was made by this code.

    Args:
        folder: the run, or what the verb `train` exported of it.
        out: where the evaluation goes.
        replicates: bootstrap replicates behind the interval.

    Returns:
        The summary.
    """
    code = code_version(
        "ser.evaluation.outputs", "ser.evaluation.summary", "ser.evaluation.hardest", "ser.evaluation.sample"
    )
    made_by = {"code": code, "replicates": replicates}
    kept = out / SUMMARY
    if kept.is_file():
        known: dict[str, Any] = read_json(kept)
        if known.get("made_by") == made_by:
            return known
    record = runs.read(folder)
    classes = record["protocol"]["classes"]
    predictions, utterances, folds = (
        pd.read_parquet(path) for path in (folder.predictions, folder.utterances, folder.folds)
    )
    result = summary.summarise(
        predictions,
        utterances,
        folds,
        classes,
        development=development.gather(folder, folds, record["seeds"], classes),
        replicates=replicates,
    )
    histories = {
        f"fold {row['fold']}, seed {row['seed']}": read_json(folder.fit(row["fold"], row["seed"]) / "history.json")
        for row in result["folds"]
    }
    outputs.write(
        out,
        result,
        record,
        histories=histories,
        hardest=hardest(predictions, utterances, classes),
        sample=sample(predictions, classes),
    )
    result["made_by"] = made_by
    write_json(kept, result)
    return result
