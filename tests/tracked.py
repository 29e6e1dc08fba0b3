"""Runs as the tracker is told of them, small, and what an MLflow store then shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from mlflow import MlflowClient
from mlflow.entities import Run

from ser.arrays import Shape
from ser.models import storage
from ser.models.mlp import MLP
from ser.models.standardize import Scaling, Standardized
from ser.models.trained import TrainedNetwork
from ser.tracking.records import FitRecord, ModelRecord, RunRecord
from ser.tracking.store import COMPLETE_TAG, Tracker

EPOCHS = 5
CLASSES = ["angry", "happy"]


def model(folder: Path) -> ModelRecord:
    """A network of three inputs, saved."""
    spec, shape = MLP(name="mlp", hidden=[4], dropout=0.0), Shape(kind="vector", width=3)
    scaling = Scaling(standardize=True, signed_sqrt=False, l2=False, widths=[3], group=None, shape=None)
    network = Standardized(spec.build(shape, 2), scaling)
    network.fit(np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32))
    torch.manual_seed(0)
    storage.save(folder, TrainedNetwork(shape=shape, classes=CLASSES, spec=spec, network=network))
    return ModelRecord(folder=folder, kind="vector", width=3, classes=CLASSES)


def record(number: int, artifact: Path, saved: ModelRecord | None = None) -> RunRecord:
    """One cross-validation of one fold."""
    history = [{"epoch": epoch, "train/loss": 1 / (1 + epoch)} for epoch in range(1, EPOCHS + 1)]
    fit = FitRecord(
        name="fold-01-seed-0", params={"fold": 1}, tags={}, metrics={"test/uar": 0.5}, history=history, model=saved
    )
    return RunRecord(
        run_id=f"{number:012x}",
        name=f"run {number}",
        study="playground",
        description="made for a test",
        params={f"setting.{index}": index for index in range(150)},
        tags={"ser.model": "mlp"},
        version="1",
        metrics={"test/uar": 0.5},
        artifacts={"evaluation/note.txt": artifact},
        fits=[fit],
    )


def log(uri: str, artifacts: str | None, record: RunRecord) -> None:
    """What a training process does with its run."""
    tracker = Tracker(uri, artifacts)
    tracker.begin(record)
    tracker.complete(record)


def shown(uri: str, study: str = "playground") -> tuple[list[Run], list[Run]]:
    """Parents and children of a study, as MLflow tells them."""
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(study)
    if experiment is None:
        return [], []
    found = client.search_runs([experiment.experiment_id])
    children = [run for run in found if "mlflow.parentRunId" in run.data.tags]
    return [run for run in found if run not in children], children


def check_whole(uri: str, runs: int) -> None:
    """Every run is there once, finished, with its child, its curves, its settings and its artifact."""
    client = MlflowClient(uri)
    parents, children = shown(uri)
    assert sorted(run.data.tags["ser.run_id"] for run in parents) == [f"{number:012x}" for number in range(runs)]
    assert sorted(run.data.tags["mlflow.parentRunId"] for run in children) == sorted(run.info.run_id for run in parents)
    assert {run.info.status for run in (*parents, *children)} == {"FINISHED"}
    for parent in parents:
        assert parent.data.tags[COMPLETE_TAG] == "1"
        assert len(parent.data.params) == 150
        assert parent.data.metrics == {"test/uar": 0.5}
        (artifact,) = client.list_artifacts(parent.info.run_id, "evaluation")
        assert artifact.path == "evaluation/note.txt"
    for child in children:
        assert child.data.tags[COMPLETE_TAG] == "true"
        curve = client.get_metric_history(child.info.run_id, "train/loss")
        assert [point.step for point in curve] == list(range(1, EPOCHS + 1))
