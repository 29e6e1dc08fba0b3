from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlflow import MlflowClient


def test_a_run_says_what_it_took_on_disk_and_in_mlflow(study: Path) -> None:
    client = MlflowClient(f"sqlite:///{study / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tiny")
    logged = {
        run.data.tags["ser.model"]: run.data.metrics
        for run in client.search_runs([experiment.experiment_id])
        if "ser.model" in run.data.tags
    }
    for path in (study / "runs").glob("*/cost.json"):
        model = json.loads((path.parent / "run.json").read_text())["model"]
        cost = json.loads(path.read_text())
        fits = [json.loads(done.read_text())["cost"] for done in path.parent.glob("fits/*/done.json")]
        assert cost["wall_s"] == pytest.approx(sum(fit["wall_s"] for fit in fits))
        assert (cost["multiply_adds"] is None) == (model == "svm")
        assert cost["latency_ms"] > 0
        known = {f"cost/{name}": value for name, value in cost.items() if value is not None}
        assert known.items() <= logged[model].items()
    assert set(logged) == {"svm", "mlp"}
