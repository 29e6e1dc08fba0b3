"""Multinomial logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from ser.arrays import Float32, Int64
from ser.models.base import Estimator, EstimatorSpec
from ser.models.checks import require_above_zero, require_class_weight, require_whole
from ser.models.sets import EqualSets


@dataclass(frozen=True, kw_only=True)
class Logistic(EstimatorSpec):
    """scikit-learn's `LogisticRegression` with an L2 penalty.

    Each feature set is scaled by :func:`ser.models.sets.set_scales` first, so that `C` means the same for rows of any
    width, and a small set beside a large one counts as much.

    Attributes:
        C: weight of training errors against the penalty, above 0.
        max_iter: steps of the solver at most; scikit-learn warns when they were too few.
        class_weight: "balanced", or None for equal weights.
    """

    trusted: ClassVar[tuple[str, ...]] = ("ser.models.sets.EqualSets",)

    C: float
    max_iter: int
    class_weight: str | None

    def __post_init__(self) -> None:
        require_above_zero(self.C, where="model.C")
        require_whole(self.max_iter, where="model.max_iter")
        require_class_weight(self.class_weight)

    def build(self, seed: int, widths: Sequence[int]) -> Estimator:
        """Make the unfitted estimator. Nothing in it is random."""
        regression = LogisticRegression(C=self.C, max_iter=self.max_iter, class_weight=self.class_weight)
        return cast("Estimator", Pipeline([("sets", EqualSets(list(widths))), ("regression", regression)]))

    def fit(self, estimator: Estimator, rows: Float32, labels: Int64, weights: Float32 | None) -> Estimator:
        """Fit the estimator: weights are of its last step. See :class:`EstimatorSpec`."""
        given: dict[str, Any] = {} if weights is None else {"regression__sample_weight": weights}
        return estimator.fit(rows, labels, **given)
