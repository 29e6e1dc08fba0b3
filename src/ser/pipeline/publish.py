"""From a run folder to the tracker: what MLflow shows is read from the folder, so it can be made again at any time."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ser.config import Settings, Tracking
from ser.errors import SerError, StoreError
from ser.evaluation.summary import seed_spread
from ser.files import digest, read_json
from ser.nested import flat
from ser.pipeline import runs, showing
from ser.pipeline.runs import RunFolder
from ser.protocol.rules import METRICS
from ser.tracking.records import FitRecord, ModelRecord, RunRecord

if TYPE_CHECKING:
    from ser.tracking.store import Tracker

log = logging.getLogger(__name__)

ARTIFACTS = (
    "evaluation/confusion_matrix.json",
    "evaluation/confusion_matrix.png",
    "evaluation/classification_report.json",
    "evaluation/classification_report.txt",
    "evaluation/abstention.png",
    "evaluation/groups.png",
    "evaluation/hardest.json",
    "evaluation/history.png",
    "evaluation/per_class.png",
    "evaluation/reliability.png",
    "evaluation/summary.json",
    "config.yaml",
    "environment.txt",
    "audit.json",
)


@contextlib.contextmanager
def opened(folder: RunFolder, settings: Settings) -> Iterator[None]:
    """Show a run as RUNNING while it trains, and as FAILED with its reason when it fails."""
    if not settings.tracking.enabled:
        yield
        return
    record = _record(folder, settings.study)
    with _only_warned(folder, settings):
        connect(settings.tracking).begin(record)
    try:
        yield
    except SerError as error:
        with _only_warned(folder, settings):
            connect(settings.tracking).fail(record, str(error))
        raise


def complete(folder: RunFolder, settings: Settings) -> None:
    """Log a finished, evaluated run under every study that asked for it, each once.

    What MLflow already shows of it, evaluated as it is now, is left alone. The store itself is asked, so that a
    database that was lost is filled again. A store that fails is warned of: the run itself is safe.

    Args:
        folder: the run.
        settings: names the store.

    Raises:
        StoreError: when the run folder is not whole.
    """
    if settings.tracking.enabled:
        records = full_records(folder)
        with _only_warned(folder, settings):
            tracker = connect(settings.tracking)
            for record in records:
                tracker.complete(record)


def forget(folder: RunFolder, settings: Settings) -> None:
    """Take a run out of the tracker, so that its repetition is logged anew."""
    if settings.tracking.enabled:
        with _only_warned(folder, settings):
            tracker = connect(settings.tracking)
            for study in folder.studies():
                tracker.forget(_record(folder, study))


def connect(tracking: Tracking) -> Tracker:
    """Open the store that a configuration names. Imports MLflow.

    Raises:
        StoreError: when it is a database file that cannot be used; a server is not asked yet.
    """
    from ser.tracking.store import Tracker

    return Tracker(tracking.uri, tracking.artifacts, register=tracking.register)


def full_records(folder: RunFolder) -> list[RunRecord]:
    """Read all that MLflow is to show of a finished, evaluated run: one record a study.

    Raises:
        StoreError: when a file of the run is missing or damaged.
    """
    return [_full_record(folder, _record(folder, study)) for study in folder.studies()]


@contextlib.contextmanager
def _only_warned(folder: RunFolder, settings: Settings) -> Iterator[None]:
    """Go on when the tracker fails: what it shows can be made again, a training cannot."""
    try:
        yield
    except StoreError as error:
        again = f"ser sync --work-dir {settings.work_dir} --to {settings.tracking.uri} {folder.run_id}"
        log.warning("run %s is not shown by MLflow for now. %s\nOnce it is finished: %s", folder.run_id, error, again)


def _record(folder: RunFolder, study: str) -> RunRecord:
    record = runs.read(folder)
    protocol = record["protocol"]
    return RunRecord(
        run_id=folder.run_id,
        name=record["name"],
        study=study,
        description=showing.description(record, None),
        params=flat(runs.settings_as_data(folder)),
        tags={
            "ser.corpus": "+".join(record["corpora"]),
            "ser.features": record["features"],
            "ser.augment": record["augment"],
            "ser.model": record["model"],
            "ser.protocol": protocol["name"],
            "ser.protocol_hash": protocol["hash"],
            "ser.normalise": protocol["normalise"],
            "ser.transductive": str(protocol["transductive"]).lower(),
            "ser.audit": protocol["verdict"],
            "ser.data_hash": record["data_hash"],
            "ser.code_version": record["code_version"],
        },
    )


def _full_record(folder: RunFolder, record: RunRecord) -> RunRecord:
    summary = read_json(folder.summary)
    artifacts = {name: folder.path / name for name in ARTIFACTS}
    artifacts["evaluation/predictions.parquet"] = folder.predictions
    artifacts["model_card.md"] = folder.evaluation / "model_card.md"
    for file in artifacts.values():
        if not file.is_file():
            raise StoreError(
                expected="a whole run",
                received="no such file",
                where=file,
                fix="Copy the whole run folder again, or give its `ser train` command once more.",
            )
    facts = runs.read(folder)
    return replace(
        record,
        description=showing.description(facts, summary),
        version=digest(summary),
        metrics=_test_metrics(summary) | _costs(folder),
        artifacts=artifacts,
        tables=showing.tables(summary),
        datasets=showing.datasets(folder, facts),
        candidacy=showing.candidacy(facts, summary),
        fits=[_fit_record(folder, row, facts["protocol"]["classes"], record.tags) for row in summary["folds"]],
    )


def _test_metrics(summary: Mapping[str, Any]) -> dict[str, float]:
    metrics = {f"test/{name}": summary[name] for name in (*METRICS, "uar_fold_mean")}
    metrics |= {f"test/{name}": summary["calibration"]["before"][name] for name in ("ece", "brier")}
    metrics |= showing.class_metrics(summary)
    interval = summary["uar_interval"]
    if interval:
        metrics |= {"test/uar/low": interval["low"], "test/uar/high": interval["high"]}
    spread = seed_spread(summary)
    if spread is not None:
        metrics |= {"test/uar/seed_std": spread}
        metrics |= {f"test/uar/seed-{row['seed']}": row["uar"] for row in summary["per_seed"]}
    metrics |= {f"test/uar/{row['corpus']}": row["uar"] for row in summary["corpora"] if len(summary["corpora"]) > 1}
    baselines = summary["baselines"]
    return metrics | {
        "baseline/majority/uar": baselines["majority"]["uar"],
        "baseline/stratified/uar": baselines["stratified"]["uar"],
        "baseline/permuted/uar": baselines["permuted"]["mean"],
    }


def _costs(folder: RunFolder) -> dict[str, float]:
    return {f"cost/{name}": value for name, value in read_json(folder.cost).items() if value is not None}


def _fit_record(folder: RunFolder, row: Mapping[str, Any], classes: list[str], tags: Mapping[str, str]) -> FitRecord:
    place = folder.fit(row["fold"], row["seed"])
    model = read_json(place / "model" / "model.json")
    return FitRecord(
        name=place.name,
        params={"fold": row["fold"], "seed": row["seed"], "test_speakers": ", ".join(row["speakers"])},
        tags={"ser.run": folder.run_id, **{key: tags[key] for key in ("ser.corpus", "ser.protocol_hash", "ser.audit")}},
        metrics={"test/uar": row["uar"], "test/accuracy": row["accuracy"]},
        history=read_json(place / "history.json"),
        model=ModelRecord(
            folder=place / "model", kind=model["shape"]["kind"], width=model["shape"]["width"], classes=classes
        ),
    )
