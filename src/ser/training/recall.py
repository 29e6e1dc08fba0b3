"""The score that epochs are chosen by."""

from __future__ import annotations

import numpy as np

from ser.arrays import Int64


def uar(labels: Int64, predicted: Int64) -> float:
    """Average the recalls of the classes that occur (unweighted average recall).

    Args:
        labels: true classes, int64, shape [n], n > 0.
        predicted: predicted classes, int64, shape [n].

    Example:
        >>> uar(np.array([0, 0, 1]), np.array([0, 1, 1]))
        0.75
    """
    totals = np.bincount(labels)
    hits = np.bincount(labels[labels == predicted], minlength=len(totals))
    return float((hits[totals > 0] / totals[totals > 0]).mean())
