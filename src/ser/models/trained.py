"""Trained models: features in, class probabilities out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import torch

from ser.arrays import Float32, Ragged, Shape
from ser.errors import DataError
from ser.models.base import Estimator, EstimatorSpec, ModelSpec, NetworkSpec
from ser.models.batches import clips_of
from ser.models.standardize import Scaler, Scaling, Standardized

_BATCH = 64


@dataclass(frozen=True, kw_only=True)
class TrainedModel(ABC):
    """A model that has learned.

    Attributes:
        shape: kind and width of the features it was trained on.
        classes: class names, in the order of the probabilities' columns.
        spec: the settings it was built from.
    """

    shape: Shape
    classes: list[str]
    spec: ModelSpec

    def predict_proba(self, features: Ragged, *, batch_size: int = _BATCH) -> Float32:
        """Give class probabilities.

        Args:
            features: of n clips, of the kind and width trained on; relative to clips of their own speaker (or corpus)
                where `scaling` says that training features were.
            batch_size: clips at a time; it bounds memory and does not change the result (beyond 1e-6).

        Returns:
            float32, shape [n, classes]; rows sum to 1.

        Raises:
            DataError: when the features are not what it was trained on, or a clip has no frames.
        """
        if features.shape != self.shape:
            raise DataError(
                expected=f"{self.shape.kind} features of width {self.shape.width}, as in training",
                received=f"{features.shape.kind} features of width {features.shape.width}",
                where="features",
                fix="Extract features with the recipe of the run that trained this model.",
            )
        check_clips(features, where="features")
        if len(features) == 0:
            return np.empty((0, len(self.classes)), np.float32)
        return self._probabilities(features, batch_size)

    @property
    def scaling(self) -> Scaling:
        """How rows come to the model."""
        return self.first_step.scaling

    @property
    @abstractmethod
    def first_step(self) -> Scaler:
        """What every row passes first, with the mean and scale of the training rows."""

    @abstractmethod
    def _probabilities(self, features: Ragged, batch_size: int) -> Float32:
        """Give probabilities [n, classes] of n > 0 clips."""


@dataclass(frozen=True, kw_only=True)
class TrainedNetwork(TrainedModel):
    """A PyTorch network with its scaling inside.

    Attributes:
        spec: the settings it was built from.
        network: takes features as they come.
    """

    spec: NetworkSpec
    network: Standardized

    @property
    def first_step(self) -> Scaler:
        """The network's own scaler."""
        return self.network.scaler

    def _probabilities(self, features: Ragged, batch_size: int) -> Float32:
        clips = clips_of(features)
        self.network.eval()
        with torch.inference_mode():
            parts = [
                self.network(*clips.batch(chosen)) for chosen in torch.split(torch.arange(len(features)), batch_size)
            ]
            return np.asarray(torch.cat(parts).softmax(dim=1).numpy(), dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class TrainedEstimator(TrainedModel):
    """An estimator and the scaling before it.

    Attributes:
        spec: the settings it was built from.
        scaler: takes features as they come.
        estimator: takes scaled rows; fitted on labels 0..classes-1.
    """

    spec: EstimatorSpec
    scaler: Scaler
    estimator: Estimator

    @property
    def first_step(self) -> Scaler:
        """The scaler before the estimator."""
        return self.scaler

    def _probabilities(self, features: Ragged, batch_size: int) -> Float32:
        starts = range(0, len(features), batch_size)
        batches = (self.scaler.rows(features.values[i : i + batch_size]) for i in starts)
        parts = [self.spec.probabilities(self.estimator, rows) for rows in batches]
        return np.concatenate(parts).astype(np.float32)


def check_clips(features: Ragged, *, where: str) -> None:
    """Refuse features that no model can use.

    Args:
        features: of any number of clips.
        where: the part they belong to, for the message.

    Raises:
        DataError: when a clip has no frames, or a value is not a number.
    """
    empty = np.flatnonzero(features.lengths == 0)
    if len(empty) > 0:
        raise DataError(
            expected="at least one frame in every clip",
            received=f"none in clip {empty[0]}",
            where=where,
            fix="Scan the corpus again: clips that short belong in the quarantine.",
        )
    finite = np.isfinite(features.values).all(axis=1)
    if not finite.all():
        row = int(np.flatnonzero(~finite)[0])
        clip = int(np.searchsorted(features.offsets, row, side="right")) - 1
        raise DataError(
            expected="finite feature values",
            received=f"a value that is not a number (or infinite) in clip {clip}",
            where=where,
            fix="Extract the features again; when it comes back, the recipe has a fault worth reporting.",
        )
