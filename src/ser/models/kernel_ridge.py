"""Kernel ridge regression on the classes, as a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from ser.arrays import Float32, Float64, Int64
from ser.errors import TrainingError
from ser.models.base import Estimator, EstimatorSpec, softmax
from ser.models.checks import require_above_zero, require_class_weight
from ser.models.sets import set_scales

MOST_ROWS = 20_000
"""Training rows; their kernel then takes 3.2 GB."""


@dataclass(frozen=True, kw_only=True)
class KernelRidge(EstimatorSpec):
    """Class-weighted kernel ridge with a Gaussian kernel, solved in closed form.

    Each feature set is scaled by :func:`ser.models.sets.set_scales` first, so that `gamma` means the same for rows of
    any width and any number of sets, and a small set beside a large one counts as much.

    Attributes:
        gamma: of the kernel exp(-gamma · squared distance), above 0.
        penalty: of the squared norm (lambda), above 0, against squared errors whose weights average 1 (or, where
            clips have weights, average theirs).
        class_weight: "balanced", or None for equal weights.
    """

    trusted: ClassVar[tuple[str, ...]] = ("ser.models.kernel_ridge.DualRidge",)

    gamma: float
    penalty: float
    class_weight: str | None

    def __post_init__(self) -> None:
        require_above_zero(self.gamma, where="model.gamma")
        require_above_zero(self.penalty, where="model.penalty")
        require_class_weight(self.class_weight)

    def build(self, seed: int, widths: Sequence[int]) -> Estimator:
        """Make the unfitted estimator. Nothing in it is random."""
        return DualRidge(self.gamma, self.penalty, self.class_weight == "balanced", widths)

    def probabilities(self, estimator: Estimator, rows: Float32) -> Float64:
        """Give the softmax of the scores. See :class:`EstimatorSpec`.

        The scores estimate targets of +1 and -1, so that the shares are milder than the model is sure: no share passes
        e² / (e² + C - 1) by much. They order classes and clips, and are not calibrated.
        """
        return softmax(cast("DualRidge", estimator).scores(rows))


class DualRidge:
    """One weighted ridge regression a class, in the dual: scores are kernels with the training rows times coefficients.

    The coefficients A solve (K + penalty · W⁻¹) A = Y, with K the kernel of the training rows, W their weights, and Y
    +1 in the column of a row's class and -1 elsewhere. There is no intercept: it would shift all classes alike.

    Args:
        gamma: of the kernel.
        penalty: lambda.
        balanced: whether a row weighs n / (classes · rows of its class), and not 1. A row of weight 2 is two rows.
        widths: of the feature sets, in order.
    """

    def __init__(self, gamma: float, penalty: float, balanced: bool, widths: Sequence[int]) -> None:
        self.gamma, self.penalty, self.balanced, self.widths = gamma, penalty, balanced, list(widths)
        self.rows = np.empty((0, sum(widths)), np.float32)
        self.coefficients = np.empty((0, 0), np.float64)

    def fit(self, X: Float32, y: Int64, sample_weight: Float32 | None = None) -> DualRidge:
        """Solve for the coefficients, in float64. See :class:`WeighingEstimator`.

        Raises:
            TrainingError: when there are too many rows.
        """
        if len(X) > MOST_ROWS:
            raise TrainingError(
                expected=f"at most {MOST_ROWS:,} training clips, copies included: memory grows with their square",
                received=f"{len(X):,}",
                where="model",
                fix="Use model=svm or a network, or fewer augmented copies.",
            )
        self.rows = np.array(X, dtype=np.float32)
        weights = np.ones(len(y)) if sample_weight is None else sample_weight.astype(np.float64)
        counts = np.bincount(y, weights)
        if self.balanced:
            weights = weights * (weights.sum() / (len(counts) * counts))[y]
        system = self._kernel(self.rows)
        system[np.diag_indices_from(system)] += self.penalty / weights
        targets = np.where(y[:, None] == np.arange(len(counts)), 1.0, -1.0)
        self.coefficients = cho_solve(cho_factor(system, lower=True, overwrite_a=True), targets)
        return self

    def scores(self, X: Float32) -> Float64:
        """Estimate the targets, float64, shape [n, classes]."""
        found: Float64 = self._kernel(np.asarray(X)) @ self.coefficients
        return found

    def predict(self, X: Float32) -> Int64:
        """Return the class of the highest score, [n]."""
        classes: Int64 = self.scores(X).argmax(axis=1)
        return classes

    def _kernel(self, X: Float32) -> Float64:
        """Gaussian kernel of rows with the training rows, float64, shape [n, training rows]."""
        scales = set_scales(self.widths)
        a, b = X / scales, self.rows / scales
        squared = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1) - 2 * a @ b.T
        kernel: Float64 = np.exp(-self.gamma * np.maximum(squared, 0.0))
        return kernel
