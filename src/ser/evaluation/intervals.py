"""Confidence intervals by the percentile bootstrap over speakers.

Utterances of one speaker are not independent, so that resampling utterances gives intervals that are too narrow.
The speaker is the unit that is drawn anew (the cluster bootstrap; Davison & Hinkley, Bootstrap Methods and their
Application, 1997, section 3.8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser.arrays import Float64, Int64
from ser.evaluation.metrics import Statistic

_CHUNK = 2_000_000
_FEW = 2


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A confidence interval.

    Attributes:
        low: lower end.
        high: upper end.
        level: confidence level, in (0, 1).
        method: what was resampled, in words.
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
    """Give the percentile bootstrap interval of a statistic, drawing whole speakers.

    Each replicate draws S speakers with replacement, pools their confusion counts and computes the statistic; with
    several seeds, their mean over seeds, all seeds sharing the draw. A class whose speakers were all left out of a
    draw has no support in that replicate.

    Args:
        confusions_by_speaker: int64, shape [S, C, C] or [seeds, S, C, C].
        statistic: confusion counts [..., C, C] to values [...].
        replicates: number of draws.
        level: confidence level, such as 0.95.
        seed: of the draws.

    Returns:
        The interval, or None with fewer than two speakers: one speaker says nothing of others.
    """
    counts = np.ones(confusions_by_speaker.shape[-3], dtype=np.int64)
    if len(counts) < _FEW:
        return None
    draws = _draws(confusions_by_speaker, counts, statistic, replicates, seed)
    return _percentiles(draws, level, "percentile bootstrap over speakers", len(counts))


def utterance_bootstrap(
    true: Int64, predicted: Int64, statistic: Statistic, *, replicates: int, level: float, seed: int
) -> Interval | None:
    """Give the percentile bootstrap interval for utterances of unknown speakers, drawing utterances.

    It is too narrow as far as speakers repeat; its method says what was drawn.

    Args:
        true: int64 class codes, shape [n].
        predicted: int64 class codes, shape [seeds, n].
        statistic: confusion counts [..., C, C] to values [...].
        replicates: number of draws.
        level: confidence level, such as 0.95.
        seed: of the draws.

    Returns:
        The interval, or None with fewer than two utterances.
    """
    if len(true) < _FEW:
        return None
    # A class that is neither true nor predicted changes no metric.
    classes = 1 + int(max(true.max(), predicted.max()))
    # Utterances with the same true and predicted classes are exchangeable: draw how often each such pattern comes.
    patterns, counts = np.unique(np.vstack([true, predicted]), axis=1, return_counts=True)
    units = np.zeros((len(predicted), len(counts), classes, classes), dtype=np.int64)
    seeds, places = np.indices((len(predicted), len(counts)))
    units[seeds, places, patterns[0], patterns[1:]] = 1
    draws = _draws(units, counts.astype(np.int64), statistic, replicates, seed)
    return _percentiles(draws, level, "percentile bootstrap over utterances (speakers unknown)", len(true))


def _draws(units: Int64, counts: Int64, statistic: Statistic, replicates: int, seed: int) -> Float64:
    """Compute the statistic of each draw: float64, shape [replicates].

    Args:
        units: confusion counts of each kind of unit, shape [U, C, C] or [seeds, U, C, C].
        counts: how many units of each kind there are, shape [U].
        statistic: confusion counts to values.
        replicates: number of draws.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    flat = units.reshape(-1, len(counts), units.shape[-1] ** 2).astype(np.float64)
    values = []
    for start in range(0, replicates, size := max(1, _CHUNK // (len(counts) + flat[:, 0].size))):
        drawn = random.multinomial(counts.sum(), counts / counts.sum(), size=min(size, replicates - start))
        pooled = (drawn.astype(np.float64) @ flat).reshape(len(flat), len(drawn), *units.shape[-2:])
        values.append(statistic(pooled).mean(axis=0))
    return np.concatenate(values)


def _percentiles(draws: Float64, level: float, method: str, clusters: int) -> Interval:
    tail = 50 * (1 - level)
    low, high = np.percentile(draws, [tail, 100 - tail])
    return Interval(low=float(low), high=float(high), level=level, method=method, clusters=clusters)
