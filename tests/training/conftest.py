"""Folds that a small network learns in a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from ser.arrays import Kind, Ragged, ragged
from ser.models.cnn import CNN
from ser.models.convolution import ConvLayout
from ser.models.mlp import MLP
from ser.models.standardize import Scaling
from ser.models.svm import SVM
from ser.training.averaging import Averaging
from ser.training.data import FoldData
from ser.training.losses import Loss
from ser.training.perturb import SpecAugment
from ser.training.schedules import Schedule
from ser.training.trainer import Trainer

CLASSES = 3
NO_MASKS = SpecAugment(time_masks=0, time_frames=4, time_share=0.5, frequency_masks=0, frequency_columns=2)
CONSTANT = Schedule(kind="constant", warmup=0.1, floor=1e-7, factor=0.4, patience=2)
SCALING = Scaling(standardize=True, signed_sqrt=False, l2=False, widths=[6], group=None, shape=None)


@dataclass(frozen=True)
class Fold:
    """Makes the same fold of noisy clips around one centre a class, wherever it is called."""

    kind: Kind = "vector"
    clips: int = 60
    noise: float = 2.0
    seed: int = 0

    def __call__(self) -> FoldData:
        labels = np.arange(self.clips) % CLASSES
        train, dev, test = (self._part(labels, self.seed + part) for part in range(3))
        return FoldData(
            train=train,
            train_labels=labels,
            versions=1,
            dev=dev,
            dev_labels=labels,
            test=test,
            scaling=SCALING,
            train_weights=None,
            dev_weights=None,
            test_weights=None,
            self_training=None,
        )

    def _part(self, labels: np.ndarray, seed: int) -> Ragged:
        centres = np.random.default_rng(99).standard_normal((CLASSES, 6))
        random = np.random.default_rng(seed)
        lengths = random.integers(4, 12, len(labels)) if self.kind == "sequence" else np.ones(len(labels), int)
        clips = [
            (centres[label] + self.noise * random.standard_normal((length, 6))).astype(np.float32)
            for label, length in zip(labels, lengths, strict=True)
        ]
        return ragged(clips, self.kind)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def classes() -> list[str]:
    return ["angry", "happy", "sad"]


@pytest.fixture
def fold() -> type[Fold]:
    return Fold


@pytest.fixture
def mlp() -> MLP:
    return MLP(name="mlp", hidden=[16], dropout=0.2)


@pytest.fixture
def cnn() -> CNN:
    conv = ConvLayout(channels=[8], kernels=[3], dropouts=[0.2], pool=2, stride=2, batch_norm=True)
    return CNN(name="cnn", conv=conv, pooling="mean", hidden=[], dense_batch_norm=False, dropout=0.0)


@pytest.fixture
def svm() -> SVM:
    return SVM(name="svm", kernel="rbf", C=1.0, gamma=None, class_weight="balanced")


@pytest.fixture
def trainer() -> Callable[..., Trainer]:
    """A function making quick settings, with changes."""

    def make(**changes: object) -> Trainer:
        settings: dict[str, object] = {
            "name": "quick",
            "max_epochs": 6,
            "patience": 6,
            "batch_size": 16,
            "learning_rate": 0.01,
            "weight_decay": 0.01,
            "gradient_clip": 1.0,
            "balance": "loss",
            "loss": Loss(focal_gamma=0.0, label_smoothing=0.0),
            "schedule": CONSTANT,
            "average": Averaging(kind="none", decay=0.9, start=0.5),
            "copies": "all",
            "mixup_alpha": 0.0,
            "spec_augment": NO_MASKS,
            "precision": "float32",
            "accelerator": "cpu",
            "checkpoint_seconds": 0.0,
        }
        return Trainer(**{**settings, **changes})  # type: ignore[arg-type]

    return make
