"""What MLflow shows of a run with several seeds: their mean, their spread, and each."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient

from ser.cli import main
from ser.tracking import store
from tiny import overrides


def test_seeds_are_shown_together_and_each(
    tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(empty_database, tmp_path / "mlflow.db")
    monkeypatch.setattr(store, "log_model", lambda run_id, record: None)
    assert main(["train", *overrides(tmp_path, "model=mlp", "seeds=[0,1,2]", "study=seeds")]) == 0
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("seeds")
    (parent,) = client.search_runs([experiment.experiment_id], "tags.`ser.complete` != 'true'")
    metrics = parent.data.metrics
    each = [metrics[f"test/uar/seed-{seed}"] for seed in range(3)]
    assert metrics["test/uar"] == pytest.approx(np.mean(each))
    assert metrics["test/uar/seed_std"] == pytest.approx(np.std(each, ddof=1))
    assert len(client.search_runs([experiment.experiment_id])) == 1 + 2 * 3
