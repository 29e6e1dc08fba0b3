"""Features relative to those of reference clips: what is left of them when the speaker (or the corpus) is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from ser.arrays import Float32, Int64, Ragged
from ser.moments import moments

SHAPES = ("z", "mean", "rank_gauss")
"""What rows can be made relative by: mean and standard deviation, the mean alone, or ranks."""


def relative(shape: str, rows: Float32, reference: Float32) -> Float32:
    """Normalise rows by the statistics of other rows (or of the same).

    `z` takes out mean and standard deviation (divisor n); a value that does not vary in the reference tells nothing,
    and becomes 0. `mean` takes out the mean alone: a few clips tell it better than a deviation. `rank_gauss` gives a
    value the normal quantile of its place among the n of the reference: of the r-th smallest, (r - 1/2) / n; equal
    values share the mean of their places, and no place lies outside those n.

    Args:
        shape: of `SHAPES`.
        rows: float32, shape [rows, width].
        reference: float32, shape [n, width], n > 0.

    Returns:
        float32, shape [rows, width].

    Example:
        >>> reference = np.array([[1], [3], [5]], np.float32)
        >>> relative("z", reference, reference).astype(float).ravel().round(3).tolist()
        [-1.225, 0.0, 1.225]
        >>> relative("rank_gauss", np.array([[3], [99]], np.float32), reference).astype(float).ravel().round(3).tolist()
        [0.0, 0.967]
    """
    if shape == "rank_gauss":
        return _normal_quantiles(rows, reference)
    found = moments(reference)
    centred = rows - found.mean
    scaled = np.where(found.varies, centred / found.scale, 0.0) if shape == "z" else centred
    return scaled.astype(np.float32)


def by_group(features: Ragged, groups: Int64, reference_of: Callable[[int], Float32], shape: str) -> Ragged:
    """Normalise each clip by the statistics of its group; for sequences, over frames.

    Args:
        features: of n clips.
        groups: group of each clip, int64, shape [n].
        reference_of: gives the reference rows of a group, float32, shape [rows, width]; asked once a group, so that
            memory holds one at a time.
        shape: of `SHAPES`.

    Returns:
        The same clips, normalised.
    """
    row_groups = np.repeat(groups, features.lengths)
    values = np.empty(features.values.shape, dtype=np.float32)
    for group in np.unique(groups).tolist():
        chosen = row_groups == group
        values[chosen] = relative(shape, features.values[chosen], reference_of(group))
    return Ragged(values=values, offsets=features.offsets, kind=features.kind)


def _normal_quantiles(rows: Float32, reference: Float32) -> Float32:
    n = len(reference)
    places = np.empty(rows.shape, dtype=np.float64)
    for column, values in enumerate(np.sort(reference, axis=0).T):
        below = np.searchsorted(values, rows[:, column], side="left")
        places[:, column] = (below + np.searchsorted(values, rows[:, column], side="right")) / (2 * n)
    quantiles: Float32 = ndtri(places.clip(0.5 / n, 1 - 0.5 / n)).astype(np.float32)
    return quantiles
