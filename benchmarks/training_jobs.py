"""The folds and steps of `ser` that `training.py` times."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ser.arrays import Ragged, Shape
from ser.config import load
from ser.models.base import NetworkSpec
from ser.models.standardize import Scaling, Standardized
from ser.training.data import FoldData, TrainingBatches
from ser.training.fit import fit, one_thread
from ser.training.module import FoldModule
from ser.training.trainer import Trainer

WIDTH, CLASSES = 162, 8


@dataclass(frozen=True, kw_only=True)
class Made:
    """Makes a fold in whatever process asks for it."""

    clips: int

    def __call__(self) -> FoldData:
        """Make it."""
        return fold_of(self.clips)


def trainer_of(batch_size: int, **changes: object) -> Trainer:
    """Take the default settings, with changes."""
    return dataclasses.replace(load([]).trainer, batch_size=batch_size, **changes)  # type: ignore[arg-type]


def fold_of(clips: int) -> FoldData:
    """Make a fold of random vectors, its development and test part small."""
    rng, held_out = np.random.default_rng(0), 16
    labels = np.arange(clips) % CLASSES
    train, dev, test = (
        Ragged(
            values=rng.standard_normal((count, WIDTH)).astype(np.float32), offsets=np.arange(count + 1), kind="vector"
        )
        for count in (clips, held_out, held_out)
    )
    scaling = Scaling(standardize=True, signed_sqrt=False, l2=False, widths=[WIDTH], group=None, shape=None)
    return FoldData(
        train=train,
        train_labels=labels,
        versions=1,
        dev=dev,
        dev_labels=labels[:held_out],
        test=test,
        scaling=scaling,
        train_weights=None,
        dev_weights=None,
        test_weights=None,
        self_training=None,
    )


def our_epoch(spec: NetworkSpec, data: FoldData, trainer: Trainer) -> Callable[[], None]:
    """Give an epoch's steps as training makes them."""
    network = Standardized(spec.build(Shape(kind="vector", width=WIDTH), CLASSES), data.scaling)
    network.fit(data.train.values)
    module = FoldModule(network, trainer, torch.ones(CLASSES), 0)
    module.optimizers = lambda **_: optimizer  # type: ignore[method-assign]
    optimizer, batches = module.configure_optimizers(), TrainingBatches(data, trainer, CLASSES, 0)

    def epoch() -> None:
        with one_thread():
            module.training_step(batches, 0)

    return epoch


def whole_fit(spec: NetworkSpec, data: FoldData, trainer: Trainer) -> Callable[[], None]:
    """Give a whole fit, from Lightning's set-up to the files."""

    def whole() -> None:
        with tempfile.TemporaryDirectory() as folder:
            fit(data, spec, trainer, classes=[str(label) for label in range(CLASSES)], seed=0, folder=Path(folder))

    return whole
