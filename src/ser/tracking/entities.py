"""Records as MLflow's entities."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, RunTag

from ser.tracking.records import DatasetRecord, RunRecord

COMPLETE_TAG = "ser.complete"
NOTE_TAG = "mlflow.note.content"
_REFUSED = re.compile(r"[^/\w.\- ]")
"""What names of metrics may not hold; classes of a corpus of one's own are called anything."""


def last_tags(record: RunRecord) -> list[RunTag]:
    """Say what the run is now that it is whole, and by which files MLflow's pages compare it with others."""
    tables = json.dumps([{"path": name, "type": "table"} for name in record.tables])
    return [
        RunTag(NOTE_TAG, record.description),
        RunTag("mlflow.loggedArtifacts", tables),
        RunTag(COMPLETE_TAG, record.version),
    ]


def dataset(data: DatasetRecord) -> DatasetInput:
    """Describe the data of a run, so that MLflow's pages can name, show and filter by them."""
    columns = [{"name": name, "type": kind, "required": False} for name, kind in data.columns.items()]
    described = Dataset(
        name=data.name,
        digest=data.digest,
        source_type="corpus",
        source=json.dumps(data.source),
        schema=json.dumps({"mlflow_colspec": columns}),
        profile=json.dumps(data.profile),
    )
    return DatasetInput(described, [InputTag("mlflow.data.context", data.context)])


def points(metrics: Mapping[str, float]) -> list[Metric]:
    """Give single values as metrics."""
    now = _now()
    return [Metric(_name(key), float(value), now, 0) for key, value in metrics.items()]


def curves(history: list[Mapping[str, float]]) -> list[Metric]:
    """Give one mapping an epoch, each with the key "epoch", as metrics by step."""
    now = _now()
    return [
        Metric(_name(key), float(value), now, int(epoch["epoch"]))
        for epoch in history
        for key, value in epoch.items()
        if key != "epoch"
    ]


def _now() -> int:
    return int(time.time() * 1000)


def _name(key: str) -> str:
    return _REFUSED.sub("_", key)
