"""`ser serve` on a trained run: what it refuses to start with, what it answers, how it trains again."""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from ser.cli import EXIT_INTERRUPTED, EXIT_USER_ERROR, main
from ser.errors import ConfigError, StoreError
from ser.pipeline import retrain, serve
from served import answers, free_port
from tiny import run_of
from toy_service import TOKEN, form, speech


def options(work_dir: Path, run: str, **more: object) -> argparse.Namespace:
    usual = {"registry": None, "trust": False, "data_dir": None, "workers": 1, "max_minutes": 1}
    windows = {"window": None, "hop": None, "language": None}
    return argparse.Namespace(work_dir=work_dir, run=run, **{**usual, **windows, **more})


def test_a_run_is_served_until_it_is_stopped(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port, said = free_port(), {}
    run = run_of(study, "mlp").run_id

    def use() -> None:
        try:
            while not answers(f"http://127.0.0.1:{port}"):
                pass
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                said["answer"] = client.post("/predict", files=form(speech())).json()
                said["long"] = client.post("/predict", files=form(speech(70.0))).json()
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    user = threading.Thread(target=use)
    user.start()
    code = main(["serve", run[:6], "--work-dir", str(study), "--port", str(port), "--max-minutes", "1"])
    user.join()
    assert code == EXIT_INTERRUPTED
    assert f"Serving synthetic mfcc_mean mlp at http://127.0.0.1:{port} (docs: /docs)." in capsys.readouterr().out
    assert said["answer"]["model"]["run_id"] == run
    assert sum(said["answer"]["answer"]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert said["long"]["reason"] == "recording"


def test_what_others_can_reach_wants_a_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "abc", "--work-dir", str(tmp_path), "--host", "0.0.0.0"]) == EXIT_USER_ERROR  # noqa: S104
    assert "--token-file" in capsys.readouterr().err
    assert main(["serve", "abc", "--work-dir", str(tmp_path), "--port", "0"]) == EXIT_USER_ERROR
    assert "expected the id of one run" in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["--max-mb", "--max-minutes", "--time-limit"])
@pytest.mark.parametrize("number", ["0", "-1", "nan", "inf", "much"])
def test_a_limit_that_is_none_is_refused(limit: str, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "abc", f"{limit}={number}"])
    assert f"argument {limit}: expected a number above zero, but got '{number}'" in capsys.readouterr().err


def test_a_folder_that_cannot_keep_uploads_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["serve", "abc", "--keep", str(tmp_path / "file")]) == EXIT_USER_ERROR
    assert "--keep: expected a folder" in capsys.readouterr().err


def test_the_token_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def token(**more: object) -> str | None:
        usual = {"host": "0.0.0.0", "token_file": None, "no_token": False}  # noqa: S104
        return serve.token_of(argparse.Namespace(**{**usual, **more}))

    file = tmp_path / "token"
    with pytest.raises(ConfigError, match="--token-file"):
        token(token_file=file)
    file.write_text(f"{TOKEN}\n")
    assert token(token_file=file) == TOKEN
    assert token(no_token=True) is None
    assert token(host="127.0.0.1") is None
    monkeypatch.setenv("SER_SERVE_TOKEN", TOKEN)
    assert token() == TOKEN


def test_training_again_on_the_same_data_finds_the_run_and_tells_its_scores(study: Path, tmp_path: Path) -> None:
    folder, outcome = run_of(study, "svm"), tmp_path / "outcome.json"
    with serve.worker_of(options(study, folder.run_id[:8], allow_train=True)) as worker:
        assert worker
        command = list(worker._work.command(worker.jobs.accept(rerun=False), outcome))
        retrain.main(command[command.index("ser.pipeline.retrain") + 1 :])
        said = json.loads(outcome.read_text())
        assert worker._work.predictor(said["run_id"]).engine.facts.run_id == folder.run_id
    predictions = pd.read_parquet(folder.predictions)
    folds = [f1_score(fold["y_true"], fold["y_pred"], average="macro") for _, fold in predictions.groupby("fold")]
    assert said == {
        "run_id": folder.run_id,
        "f1_macro_mean": pytest.approx(np.mean(folds)),
        "f1_macro_sd": pytest.approx(np.std(folds)),
        "uar": pytest.approx(json.loads(folder.summary.read_text())["uar"]),
    }


def test_a_training_that_fails_tells_why_but_not_where(study: Path) -> None:
    said = retrain.retrained(options(study, "ffffff", rerun=False))
    assert set(said) == {"error"}
    assert "Known runs" in said["error"]
    assert str(study) not in said["error"]


def test_what_was_trained_last_answers_while_it_is_there(study: Path, caplog: pytest.LogCaptureFixture) -> None:
    served, newer = run_of(study, "mlp").run_id, run_of(study, "svm").run_id
    asked = options(study, served, allow_train=True)
    assert serve.last_run(asked, None) == served
    with serve.worker_of(asked) as worker:
        assert worker
        assert serve.last_run(asked, worker) == served
        job = worker.jobs.accept(rerun=False)
        worker.jobs.note(job, state="done", outcome={"run_id": newer})
        assert serve.last_run(asked, worker) == newer
        worker.jobs.note(job, state="done", outcome={"run_id": "ffffff"})
        assert serve.last_run(asked, worker) == served
    assert "cannot be served" in caplog.text


def test_only_runs_can_be_trained_again(study: Path) -> None:
    model = options(study, "model.onnx", allow_train=True)
    with pytest.raises(StoreError, match="one run"), serve.worker_of(model):
        pass
