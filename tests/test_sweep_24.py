"""Twenty-four jobs of which two fail and one is killed: the others end well, and the next call does what is missing."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from ser import config
from ser.cli import main
from ser.files import locked, read_json
from ser.pipeline import prepare, runs
from ser.pipeline.runs import RunFolder
from tiny import overrides


def run_of(job: list[str]) -> RunFolder:
    settings = config.load(job)
    made = prepare.split(settings)
    return runs.folder_of(settings, data_hash=made.data_hash, protocol_hash=made.protocol_hash)


def kill(job: int, run: RunFolder, work_dir: Path, begun: threading.Event, over: threading.Event) -> None:
    """Hold what the job must wait for until it has begun, and kill it there, unless the sweep is over before."""
    with locked(run.path):
        begun.set()
        while not over.wait(0.01):
            for outcome in work_dir.glob(f"outputs/multirun/*/{job}/outcome.json"):
                os.kill(read_json(outcome)["pid"], signal.SIGKILL)
                return


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_two_jobs_fail_and_one_is_killed_and_the_other_21_end_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sweep = overrides(tmp_path, "tracking=none", "model=svm,kernel_ridge,mlp,lstm", "seeds=0,1")
    sweep = [*(word for word in sweep if not word.startswith("features=")), "features=mfcc_mean,prosody,functionals"]
    jobs = config.expand(sweep)
    assert len(jobs) == 24
    failing, killed = [jobs[3], jobs[16]], 10
    for job in failing:
        obstacle = run_of(job).path / "fits"
        obstacle.parent.mkdir(parents=True)
        obstacle.touch()

    begun, over = threading.Event(), threading.Event()
    blow = threading.Thread(target=kill, args=(killed, run_of(jobs[killed]), tmp_path, begun, over))
    blow.start()
    begun.wait()
    try:
        assert main(["train", "-m", *sweep]) == 1
    finally:
        over.set()
        blow.join()

    said = capsys.readouterr().err
    assert "21 of 24 jobs finished" in said
    reasons = [line for line in said.splitlines() if ": failed: " in line or ": killed: " in line]
    assert len(reasons) == 3
    assert all(" ".join(job) in line for job, line in zip([jobs[3], jobs[killed], jobs[16]], reasons, strict=True))
    assert "killed by SIGKILL" in reasons[1]
    finished = {run.run_id: run.predictions.stat().st_mtime_ns for run in runs.all_runs(tmp_path) if run.finished}
    assert len(finished) == 21

    for job in failing:
        (run_of(job).path / "fits").unlink()
    assert main(["train", "-m", *sweep]) == 0
    assert "24 of 24 jobs finished" in capsys.readouterr().err
    now = {run.run_id: run.predictions.stat().st_mtime_ns for run in runs.all_runs(tmp_path)}
    assert len(now) == 24
    assert {run_id: stamp for run_id, stamp in now.items() if run_id in finished} == finished
