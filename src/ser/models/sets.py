"""Rows that join several feature sets, of which each is to count the same whatever its width."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from ser.arrays import Float32, Float64


def set_scales(widths: Sequence[int]) -> Float64:
    """Give what to divide each value of a row by, so that sets count the same.

    On standardised values the squared norm of each set is then about 1 / sets, and the squared distance of two rows
    about 2, for 20 values as for 6,000 and for one set as for five.

    Args:
        widths: of the sets, in order.

    Returns:
        float64, shape [sum of widths]: the square root of the set's width times the number of sets.

    Example:
        >>> set_scales([2, 8]).tolist()
        [2.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    """
    return np.repeat(np.sqrt(np.asarray(widths, dtype=np.float64) * len(widths)), widths)


class EqualSets(TransformerMixin, BaseEstimator):
    """:func:`set_scales` as the first step of a scikit-learn pipeline.

    Args:
        widths: of the feature sets, in order.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        self.widths = widths

    def __sklearn_is_fitted__(self) -> bool:
        """There is nothing to learn."""
        return True

    def fit(self, X: Float32, y: object = None) -> EqualSets:
        """Learn nothing."""
        return self

    def transform(self, X: Float32) -> Float32:
        """Scale rows, float32, shape [n, sum of widths]."""
        return np.asarray(X / set_scales(self.widths), dtype=np.float32)
