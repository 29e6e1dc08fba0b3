"""What does the jobs: one at a time, each in a process of its own, taken up again after the service was killed."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.apart import ending
from ser.errors import SerError, StoreError
from ser.serving.http.jobs import DONE, FAILED, QUEUED, RUNNING, Job, Jobs
from ser.serving.http.outcomes import read_outcome
from ser.serving.predictor import Predictor

ATTEMPTS = 3
"""A job under which the service was killed so often is given up: perhaps it is what kills it."""
_PATIENCE_S = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a job does.

    Attributes:
        command: of a job and a file: the process to start. It leaves the outcome in that file, as `outcomes.do_once`
            does: `run_id` and whatever else is to be told, or `error`.
        predictor: loads the run of that id.
    """

    command: Callable[[Job, Path], Sequence[str]]
    predictor: Callable[[str], Predictor]


class Worker:
    """Does the jobs of a folder.

    Args:
        jobs: what is to be done.
        work: how.
    """

    def __init__(self, jobs: Jobs, work: Work) -> None:
        self.jobs, self._work = jobs, work
        self._news, self._stop = threading.Event(), threading.Event()

    def wake(self) -> None:
        """Look for a new job."""
        self._news.set()

    @contextlib.contextmanager
    def at_work(self, use: Callable[[Predictor], None]) -> Iterator[None]:
        """Do jobs while in the block. One that is not done by its end is taken up again by the next service.

        Args:
            use: given the predictor of each run, before the job is said to be done.
        """
        thread = threading.Thread(target=self._loop, args=(use,), name="jobs")
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._news.set()
            thread.join()

    def _loop(self, use: Callable[[Predictor], None]) -> None:
        while True:
            # In this order: what is told from here on ends the wait below.
            self._news.clear()
            if self._stop.is_set():
                return
            job = self.jobs.next()
            if job is None:
                self._news.wait()
                continue
            try:
                self._do(job, use)
            except Exception as error:  # noqa: BLE001 - the service goes on answering, whatever becomes of a job
                _log.exception("job %s", job.id)
                try:
                    self.jobs.note(job, state=FAILED, error=_plain(error))
                except StoreError:
                    # The disk is full, say. The job is not lost.
                    self._stop.wait(_PATIENCE_S)

    def _do(self, job: Job, use: Callable[[Predictor], None]) -> None:
        outcome = self.jobs.outcome(job)
        if job.attempts >= ATTEMPTS and not outcome.exists():
            self.jobs.note(
                job, state=FAILED, error=f"The service was killed {ATTEMPTS} times while it was at work on it."
            )
            return
        job = self.jobs.note(job, state=RUNNING, attempts=job.attempts + 1)
        exitcode = 0 if outcome.exists() else self._run(job, outcome)
        if exitcode is None:
            # Ended in good order: that is not the job's fault.
            self.jobs.note(job, state=QUEUED, attempts=job.attempts - 1)
            return
        found = read_outcome(outcome)
        if found is None:
            self.jobs.note(job, state=FAILED, error=f"The training {ending(exitcode)}; the service's log says more.")
            _log.warning("job %s: see %s", job.id, self.jobs.log(job))
        elif "error" in found:
            self.jobs.note(job, state=FAILED, error=found["error"])
        else:
            use(self._work.predictor(found["run_id"]))
            self.jobs.note(job, state=DONE, outcome=found)

    def _run(self, job: Job, outcome: Path) -> int | None:
        """Start the process of a job and wait for it. Returns how it ended; None when the service ended first."""
        with self.jobs.log(job).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - a command of our own
                list(self._work.command(job, outcome)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C is for the service, which then ends the job and all that it started.
                start_new_session=True,
            )
        while process.poll() is None:
            if self._stop.wait(0.05):
                _end(process)
                return None
        return process.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    _signal(process, signal.SIGTERM)
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.terminate()
        else:
            os.killpg(process.pid, number)


def _plain(error: Exception) -> str:
    return f"Expected {error.expected}. {error.fix}" if isinstance(error, SerError) else "The service could not go on."
