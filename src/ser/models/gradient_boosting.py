"""Gradient-boosted trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from sklearn.ensemble import HistGradientBoostingClassifier

from ser.models.base import Estimator, EstimatorSpec
from ser.models.checks import require, require_above_zero, require_class_weight, require_whole


@dataclass(frozen=True, kw_only=True)
class GradientBoosting(EstimatorSpec):
    """scikit-learn's `HistGradientBoostingClassifier`, without early stopping.

    It would stop by rows that it drew from the training part by itself: clips of the speakers it trains on, and copies
    of the very clips.

    Attributes:
        learning_rate: share of each tree that is kept, above 0.
        max_iter: rounds; each grows one tree a class.
        max_leaf_nodes: leaves of a tree at most, 2 or more.
        min_samples_leaf: clips in a leaf at least.
        l2_regularization: penalty of the leaves' squared values, 0 or more.
        max_bins: steps that each value is rounded to, 2 to 255; fewer are faster on wide rows.
        class_weight: "balanced", or None for equal weights. It counts clips, not what they weigh, as in
            :class:`ser.models.svm.SVM`. With weights scikit-learn also weighs the quantiles that values are rounded to,
            which on rows of thousands of values takes longer than all the trees.
    """

    trusted: ClassVar[tuple[str, ...]] = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)

    learning_rate: float
    max_iter: int
    max_leaf_nodes: int
    min_samples_leaf: int
    l2_regularization: float
    max_bins: int
    class_weight: str | None

    def __post_init__(self) -> None:
        require_above_zero(self.learning_rate, where="model.learning_rate")
        require_whole(self.max_iter, where="model.max_iter")
        require_whole(self.max_leaf_nodes, where="model.max_leaf_nodes", at_least=2)
        require_whole(self.min_samples_leaf, where="model.min_samples_leaf")
        penalty, bins = self.l2_regularization, self.max_bins
        require(penalty >= 0, expected="a number of at least 0", received=penalty, where="model.l2_regularization")
        require(2 <= bins <= 255, expected="a whole number from 2 to 255", received=bins, where="model.max_bins")
        require_class_weight(self.class_weight)

    def build(self, seed: int, widths: Sequence[int]) -> Estimator:
        """Make the unfitted estimator."""
        boosting = HistGradientBoostingClassifier(
            learning_rate=self.learning_rate,
            max_iter=self.max_iter,
            max_leaf_nodes=self.max_leaf_nodes,
            min_samples_leaf=self.min_samples_leaf,
            l2_regularization=self.l2_regularization,
            max_bins=self.max_bins,
            class_weight=self.class_weight,
            early_stopping=False,
            random_state=seed,
        )
        return cast("Estimator", boosting)
