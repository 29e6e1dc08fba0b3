"""Bringing runs to MLflow that it has not seen: made offline, while its server was away, or on another machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ser.config import Tracking
from ser.errors import StoreError
from ser.files import lock_if_free, read_json
from ser.pipeline import publish, runs, showing
from ser.pipeline.runs import RunFolder
from ser.progress import track
from ser.tracking.database import SQLITE, artifacts_beside, database_of, file_of

if TYPE_CHECKING:
    from ser.tracking.registry import Leader
    from ser.tracking.store import Tracker


@dataclass
class Synced:
    """What became of each run.

    Attributes:
        sent: ids of the runs that were logged now.
        present: ids of those that the store had already, as they are.
        unfinished: ids of those that are not trained and evaluated yet.
        failed: for the others, the reason by their ids.
        untried: ids of those that were left when the store stopped answering.
    """

    sent: list[str] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    untried: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether the store now shows every finished run that it was to show."""
        return not self.failed and not self.untried

    @property
    def text(self) -> str:
        """The counts in one line, and below it what did not go well."""
        counts = [
            f"{len(self.sent)} sent",
            f"{len(self.present)} present before",
            *([f"{len(self.unfinished)} unfinished ({', '.join(self.unfinished)})"] if self.unfinished else []),
            f"{len(self.failed)} failed",
        ]
        lines = [", ".join(counts), *(f"  {run}: {reason}" for run, reason in self.failed.items())]
        if self.untried:
            lines.append(f"  The store no longer answers; not tried: {len(self.untried)}. Give the same command again.")
        return "\n".join(lines)


def sync(work_dir: Path, tracking: Tracking, names: Sequence[str] = ()) -> Synced:
    """Log runs to an MLflow store, each once and whole; what the store has already is left alone.

    The store is asked for each run by its identity, so that the same command, given again after a kill or a failure,
    sends what is missing and nothing twice.

    Args:
        work_dir: holds `runs/`.
        tracking: the store.
        names: ids of runs, or the first letters of them; none stands for all runs there.

    Returns:
        What became of each run.

    Raises:
        StoreError: when there is no such run, or the store does not answer from the first.
    """
    folders = _chosen(work_dir, names)
    tracker = publish.connect(tracking)
    tracker.check()
    ready = [folder for folder in folders if folder.finished and folder.summary.is_file()]
    done = Synced(unfinished=[folder.run_id for folder in folders if folder not in ready])
    waiting = track(ready, total=len(ready), what="sending runs")
    for folder in waiting:
        try:
            (done.sent if _sent(folder, tracker) else done.present).append(folder.run_id)
        except StoreError as error:
            done.failed[folder.run_id] = str(error)
            if not _answers(tracker):
                done.untried = [folder.run_id for folder in waiting]
    return done


def register(work_dir: Path, tracking: Tracking, names: Sequence[str]) -> str:
    """Enter finished runs in the model registry of an MLflow store; those it does not show yet are logged first.

    Args:
        work_dir: holds `runs/`.
        tracking: the store.
        names: ids of runs, or the first letters of them.

    Returns:
        A line a run: where it competes, and whether it was entered now.

    Raises:
        StoreError: when there is no such run, it is not finished, or the store has no registry.
    """
    tracker = publish.connect(tracking)
    lines = []
    for folder in _chosen(work_dir, names):
        if not (folder.finished and folder.summary.is_file()):
            raise StoreError(
                expected="a finished, evaluated run",
                received="one that is not",
                where=folder.path,
                fix="Give its `ser train` command again: it goes on where it stopped.",
            )
        # One study is enough: a version is of the run, whoever asked for it.
        record = publish.full_records(folder)[0]
        entered = "entered" if tracker.register(record) else "present before"
        candidacy = showing.candidacy(runs.read(folder), read_json(folder.summary))
        lines.append(f"{folder.run_id}: {candidacy.model}, competes for {candidacy.alias}; {entered}")
    return "\n".join(lines)


def registry(work_dir: Path, uri: str | None) -> list[Leader]:
    """List the places of the model registry of a store. See :func:`store`.

    Raises:
        StoreError: when the store cannot be reached or has no registry.
    """
    return publish.connect(store(work_dir, uri)).leaders()


def store(work_dir: Path, uri: str | None) -> Tracking:
    """Name a store by its URI, or the database file of a work folder.

    Raises:
        ConfigError: for a URI that names none.
    """
    uri = f"{SQLITE}{database_of(work_dir)}" if uri is None else uri
    file = file_of(uri)
    return Tracking(
        enabled=True,
        uri=uri,
        artifacts=None if file is None else str(artifacts_beside(file)),
        # As conf/tracking has it: in a database of one's own, not in the registry of a group.
        register=file is not None,
    )


def _chosen(work_dir: Path, names: Sequence[str]) -> list[RunFolder]:
    folders = [runs.find(work_dir, name) for name in names] or list(runs.all_runs(work_dir))
    if not folders:
        raise StoreError(
            expected="runs to send",
            received="none",
            where=work_dir / "runs",
            fix="Name the folder that holds runs/ with --work-dir DIR.",
        )
    return list(dict.fromkeys(folders))


def _sent(folder: RunFolder, tracker: Tracker) -> bool:
    with lock_if_free(folder.path) as free:
        if not free:
            raise StoreError(
                expected="a run that nobody works on",
                received="another process does",
                where=folder.path,
                fix="Wait for it to end, and give the same command again.",
            )
        return sum(tracker.complete(record) for record in publish.full_records(folder)) > 0


def _answers(tracker: Tracker) -> bool:
    try:
        tracker.check()
    except StoreError:
        return False
    return True
