"""A real MLflow server: what it holds, what happens while it is away, and what `ser sync` brings it."""

from __future__ import annotations

from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

from ser.cli import main
from ser.config import load
from ser.pipeline import runs
from tiny import overrides
from tracked import check_whole, log, model, record, shown

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own, which `ser` keeps quiet.


def test_a_server_takes_whole_runs_and_keeps_their_artifacts(server: str, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("note")
    for number in range(2):
        log(server, None, record(number, tmp_path / "note.txt", model(tmp_path / "model")))
    check_whole(server, 2)
    parents, children = shown(server)
    fetched = MlflowClient(server).download_artifacts(parents[0].info.run_id, "evaluation/note.txt", str(tmp_path))
    assert Path(fetched).read_text() == "note"
    loaded = mlflow.pyfunc.load_model(f"runs:/{children[0].info.run_id}/model")
    assert loaded.predict(np.zeros((4, 3), np.float32)).shape == (4, 2)
    assert not list(tmp_path.glob("ml*")), "nothing of it lies here"


def test_the_server_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.org")
    tracking = load(["tracking=server"]).tracking
    assert (tracking.uri, tracking.artifacts) == ("https://mlflow.example.org", None)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert load(["tracking=server"]).tracking.uri == "http://127.0.0.1:5000"


def test_a_training_goes_on_without_its_server_and_sync_brings_it_home(
    tmp_path: Path, server: str, gone: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    job = ["train", *overrides(tmp_path, "model=svm", "study=away", "tracking=server", f"tracking.uri={gone}")]
    assert main(job) == 0
    assert "UAR" in capsys.readouterr().out
    (folder,) = runs.all_runs(tmp_path)
    assert folder.finished
    assert folder.summary.is_file()
    assert "Connection refused" in caplog.text
    assert f"ser sync --work-dir {tmp_path} --to {gone} {folder.run_id}" in caplog.text
    sync = ["sync", "--work-dir", str(tmp_path), "--to", server]
    assert main([*sync, folder.run_id[:6]]) == 0
    assert capsys.readouterr().out == "1 sent, 0 present before, 0 failed\n"
    (parent,), children = shown(server, "away")
    assert len(children) == 2
    assert {run.info.status for run in (parent, *children)} == {"FINISHED"}
    assert main(sync) == 0
    assert capsys.readouterr().out == "0 sent, 1 present before, 0 failed\n"
    assert not MlflowClient(server).search_registered_models(), "the registry of a group is left alone"
    register = ["register", "--work-dir", str(tmp_path), "--to", server, folder.run_id]
    for said in ("entered", "present before"):
        assert main(register) == 0
        assert capsys.readouterr().out.endswith(f"{said}\n")
    (version,) = MlflowClient(server).search_model_versions("name = 'synthetic-seven'")
    assert version.run_id == parent.info.run_id
    assert main(["train", *overrides(tmp_path, "model=svm", "study=away", f"tracking.uri={server}")]) == 0
    assert shown(server, "away")[0][0].info.run_id == parent.info.run_id
    assert [len(found) for found in shown(server, "away")] == [1, 2]


def test_a_sync_without_a_server_says_so_at_once(tmp_path: Path, gone: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "runs" / "0123456789ab").mkdir(parents=True)
    (tmp_path / "runs" / "0123456789ab" / "run.json").write_text("{}")
    assert main(["sync", "--work-dir", str(tmp_path), "--to", gone]) == 2
    error = capsys.readouterr().err
    assert "expected an MLflow store that answers" in error
    assert "Connection refused" in error
    assert "Traceback" not in error
