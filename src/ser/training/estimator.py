"""Fitting an estimator to a fold: in one call, or in rounds of self-training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser.arrays import Float32, Int64
from ser.models.base import EstimatorSpec
from ser.models.standardize import Scaler
from ser.models.trained import TrainedEstimator
from ser.training.data import FoldData


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """What an estimator learns from.

    Attributes:
        values: float32, shape [n, width].
        labels: int64, shape [n].
        weights: float32, shape [n]; None when all count 1.
    """

    values: Float32
    labels: Int64
    weights: Float32 | None

    def joined(self, other: _Rows) -> _Rows:
        """Put other rows behind these."""
        weights = None
        if self.weights is not None and other.weights is not None:
            weights = np.concatenate([self.weights, other.weights])
        return _Rows(
            values=np.concatenate([self.values, other.values]),
            labels=np.concatenate([self.labels, other.labels]),
            weights=weights,
        )


def train_estimator(
    data: FoldData, spec: EstimatorSpec, *, classes: list[str], seed: int
) -> tuple[TrainedEstimator, TrainedEstimator]:
    """Fit an estimator to the training part, and another to what may be known before the test.

    An estimator chooses nothing on the development part, so what is tested is fitted on that part too. Where the
    protocol says so, it then labels the test part itself, and is fitted again with the most confident of these clips,
    as often as there are rounds; each round starts from the labelled clips alone, so that no early error stays.

    Args:
        data: the fold.
        spec: the estimator.
        classes: class names.
        seed: of whatever in it is random.

    Returns:
        The one fitted on the training part alone, which is scored on the development part and has seen no test clip;
        and the one that predicts the test part (the same where nothing is tested).
    """
    trained = _Rows(values=data.train.values, labels=data.train_labels, weights=data.train_weights)
    chooser = _fitted(spec, data, classes, seed, trained)
    if len(data.test) == 0:
        return chooser, chooser
    known = trained.joined(_Rows(values=data.dev.values, labels=data.dev_labels, weights=data.dev_weights))
    model = _fitted(spec, data, classes, seed, known)
    if data.self_training is not None:
        for _ in range(data.self_training.rounds):
            adopted = _adopted(data, model, data.self_training.share)
            model = _fitted(spec, data, classes, seed, known.joined(adopted))
    return chooser, model


def _adopted(data: FoldData, model: TrainedEstimator, share: float) -> _Rows:
    chosen, labels = most_confident(model.predict_proba(data.test), share)
    weights = None if data.test_weights is None else data.test_weights[chosen]
    return _Rows(values=data.test.values[chosen], labels=labels, weights=weights)


def most_confident(probabilities: Float32, share: float) -> tuple[Int64, Int64]:
    """Choose the clips whose predictions are the surest, a share of those predicted to be of each class.

    Args:
        probabilities: of the classes, float32, shape [n, classes].
        share: in (0, 1]; of a class that is predicted at all, at least one clip is chosen.

    Returns:
        Which clips, in their order, and the class predicted of each: int64, shape [chosen].

    Example:
        >>> shares = np.array([[0.6, 0.4], [0.9, 0.1], [0.3, 0.7], [0.8, 0.2]], np.float32)
        >>> [found.tolist() for found in most_confident(shares, 0.5)]
        [[1, 2, 3], [0, 1, 0]]
    """
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    chosen = np.zeros(len(predicted), dtype=np.bool_)
    for label in np.unique(predicted):
        members = np.flatnonzero(predicted == label)
        surest = members[np.argsort(-confidence[members], kind="stable")]
        chosen[surest[: max(1, round(share * len(members)))]] = True
    clips = np.flatnonzero(chosen)
    return clips, predicted[clips]


def _fitted(spec: EstimatorSpec, data: FoldData, classes: list[str], seed: int, rows: _Rows) -> TrainedEstimator:
    scaler = Scaler(data.scaling)
    scaler.fit(rows.values)
    estimator = spec.build(seed, data.scaling.widths)
    estimator = spec.fit(estimator, scaler.rows(rows.values), rows.labels, rows.weights)
    return TrainedEstimator(shape=data.train.shape, classes=classes, spec=spec, scaler=scaler, estimator=estimator)
