"""Linear discriminant analysis with a shrunk covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from ser.arrays import Float32, Float64, Int64
from ser.models.base import Estimator, EstimatorSpec, softmax
from ser.models.checks import require, require_class_weight
from ser.models.sets import set_scales


@dataclass(frozen=True, kw_only=True)
class LDA(EstimatorSpec):
    """Gaussian classes of one covariance, drawn towards that of equal variances.

    Each feature set is scaled by :func:`ser.models.sets.set_scales` first: a shrunk covariance is not blind to scale.

    Attributes:
        shrinkage: share of the mean variance in the covariance, above 0 and at most 1; 1 is the nearest class mean.
        class_weight: "balanced" for classes of equal weight, in the covariance too; None for their shares in training.
    """

    trusted: ClassVar[tuple[str, ...]] = ("ser.models.lda.ShrunkDiscriminant",)

    shrinkage: float
    class_weight: str | None

    def __post_init__(self) -> None:
        require(
            0 < self.shrinkage <= 1,
            expected="a share above 0 and at most 1",
            received=self.shrinkage,
            where="model.shrinkage",
        )
        require_class_weight(self.class_weight)

    def build(self, seed: int, widths: Sequence[int]) -> Estimator:
        """Make the unfitted estimator. Nothing in it is random."""
        return ShrunkDiscriminant(self.shrinkage, self.class_weight == "balanced", widths)

    def probabilities(self, estimator: Estimator, rows: Float32) -> Float64:
        """Give the posterior probabilities. See :class:`EstimatorSpec`."""
        return softmax(cast("ShrunkDiscriminant", estimator).scores(rows))


class ShrunkDiscriminant:
    """Scores x·w + b of each class, in closed form.

    scikit-learn's `LinearDiscriminantAnalysis(solver="lsqr", shrinkage=...)` gives the same, and inverts a matrix of
    width × width; with Z the weighted rows less their class means, the covariance is Zᵀ Z + a·I, and with fewer rows
    than values it is enough to invert one of rows × rows (Woodbury's identity).

    Args:
        shrinkage: share of the mean variance in the covariance.
        balanced: whether classes weigh the same.
        widths: of the feature sets, in order.
    """

    def __init__(self, shrinkage: float, balanced: bool, widths: Sequence[int]) -> None:
        self.shrinkage, self.balanced, self.widths = shrinkage, balanced, list(widths)
        self.weights = np.empty((sum(widths), 0), np.float64)
        self.bias = np.empty(0, np.float64)

    def fit(self, X: Float32, y: Int64, sample_weight: Float32 | None = None) -> ShrunkDiscriminant:
        """Solve for weights and bias, in float64; a row of weight 2 is two rows. See :class:`WeighingEstimator`."""
        rows = X / set_scales(self.widths)
        counted = np.ones(len(y)) if sample_weight is None else sample_weight.astype(np.float64)
        counts = np.bincount(y, counted)
        priors = np.full(len(counts), 1 / len(counts)) if self.balanced else counts / counts.sum()
        sums = [(rows[y == label] * counted[y == label, None]).sum(axis=0) for label in range(len(counts))]
        means = np.stack(sums) / counts[:, None]
        within = (rows - means[y]) * np.sqrt((priors / counts)[y] * counted)[:, None]
        mean_variance = max(np.square(within).sum() / rows.shape[1], np.finfo(np.float64).tiny)
        # The scores of all classes may be shifted alike: means about their own centre keep them small.
        centre = priors @ means
        apart = (means - centre).T
        self.weights = _solved(np.sqrt(1 - self.shrinkage) * within, self.shrinkage * mean_variance, apart)
        self.bias = np.log(priors) - 0.5 * (apart * self.weights).sum(axis=0) - centre @ self.weights
        return self

    def scores(self, X: Float32) -> Float64:
        """Give log posterior probabilities up to a constant of each row, float64, shape [n, classes]."""
        found: Float64 = (X / set_scales(self.widths)) @ self.weights + self.bias
        return found

    def predict(self, X: Float32) -> Int64:
        """Return the most probable class, [n]."""
        classes: Int64 = self.scores(X).argmax(axis=1)
        return classes


def _solved(Z: Float64, a: float, B: Float64) -> Float64:
    """Solve (Zᵀ Z + a·I) W = B for W, shape [width, columns], by the smaller of the two systems."""
    if Z.shape[0] >= Z.shape[1]:
        return np.asarray(cho_solve(cho_factor(Z.T @ Z + a * np.eye(Z.shape[1])), B))
    inner = cho_solve(cho_factor(Z @ Z.T + a * np.eye(Z.shape[0])), Z @ B)
    return np.asarray((B - Z.T @ inner) / a)
