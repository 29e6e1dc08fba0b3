"""Random forest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from sklearn.ensemble import RandomForestClassifier

from ser.models.base import Estimator, EstimatorSpec
from ser.models.checks import require_class_weight, require_whole


@dataclass(frozen=True, kw_only=True)
class RandomForest(EstimatorSpec):
    """scikit-learn's `RandomForestClassifier`; each split looks at the square root of the row's width of values.

    Attributes:
        n_estimators: number of trees.
        min_samples_leaf: clips in a leaf at least.
        class_weight: "balanced", or None for equal weights. It counts clips, not what they weigh, as in
            :class:`ser.models.svm.SVM`.
    """

    trusted: ClassVar[tuple[str, ...]] = ("sklearn.tree._tree.Tree",)

    n_estimators: int
    min_samples_leaf: int
    class_weight: str | None

    def __post_init__(self) -> None:
        require_whole(self.n_estimators, where="model.n_estimators")
        require_whole(self.min_samples_leaf, where="model.min_samples_leaf")
        require_class_weight(self.class_weight)

    def build(self, seed: int, widths: Sequence[int]) -> Estimator:
        """Make the unfitted estimator: one thread, because folds run side by side."""
        forest = RandomForestClassifier(
            n_estimators=self.n_estimators,
            min_samples_leaf=self.min_samples_leaf,
            class_weight=self.class_weight,
            random_state=seed,
            n_jobs=1,
        )
        return cast("Estimator", forest)
