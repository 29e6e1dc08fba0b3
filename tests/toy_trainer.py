"""A service that trains a toy, in a process of its own: `python toy_trainer.py FOLDER`. Run by tests, not by hand.

`python toy_trainer.py FOLDER JOB OUTCOME` is the training: it notes in `FOLDER/begun` and `FOLDER/ended` what it did.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

TRAINING_S = 0.15


def serve(folder: Path) -> None:
    from ser.serving.http import server
    from ser.serving.http.jobs import Jobs
    from ser.serving.http.worker import Work, Worker
    from toy_service import Toy, app_of, predictor

    work = Work(
        command=lambda job, outcome: [sys.executable, __file__, str(folder), job.id, str(outcome)],
        predictor=lambda run_id: predictor(Toy(run_id)),
    )
    with server.listening("127.0.0.1", 0) as listener:
        app = app_of(Toy(), worker=Worker(Jobs(folder / "jobs", 50), work))
        server.run(app, listener, "toy", connections=100, patience_s=5)


def train(folder: Path, job: str, outcome: Path) -> None:
    from ser.serving.http.outcomes import do_once

    def work() -> dict[str, object]:
        note(folder / "begun", job)
        time.sleep(TRAINING_S)
        note(folder / "ended", job)
        return {"run_id": f"run-of-{job}", "f1_macro_mean": 0.7, "f1_macro_sd": 0.02, "uar": 0.7}

    do_once(outcome, work)


def note(file: Path, job: str) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write(f"{job}\n")


if __name__ == "__main__":
    first, *others = sys.argv[1:]
    if others:
        train(Path(first), others[0], Path(others[1]))
    else:
        serve(Path(first))
