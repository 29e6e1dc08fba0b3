"""The run that is asked, and what everything asked of it shares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ser.config import Settings
from ser.errors import StoreError
from ser.evaluation.cautions import cautions
from ser.features.source import FeatureSource
from ser.pipeline import again, evaluate, prepare, runs
from ser.pipeline.folds import FoldLoader
from ser.pipeline.loaders import loaders
from ser.pipeline.runs import RunFolder
from ser.protocol.normalise import Normalisation


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A finished run, its job, and its data as they are here and now.

    Attributes:
        folder: the run.
        settings: its job, on this machine.
        made: its folds and utterances, made again; equal to those of the run.
        today: the id that the run would have if it were trained today.
    """

    folder: RunFolder
    settings: Settings
    made: prepare.Split
    today: str

    @property
    def classes(self) -> list[str]:
        """Class names; a label's index is the model's target."""
        return self.made.classes

    @property
    def unchanged(self) -> bool:
        """Whether code and features are those the run was trained with."""
        return self.today == self.folder.run_id

    @property
    def notices(self) -> list[str]:
        """What every result must say of the run, in sentences."""
        changed = (
            f"NOT TODAY'S CODE: run {self.folder.run_id} was trained by another version of the code or of the features "
            f"(today it would be run {self.today}); what is computed here is computed by today's."
        )
        return [changed] * (not self.unchanged) + cautions(self.made.protocol)

    @cached_property
    def source(self) -> FeatureSource:
        """The features; what the store lacks is extracted."""
        return prepare.features(self.settings, self.made).source

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The evaluation of the run, as :func:`ser.evaluation.summary.summarise` gives it."""
        return evaluate.evaluate_run(self.folder, self.folder.evaluation, replicates=self.settings.replicates)

    def loaders(self, normalise: Normalisation) -> Iterator[tuple[int, FoldLoader, list[str]]]:
        """Give each fold's number, its loader and the ids of its test utterances, normalised in some way."""
        return loaders(self.settings, self.made, normalise)


def subject_of(work_dir: Path, run: str, *, workers: int | None, data_dir: Path | None) -> Subject:
    """Find a finished run and make its folds again.

    Args:
        work_dir: the folder that holds `runs/`.
        run: the run's id, or the first letters of it.
        workers: processes; None takes one a core.
        data_dir: where the corpora lie now; None is where they lay when the run was trained.

    Raises:
        StoreError: when the run is not known or not finished, or data or protocol are no longer those of the run.
        SerError: when the corpora are missing or cannot be split.
    """
    folder = again.finished(work_dir, run)
    settings = again.settings_of(folder, work_dir, workers=workers, data_dir=data_dir)
    made, record = prepare.split(settings), runs.read(folder)
    now, then = (made.data_hash, made.protocol_hash), (record["data_hash"], record["protocol"]["hash"])
    if now != then:
        changed = " and ".join(what for what, a, b in zip(("data", "protocol"), now, then, strict=True) if a != b)
        raise StoreError(
            expected=f"the data and the folds of run {folder.run_id}",
            received=f"another {changed}",
            where=folder.path,
            fix="Name the folder of the corpora as they were with --data-dir, or train the run again and ask that one.",
        )
    today = runs.folder_of(settings, data_hash=made.data_hash, protocol_hash=made.protocol_hash).run_id
    return Subject(folder=folder, settings=settings, made=made, today=today)
