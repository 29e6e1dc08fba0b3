"""Mean and standard deviation of many rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser.arrays import Float32, Float64

_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Mean and standard deviation of each value.

    Attributes:
        mean: float64, shape [width].
        scale: float64, shape [width]; 1 for a value that does not vary.
        varies: bool, shape [width]: whether a value varies by more than rounding.
    """

    mean: Float64
    scale: Float64
    varies: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def moments(values: Float32) -> Moments:
    """Take mean and standard deviation (divisor n).

    Args:
        values: rows (vectors, or every frame of every clip), float32, shape [rows, width].

    Example:
        >>> fitted = moments(np.array([[1, 7], [3, 7]], np.float32))
        >>> fitted.mean.tolist(), fitted.scale.tolist(), fitted.varies.tolist()
        ([2.0, 7.0], [1.0, 1.0], [True, False])
    """
    mean = values.mean(axis=0, dtype=np.float64)
    squares = np.zeros_like(mean)
    # In slices: a float64 copy of all frames of a large corpus would double the memory that training takes.
    for start in range(0, len(values), _ROWS_AT_ONCE):
        squares += np.square(values[start : start + _ROWS_AT_ONCE] - mean).sum(axis=0)
    scale = np.sqrt(squares / len(values))
    varies = scale > 10 * np.finfo(np.float32).eps * np.abs(mean)
    return Moments(mean=mean, scale=np.where(varies, scale, 1.0), varies=varies)
