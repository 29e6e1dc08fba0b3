"""Nearest neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from sklearn.neighbors import KNeighborsClassifier

from ser.errors import one_of
from ser.models.base import Estimator, EstimatorSpec
from ser.models.checks import require_whole


@dataclass(frozen=True, kw_only=True)
class KNN(EstimatorSpec):
    """scikit-learn's `KNeighborsClassifier`, by comparison with every training clip. To it all clips count the same.

    Attributes:
        n_neighbors: how many vote; at most as many as there are training clips.
        weights: "uniform", or "distance" for votes of 1 / distance.
        metric: "euclidean", "cosine" or "manhattan".
    """

    weighs: ClassVar[bool] = False

    n_neighbors: int
    weights: str
    metric: str

    def __post_init__(self) -> None:
        require_whole(self.n_neighbors, where="model.n_neighbors")
        one_of(self.weights, ("distance", "uniform"), what="a way to weigh neighbours", where="model.weights")
        one_of(self.metric, ("cosine", "euclidean", "manhattan"), what="a distance", where="model.metric")

    def build(self, seed: int, widths: Sequence[int]) -> Estimator:
        """Make the unfitted estimator. Nothing in it is random, and to it a row is one set of values."""
        neighbours = KNeighborsClassifier(
            n_neighbors=self.n_neighbors, weights=self.weights, metric=self.metric, algorithm="brute", n_jobs=1
        )
        return cast("Estimator", neighbours)
