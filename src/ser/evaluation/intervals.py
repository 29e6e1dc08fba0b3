"""Confidence intervals by the bootstrap over speakers, expanded for few speakers.

The ends are quantiles of the draws. Those of the textbook percentile interval are too near: the bootstrap of n units
understates their spread by n - 1 over n and takes it as known, so that with ten speakers a 95 % interval covers 90 %.
Quantiles further out make up for both (the expanded percentile interval; Hesterberg, The American Statistician 69(4),
2015, section 3.2). `docs/intervals.md` shows by simulation what the intervals cover, and that correcting for bias and
skewness (BCa) does not help.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtrit

from ser.arrays import Float64, Int64
from ser.evaluation import resampling
from ser.evaluation.metrics import Statistic
from ser.evaluation.resampling import Units

LEVEL = 0.95
"""Of every interval that is reported."""
FEWEST = 4
"""Speakers (or utterances) behind an interval. What is called 95 % covers 88 % with four speakers, and would cover some
79 and 59 % with three and two: drawn from so few, no range says where others lie."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A confidence interval.

    Attributes:
        low: lower end.
        high: upper end.
        level: confidence level, in (0, 1).
        method: how the ends were found and what was resampled, in words.
        clusters: how many units (speakers, or utterances) there were to draw from.
    """

    low: float
    high: float
    level: float
    method: str
    clusters: int


def speaker_bootstrap(
    confusions_by_speaker: Int64, statistic: Statistic, *, replicates: int, level: float, seed: int
) -> Interval | None:
    """Give the bootstrap interval of a statistic, drawing whole speakers.

    Each replicate draws S speakers with replacement, pools their confusion counts and computes the statistic; with
    several seeds, their mean over seeds, all seeds sharing the draw.

    Args:
        confusions_by_speaker: int64, shape [S, C, C] or [seeds, S, C, C].
        statistic: confusion counts [..., C, C] to values [...].
        replicates: number of draws.
        level: confidence level, such as 0.95.
        seed: of the draws.

    Returns:
        The interval, or None with fewer than `FEWEST` speakers: so few say nothing of others.
    """
    units = resampling.speakers(confusions_by_speaker.reshape(-1, *confusions_by_speaker.shape[-3:]))
    return bootstrap(units, statistic, mean_of(units), replicates=replicates, level=level, seed=seed)


def utterance_bootstrap(
    true: Int64, predicted: Int64, statistic: Statistic, *, replicates: int, level: float, seed: int
) -> Interval | None:
    """Give the bootstrap interval for utterances of unknown speakers, drawing utterances.

    It is too narrow as far as speakers repeat; its method says what was drawn.

    Args:
        true: int64 class codes, shape [n].
        predicted: int64 class codes, shape [seeds, n].
        statistic: confusion counts [..., C, C] to values [...].
        replicates: number of draws.
        level: confidence level, such as 0.95.
        seed: of the draws.

    Returns:
        The interval, or None with fewer than `FEWEST` utterances.
    """
    units = resampling.utterances(true, predicted)
    return bootstrap(units, statistic, mean_of(units), replicates=replicates, level=level, seed=seed)


def mean_of(units: Units) -> Float64:
    """Weigh the predictions (seeds) of one model alike: float64, shape [K]."""
    return np.full(len(units.counts), 1 / len(units.counts))


def bootstrap(
    units: Units, statistic: Statistic, contrast: Float64, *, replicates: int, level: float, seed: int
) -> Interval | None:
    """Give the bootstrap interval of a mean over seeds, or of any other sum over predictions.

    Args:
        units: what is drawn.
        statistic: confusion counts [..., C, C] to values [...].
        contrast: as of :func:`ser.evaluation.resampling.draws`.
        replicates: number of draws.
        level: confidence level, such as 0.95.
        seed: of the draws.

    Returns:
        The interval, or None with fewer than `FEWEST` units.
    """
    if units.total < FEWEST:
        return None
    values = resampling.draws(units, statistic, contrast, replicates=replicates, seed=seed)
    quantile = expanded_quantile(level, units.total)
    low, high = np.quantile(values, ndtr([-quantile, quantile]))
    method = f"expanded percentile bootstrap over {units.name}"
    return Interval(low=float(low), high=float(high), level=level, method=method, clusters=units.total)


def expanded_quantile(level: float, units: int) -> float:
    """Give the normal quantile that makes up for few units: sqrt(n / (n - 1)) times Student's t with n - 1 degrees.

    Args:
        level: confidence level, in (0, 1).
        units: how many were resampled, at least two.

    Example:
        >>> [round(expanded_quantile(0.95, units), 2) for units in (4, 10, 50, 100_000)]
        [3.67, 2.38, 2.03, 1.96]
    """
    return math.sqrt(units / (units - 1)) * float(stdtrit(units - 1, (1 + level) / 2))
