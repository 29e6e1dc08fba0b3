"""Killed, interrupted or out of disk: nothing finished is lost, nothing half-written is read, the numbers stay."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient

import doomed
from ser import apart
from ser.cli import main
from ser.pipeline import runs
from ser.sweep import READY
from tiny import overrides

SLOW = ["model=cnn", "trainer.max_epochs=8", "trainer.patience=8", "trainer.checkpoint_seconds=0"]
# What is there when the blow falls, and how long after it.
MOMENTS = {
    "extraction": ("data/store/*/*/*.npy", 0.0),
    "training": ("runs/*/fits/*/last.ckpt", 0.0),
    "between folds": ("runs/*/fits/*/done.json", 0.0),
    "logging": ("runs/*/predictions.parquet", 1.0),
}
DEADLINE_S = 120


def wait_for(pattern: str, work_dir: Path, alive: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not any(work_dir.glob(pattern)) and alive():
        assert time.monotonic() < end, f"{pattern} never appeared"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    work_dir = tmp_path_factory.mktemp("uninterrupted")
    assert main(["train", *overrides(work_dir, *SLOW, "tracking=none")]) == 0
    return read_only_run(work_dir)


def read_only_run(work_dir: Path) -> pd.DataFrame:
    (folder,) = runs.all_runs(work_dir)
    return pd.read_parquet(folder.predictions)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_goes_on_and_ends_with_the_same_bits(
    tmp_path: Path, uninterrupted: pd.DataFrame, empty_database: Path, moment: str
) -> None:
    pattern, later = MOMENTS[moment]
    if moment != "logging":
        shutil.copyfile(empty_database, tmp_path / "mlflow.db")
    words = ["train", *overrides(tmp_path, *SLOW)]
    with apart.started(doomed.command, words, tmp_path / "said.txt", ready=READY) as job:
        wait_for(pattern, tmp_path, job.is_alive)
        time.sleep(later)
        job.kill()
    assert main(words) == 0
    assert read_only_run(tmp_path).equals(uninterrupted)
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    logged = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    assert sorted(run.info.run_name for run in logged)[:2] == ["fold-01-seed-0", "fold-02-seed-0"]
    assert len(logged) == 3
    assert {run.info.status for run in logged} == {"FINISHED"}


def test_ctrl_c_stops_cleanly_and_keeps_what_is_finished(tmp_path: Path, uninterrupted: pd.DataFrame) -> None:
    words = ["train", *overrides(tmp_path, *SLOW, "tracking=none", "workers=2")]
    command = [sys.executable, "-m", "ser.cli", *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as job:
        wait_for("runs/*/fits/*/last.ckpt", tmp_path, lambda: job.poll() is None)
        job.send_signal(signal.SIGINT)
        assert job.stderr is not None
        error = job.stderr.read()
        assert job.wait(30) == 130
    assert "stopped. What was finished is kept" in error
    assert "Traceback" not in error
    assert main(["train", *overrides(tmp_path, *SLOW, "tracking=none")]) == 0
    assert read_only_run(tmp_path).equals(uninterrupted)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes to stand in for a full disk")
@pytest.mark.parametrize("limit", [6_000, 60_000])
def test_a_disk_that_fills_up_is_said_plainly_and_nothing_half_written_stays(
    tmp_path: Path, uninterrupted: pd.DataFrame, limit: int
) -> None:
    assert main(["scan", *overrides(tmp_path)]) == 0
    job = ["train", *overrides(tmp_path, *SLOW, "tracking=none")]
    said = tmp_path / "said.txt"
    with apart.started(doomed.on_a_full_disk, job, said, limit, ready=READY) as starved:
        starved.join(DEADLINE_S)
    assert starved.exitcode == 2, said.read_text()
    assert "Free some disk space" in said.read_text()
    assert "Traceback" not in said.read_text()
    assert not list(tmp_path.glob("runs/*/predictions.parquet"))
    assert main(job) == 0
    assert read_only_run(tmp_path).equals(uninterrupted)
