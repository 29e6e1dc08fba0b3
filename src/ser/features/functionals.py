"""Functionals: from a contour of any length to a fixed number of statistics."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ser.arrays import Float64

PERCENTILES = (5, 10, 20, 35, 50, 65, 80, 90, 95)

RICH = ("mean", "std", "skewness", "kurtosis", "slope", *(f"p{percentile:02d}" for percentile in PERCENTILES))
"""What `rich` gives of each contour. The slope is that of the regression line, per second."""

BRIEF = ("mean", "std", "slope", "p05", "p25", "p50", "p75", "p95", "range", "delta")
"""What `brief` gives of each contour. The range is from the 5th to the 95th percentile; delta is the mean absolute
step from frame to frame."""


def rich(contours: Float64, hop_s: float) -> Float64:
    """Describe contours by the fourteen statistics of `RICH`.

    Args:
        contours: float64 of shape [frames, contours], at least one frame.
        hop_s: from one frame to the next, in seconds.

    Returns:
        float64 of shape [contours, 14], in the contours' units but for the skewness and the excess kurtosis, which
        have none and are 0 for a contour that does not vary.
    """
    mean = contours.mean(axis=0)
    centred = contours - mean
    squared = centred**2
    variance = squared.mean(axis=0)
    varies = variance > 1e-12 * (1 + mean**2)
    safe = np.where(varies, variance, 1.0)
    skewness = np.where(varies, (squared * centred).mean(axis=0) / safe**1.5, 0.0)
    kurtosis = np.where(varies, (squared**2).mean(axis=0) / safe**2 - 3, 0.0)
    moments = np.stack([mean, np.sqrt(variance), skewness, kurtosis, _slope(centred, hop_s)], axis=1)
    return np.hstack([moments, percentiles(contours, PERCENTILES)])


def brief(contours: Float64, hop_s: float) -> Float64:
    """Describe contours by the ten statistics of `BRIEF`. See :func:`rich`.

    Returns:
        float64 of shape [contours, 10].
    """
    mean = contours.mean(axis=0)
    ordered = percentiles(contours, (5, 25, 50, 75, 95))
    step = np.abs(np.diff(contours, axis=0)).mean(axis=0) if len(contours) > 1 else np.zeros_like(mean)
    spread = np.stack([ordered[:, -1] - ordered[:, 0], step], axis=1)
    return np.hstack([np.stack([mean, contours.std(axis=0), _slope(contours - mean, hop_s)], axis=1), ordered, spread])


def percentiles(contours: Float64, which: Iterable[int]) -> Float64:
    """Interpolate percentiles linearly, as `numpy.percentile` does, from one sort of all contours.

    Args:
        contours: float64 of shape [frames, contours].
        which: percentiles, 0 to 100.

    Returns:
        float64 of shape [contours, percentiles].

    Example:
        >>> percentiles(np.array([[0.0], [10.0], [20.0]]), [25, 50]).tolist()
        [[5.0, 10.0]]
    """
    ordered = np.sort(np.ascontiguousarray(contours.T), axis=1)
    place = np.asarray(list(which)) / 100 * (len(contours) - 1)
    below = place.astype(np.int64)
    above = np.minimum(below + 1, len(contours) - 1)
    result: Float64 = ordered[:, below] + (place - below) * (ordered[:, above] - ordered[:, below])
    return result


def deltas(contours: Float64) -> Float64:
    """Differentiate contours by a regression over five frames, the ends continued (HTK's deltas).

    Args:
        contours: float64 of shape [frames, contours].

    Returns:
        float64 of the same shape, per frame.
    """
    padded = np.pad(contours, ((2, 2), (0, 0)), mode="edge")
    count = len(contours)
    step: Float64 = (
        2 * (padded[4 : 4 + count] - padded[:count]) + (padded[3 : 3 + count] - padded[1 : 1 + count])
    ) / 10
    return step


def names(contours: Iterable[str], statistics: Iterable[str]) -> list[str]:
    """Name the statistics of contours, contour by contour.

    Example:
        >>> names(["f1_hz"], ["mean", "std"])
        ['f1_hz_mean', 'f1_hz_std']
    """
    suffixes = list(statistics)
    return [f"{contour}_{statistic}" for contour in contours for statistic in suffixes]


def _slope(centred: Float64, hop_s: float) -> Float64:
    """Slope of the regression line of contours without their mean, per second, [contours]."""
    time = (np.arange(len(centred)) - (len(centred) - 1) / 2) * hop_s
    spread = float(time @ time)
    return time @ centred / spread if spread else np.zeros(centred.shape[1])
