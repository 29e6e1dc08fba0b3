"""From a run folder to the tracker: what MLflow shows is read from the folder, so it can be made again at any time."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import OmegaConf

from ser.config import Settings
from ser.errors import SerError
from ser.files import digest, read_json, write_json
from ser.pipeline import runs
from ser.pipeline.runs import RunFolder
from ser.tracking.records import FitRecord, ModelRecord, RunRecord

if TYPE_CHECKING:
    from ser.tracking.store import Tracker

log = logging.getLogger(__name__)

ARTIFACTS = (
    "evaluation/confusion_matrix.json",
    "evaluation/confusion_matrix.png",
    "evaluation/classification_report.json",
    "evaluation/classification_report.txt",
    "evaluation/history.png",
    "evaluation/per_class.png",
    "evaluation/summary.json",
    "config.yaml",
    "environment.txt",
    "model_card.md",
    "audit.json",
)


@contextlib.contextmanager
def opened(folder: RunFolder, settings: Settings) -> Iterator[None]:
    """Show a run as RUNNING while it trains, and as FAILED with its reason when it fails."""
    if not settings.tracking.enabled:
        yield
        return
    record = _record(folder, settings.study)
    tracker = _tracker(settings)
    tracker.begin(record)
    try:
        yield
    except SerError as error:
        tracker.fail(record, str(error))
        raise


def complete(folder: RunFolder, settings: Settings) -> None:
    """Log a finished, evaluated run under its study, once.

    Args:
        folder: the run.
        settings: names the study and the store.

    Raises:
        StoreError: when the store cannot be reached; the run itself is safe.
    """
    marker = _marker(folder, settings)
    evaluated = digest(folder.summary.read_text(encoding="utf-8"))
    if not settings.tracking.enabled or _logged(marker, settings) == evaluated:
        return
    tracker = _tracker(settings)
    record = _record(folder, settings.study)
    if marker.is_file():
        # It was logged with another evaluation (or into a database that is gone): show the present one.
        tracker.forget(record)
    tracker.complete(_full_record(folder, record))
    write_json(marker, {"uri": settings.tracking.uri, "evaluation": evaluated})


def forget(folder: RunFolder, settings: Settings) -> None:
    """Take a run out of the tracker, before it is trained again."""
    if settings.tracking.enabled and folder.record.is_file():
        _tracker(settings).forget(_record(folder, settings.study))


def _tracker(settings: Settings) -> Tracker:
    from ser.tracking.store import Tracker

    return Tracker(settings.tracking.uri, settings.tracking.artifacts)


def _marker(folder: RunFolder, settings: Settings) -> Path:
    return folder.path / "tracked" / f"{digest({'uri': settings.tracking.uri, 'study': settings.study}, 8)}.json"


def _logged(marker: Path, settings: Settings) -> str | None:
    file = settings.tracking.uri.removeprefix("sqlite:///")
    if not marker.is_file() or (file != settings.tracking.uri and not Path(file).is_file()):
        return None
    return str(read_json(marker)["evaluation"])


def _record(folder: RunFolder, study: str) -> RunRecord:
    record = runs.read(folder)
    protocol = record["protocol"]
    config = OmegaConf.to_container(OmegaConf.load(folder.config))
    note = "" if protocol["speaker_independent"] else " **Not speaker-independent.**"
    note += f" **{protocol['warning']}**" if protocol["warning"] else ""
    return RunRecord(
        run_id=folder.run_id,
        name=record["name"],
        study=study,
        description=f"{record['name']}. {protocol['words']}{note} Repeat with `ser verify {folder.run_id}`.",
        params=dict(_flat(config)),
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
    protocol = runs.read(folder)["protocol"]
    return RunRecord(
        run_id=record.run_id,
        name=record.name,
        study=record.study,
        description=record.description,
        params=record.params,
        tags=record.tags,
        metrics=_test_metrics(summary),
        artifacts=artifacts,
        fits=[_fit_record(folder, row, protocol["classes"]) for row in summary["folds"]],
    )


def _test_metrics(summary: Mapping[str, Any]) -> dict[str, float]:
    metrics = {f"test/{name}": summary[name] for name in ("uar", "uar_fold_mean", "accuracy", "macro_f1")}
    recalls = {name: row["recall"] for name, row in summary["per_class"].items()}
    metrics |= {f"test/recall/{name}": recall for name, recall in recalls.items() if recall is not None}
    interval = summary["uar_interval"]
    if interval:
        metrics |= {"test/uar/low": interval["low"], "test/uar/high": interval["high"]}
    baselines = summary["baselines"]
    return metrics | {
        "baseline/majority/uar": baselines["majority"]["uar"],
        "baseline/permuted/uar": baselines["permuted"]["mean"],
    }


def _fit_record(folder: RunFolder, row: Mapping[str, Any], classes: list[str]) -> FitRecord:
    place = folder.fit(row["fold"], row["seed"])
    model = read_json(place / "model" / "model.json")
    return FitRecord(
        name=place.name,
        params={"fold": row["fold"], "seed": row["seed"], "test_speakers": ", ".join(row["speakers"])},
        tags={"ser.run": folder.run_id},
        metrics={"test/uar": row["uar"], "test/accuracy": row["accuracy"]},
        history=read_json(place / "history.json"),
        model=ModelRecord(
            folder=place / "model", kind=model["shape"]["kind"], width=model["shape"]["width"], classes=classes
        ),
    )


def _flat(node: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _flat(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, node
