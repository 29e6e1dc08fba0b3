"""Trainings that were asked for: each a small file, on the disk before it is promised."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser.errors import ConfigError
from ser.files import lock_if_free, read_json, write_json
from ser.serving.http.problems import Problem

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
KEPT = 200
"""Ended jobs that are remembered; older ones are forgotten."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A training that was asked for.

    Attributes:
        id: rises with time; the rest of it cannot be guessed.
        accepted_at: date and time, ISO 8601, UTC.
        rerun: train anew even when nothing has changed since an identical run.
        state: queued, running, done or failed.
        attempts: how often it was begun; more than once where the service was killed.
        outcome: what came out, when it is done.
        error: why it failed, in plain words.
    """

    id: str
    accepted_at: str
    rerun: bool
    state: str
    attempts: int
    outcome: dict[str, Any] | None
    error: str | None


@contextlib.contextmanager
def jobs_in(folder: Path, waiting: int) -> Iterator[Jobs]:
    """Open a folder of jobs, for this service alone while in the block. See :class:`Jobs`.

    Raises:
        ConfigError: when another service has it open.
    """
    with lock_if_free(folder / "service") as free:
        if not free:
            raise ConfigError(
                expected="to be the one service that trains this run",
                received="another one that does so already",
                where=folder,
                fix="Stop it, or start this one without --allow-train.",
            )
        yield Jobs(folder, waiting)


class Jobs:
    """The jobs of one service, in one folder. Safe to use from several threads; see :func:`jobs_in` for services.

    Args:
        folder: holds `<id>.json`, the job; `<id>.outcome.json`, left by the process that did it; and `<id>.log`.
        waiting: jobs that may be queued; one more is turned away.
    """

    def __init__(self, folder: Path, waiting: int) -> None:
        self.folder, self._waiting = folder, waiting
        self._lock = threading.Lock()
        found = (Job(**read_json(path)) for path in sorted(folder.glob("[0-9a-f]*-????????.json")))
        self._jobs = {job.id: job for job in found}

    def accept(self, *, rerun: bool) -> Job:
        """Take on a job. It is on the disk when this returns.

        Raises:
            Problem: when too many wait.
            StoreError: when it cannot be written.
        """
        with self._lock:
            queued = sum(job.state == QUEUED for job in self._jobs.values())
            if queued >= self._waiting:
                raise Problem(
                    reason="busy",
                    detail=f"{queued} trainings wait.",
                    expected=f"at most {self._waiting} trainings that wait",
                    fix="Ask again when one of them has ended.",
                    headers={"Retry-After": "60"},
                )
            job = Job(
                id=f"{time.time_ns():016x}-{secrets.token_hex(4)}",
                accepted_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                rerun=rerun,
                state=QUEUED,
                attempts=0,
                outcome=None,
                error=None,
            )
            self._write(job)
            self._forget()
            return job

    def find(self, job_id: str) -> Job | None:
        """Find a job by its id; None where there is none. What is asked for never becomes a path."""
        return self._jobs.get(job_id)

    def next(self) -> Job | None:
        """Give the job to do: the oldest that has not ended, one that was interrupted among them."""
        with self._lock:
            return next((job for job in self._jobs.values() if job.state in (QUEUED, RUNNING)), None)

    def last_done(self) -> Job | None:
        """Give the job that was done last."""
        with self._lock:
            return next((job for job in reversed(self._jobs.values()) if job.state == DONE), None)

    def note(self, job: Job, **changes: object) -> Job:
        """Note what has become of a job. Returns it as it is now.

        Raises:
            StoreError: when it cannot be written.
        """
        changed = dataclasses.replace(job, **changes)  # type: ignore[arg-type]
        with self._lock:
            self._write(changed)
        return changed

    def outcome(self, job: Job) -> Path:
        """Say where the process that does a job leaves what came out."""
        return self.folder / f"{job.id}.outcome.json"

    def log(self, job: Job) -> Path:
        """Say where what that process writes goes."""
        return self.folder / f"{job.id}.log"

    def _write(self, job: Job) -> None:
        write_json(self.folder / f"{job.id}.json", dataclasses.asdict(job))
        self._jobs[job.id] = job

    def _forget(self) -> None:
        ended = [job for job in self._jobs.values() if job.state in (DONE, FAILED)]
        for job in ended[:-KEPT]:
            del self._jobs[job.id]
            for path in self.folder.glob(f"{job.id}.*"):
                path.unlink(missing_ok=True)
