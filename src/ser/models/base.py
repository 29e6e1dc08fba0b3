"""What every model's description offers, and which features it takes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, cast

import numpy as np
from torch import nn

from ser.arrays import Float32, Float64, Int64, Kind, Shape
from ser.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ModelSpec(ABC):
    """The settings of one architecture, under the name it goes by in results.

    Attributes:
        name: the name in tables and run names.
        accepts: the kinds of features it takes.
        weighs: whether some training clips can count more than others.
    """

    accepts: ClassVar[frozenset[Kind]]
    weighs: ClassVar[bool] = True

    name: str


@dataclass(frozen=True, kw_only=True)
class NetworkSpec(ModelSpec):
    """A PyTorch network, trained by gradient descent."""

    @abstractmethod
    def build(self, shape: Shape, classes: int) -> nn.Module:
        """Build the untrained network; its first weights come from torch's global generator.

        Args:
            shape: kind and width of the features.
            classes: number of classes C.

        Returns:
            A module with `forward(x, lengths) -> logits`, float32, shape [batch, C]. For vectors `x` is [batch, width];
            for sequences [batch, frames, width], zero-padded, with the true frame counts in `lengths` (int64, [batch]).
            What lies in the padding, and how long it is, must not change the logits.
        """


class Estimator(Protocol):
    """The part of a scikit-learn classifier that is used here."""

    def fit(self, X: Float32, y: Int64) -> Estimator:
        """Learn from rows `X` [n, width] with labels `y` [n] in 0..C-1."""
        ...

    def predict(self, X: Float32) -> Int64:
        """Return the most likely class of each row, [n]."""
        ...


class WeighingEstimator(Estimator, Protocol):
    """An estimator that can count some rows more than others."""

    def fit(self, X: Float32, y: Int64, sample_weight: Float32 | None = None) -> Estimator:
        """Learn from rows `X` [n, width] with labels `y` [n], each counting its weight [n]; None for 1."""
        ...


class ProbabilisticEstimator(Estimator, Protocol):
    """An estimator that gives probabilities itself."""

    def predict_proba(self, X: Float32) -> Float32 | Float64:
        """Return class probabilities, [n, classes]."""
        ...


@dataclass(frozen=True, kw_only=True)
class EstimatorSpec(ModelSpec):
    """An estimator in scikit-learn's manner, trained in one call on vectors.

    Settings of scikit-learn's estimators go by scikit-learn's names.

    Attributes:
        trusted: dotted names of the types that a saved estimator may hold beside those that skops itself vouches for.
            None of them runs code of the file; scikit-learn's trees, forged by hand, may read outside their memory.
    """

    accepts: ClassVar[frozenset[Kind]] = frozenset({"vector"})
    trusted: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def build(self, seed: int, widths: Sequence[int]) -> Estimator:
        """Make the unfitted estimator of rows that are scaled already.

        Args:
            seed: seed of whatever in it is random.
            widths: of the feature sets that a row joins, in order.
        """

    def fit(self, estimator: Estimator, rows: Float32, labels: Int64, weights: Float32 | None) -> Estimator:
        """Fit the estimator.

        Args:
            estimator: as :meth:`build` made it.
            rows: float32, shape [n, width].
            labels: 0..C-1, int64, shape [n].
            weights: what each row counts, float32, shape [n], where :attr:`weighs`; None when all count 1.

        Returns:
            The estimator.
        """
        if weights is None:
            return estimator.fit(rows, labels)
        return cast("WeighingEstimator", estimator).fit(rows, labels, sample_weight=weights)

    def probabilities(self, estimator: Estimator, rows: Float32) -> Float64:
        """Return class probabilities whose largest entry is `estimator.predict`'s class.

        Args:
            estimator: fitted on labels 0..C-1, each of them present.
            rows: float32, shape [n, width].

        Returns:
            float64, shape [n, C]; rows sum to 1.
        """
        shares = cast("ProbabilisticEstimator", estimator).predict_proba(rows)
        return np.asarray(shares, dtype=np.float64)


def softmax(scores: Float64) -> Float64:
    """Turn scores into probabilities row by row.

    Args:
        scores: shape [n, C].

    Example:
        >>> softmax(np.log([[1.0, 3.0]])).round(2).tolist()
        [[0.25, 0.75]]
    """
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)


def check_weighing(spec: ModelSpec, *, weighing_models: Sequence[str]) -> None:
    """Refuse weights of corpora for a model that cannot weigh its training clips.

    Args:
        spec: the model.
        weighing_models: models that can.

    Raises:
        ConfigError: when it cannot; the message lists those that can.
    """
    if not spec.weighs:
        raise ConfigError(
            expected="a model that can count some training clips more than others",
            received=f"model={spec.name}, to which all count the same",
            where="protocol.corpus_weights",
            fix=f"Models that can: {', '.join(weighing_models)}. Or leave protocol.corpus_weights out.",
        )


def check_self_training(spec: ModelSpec) -> None:
    """Refuse self-training for networks.

    Raises:
        ConfigError: for a network.
    """
    if isinstance(spec, NetworkSpec):
        raise ConfigError(
            expected="an estimator, which is fitted anew in each round",
            received=f"model={spec.name}, a network: it is tested as of the epoch that its development score chooses, "
            "and no such score would be left of a model that has not learned from the test clips",
            where="protocol.self_training",
            fix="Choose an estimator, such as model=kernel_ridge, or leave protocol.self_training out.",
        )


def check_pairing(
    spec: ModelSpec, kind: Kind, *, features: str, fitting_models: Sequence[str], fitting_features: Sequence[str]
) -> None:
    """Refuse features that the model cannot take.

    Args:
        spec: the model.
        kind: what the feature recipe gives.
        features: the recipe's name.
        fitting_models: models that take this kind.
        fitting_features: recipes that this model takes.

    Raises:
        ConfigError: when they do not fit; the message lists what does.
    """
    if kind not in spec.accepts:
        raise ConfigError(
            expected=f"{' or '.join(sorted(spec.accepts))} features for model={spec.name}",
            received=f"{kind} features from features={features}",
            where="features",
            fix=f"Models that fit these features: {', '.join(fitting_models) or 'none'}. "
            f"Features that fit this model: {', '.join(fitting_features) or 'none'}.",
        )
