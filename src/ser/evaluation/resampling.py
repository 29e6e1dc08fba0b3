"""What is drawn anew: whole speakers, or utterances where speakers are unknown.

Utterances of one speaker are not independent, so that resampling utterances gives intervals that are too narrow.
The speaker is the unit that is drawn (the cluster bootstrap; Davison & Hinkley, Bootstrap Methods and their
Application, 1997, section 3.8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser.arrays import Float64, Int64
from ser.evaluation.aligned import Aligned
from ser.evaluation.metrics import Statistic, confusions

_CHUNK = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Units:
    """Confusion counts of the units that may be drawn.

    Attributes:
        counts: int64, shape [K, U, C, C], of U kinds of unit under each of K predictions (seeds, of one or two models).
        times: int64, shape [U], how many units of each kind there are.
        name: what a unit is, in words (plural).
    """

    counts: Int64
    times: Int64
    name: str

    @property
    def total(self) -> int:
        """How many units there are."""
        return int(self.times.sum())

    def pooled(self, weights: Float64) -> Float64:
        """Pool units, drawn so often each: `weights` [..., U] to counts [K, ..., C, C], float64."""
        flat = self.counts.reshape(*self.counts.shape[:2], -1).astype(np.float64)
        found: Float64 = np.stack([weights @ counts for counts in flat])
        return found.reshape(*found.shape[:-1], *self.counts.shape[-2:])


def speakers(counts: Int64) -> Units:
    """Take each speaker as a unit.

    Args:
        counts: int64, shape [K, S, C, C].
    """
    return Units(counts=counts, times=np.ones(counts.shape[1], dtype=np.int64), name="speakers")


def utterances(true: Int64, predicted: Int64) -> Units:
    """Take each utterance as a unit, for speakers are unknown.

    Utterances with the same true and predicted classes are exchangeable: each such pattern is one kind of unit.

    Args:
        true: int64 class codes, shape [n].
        predicted: int64 class codes, shape [K, n].
    """
    # A class that is neither true nor predicted changes no metric.
    classes = 1 + int(max(true.max(), predicted.max()))
    patterns, times = np.unique(np.vstack([true, predicted]), axis=1, return_counts=True)
    counts = np.zeros((len(predicted), len(times), classes, classes), dtype=np.int64)
    seeds, places = np.indices(counts.shape[:2])
    counts[seeds, places, patterns[0], patterns[1:]] = 1
    return Units(counts=counts, times=times.astype(np.int64), name="utterances (speakers unknown)")


def units_of(data: Aligned, predicted: Int64, classes: int) -> Units:
    """Take the speakers of a run as units, or its utterances where any speaker is unknown.

    Args:
        data: the utterances that were tested.
        predicted: int64 class codes, shape [K, n], of the same utterances by one or several models.
        classes: number of classes C.
    """
    if data.speaker is None:
        return utterances(data.true, predicted)
    return speakers(confusions(data.true, predicted, data.speaker, (len(data.speakers), classes)))


def draws(units: Units, statistic: Statistic, contrast: Float64, *, replicates: int, seed: int) -> Float64:
    """Draw as many units as there are, with replacement, again and again, and compute a statistic of each draw.

    A class whose speakers were all left out of a draw has no support in it.

    Args:
        units: what is drawn.
        statistic: confusion counts [..., C, C] to values [...].
        contrast: float64, shape [K]: how the values of the K predictions add up. 1/K each is their mean; 1/K_a for the
            seeds of one model and -1/K_b for those of another is the difference of two models, on the same draws.
        replicates: number of draws.
        seed: of the draws.

    Returns:
        float64, shape [replicates].
    """
    random, total = np.random.default_rng(seed), units.total
    values = []
    for start in range(0, replicates, size := max(1, _CHUNK // (len(units.times) + units.counts[:, 0].size))):
        drawn = random.multinomial(total, units.times / total, size=min(size, replicates - start))
        values.append(contrast @ statistic(units.pooled(drawn.astype(np.float64))))
    return np.concatenate(values)
