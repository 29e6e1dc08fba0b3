"""The job of a finished run, read from its folder, to be done again or to be asked more of."""

from __future__ import annotations

from pathlib import Path

from omegaconf import open_dict

from ser.config import Settings, load
from ser.errors import StoreError
from ser.files import read_json
from ser.pipeline import runs
from ser.pipeline.runs import RunFolder


def finished(work_dir: Path, run: str) -> RunFolder:
    """Find a finished run by its id or the first letters of it.

    Raises:
        StoreError: when it is not known or not finished.
    """
    folder = runs.find(work_dir, run)
    if not folder.finished:
        raise StoreError(
            expected="a finished run",
            received="no predictions yet",
            where=folder.predictions,
            fix="Give the command of the run again: it goes on where it stopped.",
        )
    return folder


def settings_of(folder: RunFolder, work_dir: Path, *, workers: int | None, data_dir: Path | None) -> Settings:
    """Give the settings of a run, on this machine.

    Args:
        folder: the run.
        work_dir: where manifests, features and runs go now.
        workers: processes; None takes one a core.
        data_dir: where the corpora lie now; None is where they lay when the run was trained.
    """
    config = runs.configuration(folder)
    with open_dict(config):
        config.work_dir, config.workers, config.to, config.rerun = str(work_dir), workers, None, False
        then = read_json(folder.place)
        config.data_dir, config.path = str(data_dir or then["data_dir"]), then["path"]
        config.tracking.enabled = False
        # Not the cluster of then: what carries out the extraction changes no result.
        config.engine = load([]).config.engine
    return Settings(config)
