"""Support vector machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from sklearn.svm import SVC

from ser.arrays import Float32, Float64
from ser.errors import one_of
from ser.models.base import Estimator, EstimatorSpec, softmax
from ser.models.checks import require, require_above_zero, require_class_weight


@dataclass(frozen=True, kw_only=True)
class SVM(EstimatorSpec):
    """scikit-learn's `SVC`.

    Attributes:
        kernel: "rbf", "linear", "poly" or "sigmoid".
        C: penalty of training errors, above 0.
        gamma: kernel coefficient, above 0; None is scikit-learn's "scale", 1 / (width × variance).
        class_weight: "balanced", or None for equal weights. scikit-learn counts the clips of each class for it, and not
            what they weigh.
    """

    kernel: str
    C: float
    gamma: float | None
    class_weight: str | None

    def __post_init__(self) -> None:
        one_of(self.kernel, ("linear", "poly", "rbf", "sigmoid"), what="a kernel", where="model.kernel")
        require_above_zero(self.C, where="model.C")
        if self.gamma is not None:
            require(self.gamma > 0, expected="a number above 0, or null", received=self.gamma, where="model.gamma")
        require_class_weight(self.class_weight)

    def build(self, seed: int, widths: Sequence[int]) -> Estimator:
        """Make the unfitted estimator. Nothing in it is random, and to it a row is one set of values."""
        gamma = "scale" if self.gamma is None else self.gamma
        return cast(
            "Estimator",
            SVC(kernel=self.kernel, C=self.C, gamma=gamma, class_weight=self.class_weight, random_state=seed),
        )

    def probabilities(self, estimator: Estimator, rows: Float32) -> Float64:
        """Turn decision scores into shares that order the classes as `predict` does. See :class:`EstimatorSpec`.

        The shares are a softmax of the one-against-rest scores; they are not calibrated. (Platt scaling,
        `probability=True`, is deprecated in scikit-learn 1.9, depends on a random inner cross-validation, and may
        contradict `predict`.) `predict` counts one-against-one votes and gives ties to the lower class, where the
        scores weigh confidence; for such rows the scores of the two classes are exchanged.
        """
        scores = np.asarray(estimator.decision_function(rows), dtype=np.float64)  # type: ignore[attr-defined]
        if scores.ndim == 1:
            scores = np.column_stack([-scores, scores])
        predicted, highest, row = estimator.predict(rows), scores.argmax(axis=1), np.arange(len(scores))
        scores[row, predicted], scores[row, highest] = scores[row, highest], scores[row, predicted]
        return softmax(scores)
