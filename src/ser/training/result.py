"""What a fit leaves in its folder."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.arrays import Float32
from ser.errors import StoreError
from ser.files import read_json, write_json, written_aside
from ser.models import storage
from ser.models.trained import TrainedModel
from ser.training.cost import Cost

Row = dict[str, float]
"""One epoch: `epoch` (from 1), `train/loss`, `dev/loss`, `dev/uar`, `learning_rate` (of its last step), `seconds`.
Estimators have one, with the score and the seconds alone."""

CHECKPOINT = "last.ckpt"
MODEL = "model"
_DONE, _HISTORY, _DEV, _TEST = "done.json", "history.json", "dev.npy", "test.npy"


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """One model on one fold with one seed.

    Attributes:
        folder: holds `model/`, `history.json`, `dev.npy`, `test.npy` and, written last, `done.json`.
        dev: class probabilities of the development part, float32, shape [clips, classes], in the order given.
        test: those of the test part.
        history: one row an epoch.
        best_epoch: the epoch whose weights were kept, from 1.
        cost: what it took.
    """

    folder: Path
    dev: Float32
    test: Float32
    history: list[Row]
    best_epoch: int
    cost: Cost

    def model(self) -> TrainedModel:
        """Load the trained model."""
        return storage.load(self.folder / MODEL)


def write(result: FitResult, model: TrainedModel, identity: str) -> None:
    """Write a fit, the mark of its completeness last, and drop the checkpoint.

    Args:
        result: what to write, and where.
        model: the trained model.
        identity: hash of what was fitted.

    Raises:
        StoreError: when the folder cannot be written.
    """
    storage.save(result.folder / MODEL, model)
    write_json(result.folder / _HISTORY, result.history)
    for name, probabilities in ((_DEV, result.dev), (_TEST, result.test)):
        with written_aside(result.folder / name) as aside:
            np.save(aside, probabilities, allow_pickle=False)
    done = {"identity": identity, "best_epoch": result.best_epoch, "cost": dataclasses.asdict(result.cost)}
    write_json(result.folder / _DONE, done)
    (result.folder / CHECKPOINT).unlink(missing_ok=True)


def read(folder: Path, identity: str) -> FitResult | None:
    """Read a finished fit.

    Args:
        folder: where it would lie.
        identity: hash of what was to be fitted.

    Returns:
        None when it is not finished, is damaged, or was a fit of something else.
    """
    try:
        done = read_json(folder / _DONE)
        if done["identity"] != identity:
            return None
        return FitResult(
            folder=folder,
            dev=np.load(folder / _DEV, allow_pickle=False),
            test=np.load(folder / _TEST, allow_pickle=False),
            history=read_json(folder / _HISTORY),
            best_epoch=done["best_epoch"],
            cost=Cost(**done["cost"]),
        )
    except (StoreError, OSError, ValueError, KeyError, TypeError):
        return None
