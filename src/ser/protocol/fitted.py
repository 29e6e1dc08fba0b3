"""Of which rows a mean and a standard deviation were taken: of the training part, or of tested clips too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ser.arrays import Float32, Float64
from ser.moments import moments

# Sums of parts, those that a sound study may use first: where test adds nothing to tell, nobody is accused.
_CANDIDATES = (
    ("train",),
    ("train", "dev"),
    ("dev",),
    ("train", "dev", "test"),
    ("train", "test"),
    ("dev", "test"),
    ("test",),
)
EXACT = 1e-3
"""Largest distance, in standard deviations, at which statistics count as those of some rows: above what rounding and
another divisor (n - 1) make, far below what a few clips more or less make."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The rows that statistics fit best.

    Attributes:
        parts: such as "train" or "train+dev+test".
        distance: the largest difference of any feature's mean or standard deviation, in standard deviations.
        train_distance: that of the training part alone.
    """

    parts: str
    distance: float
    train_distance: float

    @property
    def certain(self) -> bool:
        """Whether the statistics are those of the rows, not only nearest to them."""
        return self.distance <= EXACT

    @property
    def leaks(self) -> bool:
        """Whether they are certainly of tested rows."""
        return self.certain and "test" in self.parts


def origin(mean: Float64, scale: Float64, parts: Mapping[str, Float32]) -> Origin:
    """Find the parts whose statistics these are.

    Args:
        mean: float64, shape [width].
        scale: standard deviations, with divisor n or n - 1, float64, shape [width]. What does not vary has any.
        parts: "train", "dev", "test" -> its rows, float32, shape [rows, width]; a part may be missing or empty.

    Returns:
        The best-fitting sum of parts.

    Raises:
        ValueError: when there are no training rows.
    """
    present = {name: rows for name, rows in parts.items() if len(rows)}
    if "train" not in present:
        raise ValueError("statistics are compared with those of the training rows, and there are none")
    distances = {
        "+".join(names): _distance(mean, scale, np.concatenate([present[name] for name in names]))
        for names in _CANDIDATES
        if set(names) <= present.keys()
    }
    # Of two that fit alike the first, which is the more innocent.
    best = min(distances, key=lambda name: max(distances[name], EXACT))
    return Origin(parts=best, distance=distances[best], train_distance=distances["train"])


def _distance(mean: Float64, scale: Float64, rows: Float32) -> float:
    fitted = moments(rows)
    varies = fitted.varies
    if not varies.any():
        return 0.0
    # A mean that is large beside its deviation loses digits where it is kept as float32.
    rounding = 4 * np.finfo(np.float32).eps * np.abs(fitted.mean)
    offsets = np.maximum(np.abs(mean - fitted.mean) - rounding, 0)[varies] / fitted.scale[varies]
    unbiased = np.sqrt(len(rows) / max(len(rows) - 1, 1))
    ratios = scale[varies] / fitted.scale[varies]
    stretches = np.minimum(np.abs(ratios - 1), np.abs(ratios / unbiased - 1))
    return float(max(offsets.max(), stretches.max()))
