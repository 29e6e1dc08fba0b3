"""Killed, interrupted or out of disk: nothing finished is lost, nothing half-written is read, the numbers stay."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient

from ser.cli import main
from ser.pipeline import runs
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


def start(work_dir: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ser.cli", "train", *overrides(work_dir, *SLOW, *more)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def wait_for(pattern: str, work_dir: Path, job: subprocess.Popen[str]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not any(work_dir.glob(pattern)) and job.poll() is None:
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
    tmp_path: Path, uninterrupted: pd.DataFrame, moment: str
) -> None:
    pattern, later = MOMENTS[moment]
    with start(tmp_path) as job:
        wait_for(pattern, tmp_path, job)
        time.sleep(later)
        job.kill()
    assert main(["train", *overrides(tmp_path, *SLOW)]) == 0
    assert read_only_run(tmp_path).equals(uninterrupted)
    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    logged = client.search_runs([experiment.experiment_id for experiment in client.search_experiments()])
    assert sorted(run.info.run_name for run in logged)[:2] == ["fold-01-seed-0", "fold-02-seed-0"]
    assert len(logged) == 3
    assert {run.info.status for run in logged} == {"FINISHED"}


def test_ctrl_c_stops_cleanly_and_keeps_what_is_finished(tmp_path: Path, uninterrupted: pd.DataFrame) -> None:
    with start(tmp_path, "tracking=none", "workers=2") as job:
        wait_for("runs/*/fits/*/last.ckpt", tmp_path, job)
        job.send_signal(signal.SIGINT)
        assert job.stderr is not None
        error = job.stderr.read()
        assert job.wait(30) == 130
    assert "stopped. What was finished is kept" in error
    assert "Traceback" not in error
    assert main(["train", *overrides(tmp_path, *SLOW, "tracking=none")]) == 0
    assert read_only_run(tmp_path).equals(uninterrupted)


LIMITED = """
import resource, signal, sys
# Writing past the limit then fails as it does on a full disk, instead of killing the process.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from ser.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes to stand in for a full disk")
@pytest.mark.parametrize("limit", [6_000, 60_000])
def test_a_disk_that_fills_up_is_said_plainly_and_nothing_half_written_stays(
    tmp_path: Path, uninterrupted: pd.DataFrame, limit: int
) -> None:
    assert main(["scan", *overrides(tmp_path)]) == 0
    job = ["train", *overrides(tmp_path, *SLOW, "tracking=none")]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit), *job], capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert done.returncode == 2, done.stderr
    assert "Free some disk space" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("runs/*/predictions.parquet"))
    assert main(job) == 0
    assert read_only_run(tmp_path).equals(uninterrupted)
