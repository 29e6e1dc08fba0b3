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
    """

    accepts: ClassVar[frozenset[Kind]]

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
