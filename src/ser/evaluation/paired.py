"""Two models on the same test utterances: their difference, its interval, and whether it could be chance.

Both the interval and the test take whole speakers, for the utterances of a speaker are not independent. Seeds are
averaged inside: a metric of a run is its mean over seeds, of the test parts of all folds together.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ser.arrays import Float64, Int64
from ser.errors import ProtocolError
from ser.evaluation import resampling
from ser.evaluation.aligned import Aligned
from ser.evaluation.intervals import Interval, bootstrap
from ser.evaluation.metrics import Statistic
from ser.evaluation.resampling import Units

ALPHA = 0.05
"""p-values of at most this tell two models apart."""
EXACT_UNITS = 12
"""Up to so many speakers all 2 ** speakers exchanges are gone through."""
_CHUNK = 2_000_000
_ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """The answer of a permutation test.

    Attributes:
        p_value: two-sided; the share of exchanges with a difference at least as large.
        smallest: the p-value that no data of so many speakers can fall below.
        method: what was exchanged, and how often, in words.
    """

    p_value: float
    smallest: float
    method: str


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The predictions of two models, of the same units.

    Attributes:
        first: int64, shape [seeds of the first, U, C, C].
        second: int64, shape [seeds of the second, U, C, C].
        times: int64, shape [U], how many units of each kind there are.
        name: what a unit is, in words (plural).
    """

    first: Int64
    second: Int64
    times: Int64
    name: str

    def difference(self, statistic: Statistic) -> float:
        """Give the metric of the second less that of the first, each its mean over seeds."""
        first, second = (_pooled(counts, self.times) for counts in (self.first, self.second))
        return float(statistic(second).mean() - statistic(first).mean())

    def interval(self, statistic: Statistic, *, replicates: int, level: float, seed: int) -> Interval | None:
        """Give the bootstrap interval of the difference; both models are scored on the same draws."""
        units = Units(counts=np.concatenate([self.first, self.second]), times=self.times, name=self.name)
        firsts, seconds = len(self.first), len(self.second)
        contrast = np.concatenate([np.full(firsts, -1 / firsts), np.full(seconds, 1 / seconds)])
        return bootstrap(units, statistic, contrast, replicates=replicates, level=level, seed=seed)


def pair(first: Aligned, second: Aligned, classes: int) -> Pair:
    """Count the confusions of two runs by speaker, or by utterance where any speaker is unknown.

    Args:
        first: predictions of a run.
        second: predictions of another of the same utterances.
        classes: number of classes C.

    Raises:
        ProtocolError: when they were not tested on the same utterances in the same folds.
    """
    for name in ("utterance_id", "true", "fold"):
        if not np.array_equal(getattr(first, name), getattr(second, name)):
            raise ProtocolError(
                expected="runs that test the same utterances in the same folds",
                received=f"{len(first.true)} and {len(second.true)} utterances, which differ in their {name}",
                where="ser compare",
                fix="Compare runs of one protocol over the same data.",
            )
    predicted = np.concatenate([first.predicted, second.predicted])
    units = resampling.units_of(first, predicted, classes)
    seeds = len(first.predicted)
    return Pair(first=units.counts[:seeds], second=units.counts[seeds:], times=units.times, name=units.name)


def permutation_test(found: Pair, statistic: Statistic, *, replicates: int, seed: int) -> PairedTest:
    """Test whether two models could be exchanged, speaker by speaker, without anyone noticing.

    Under the null hypothesis the two are exchangeable within every speaker, so that every speaker's predictions may
    change sides as a whole. With at most 12 speakers all exchanges are gone through; otherwise they are drawn and the
    observed one is counted among them (Phipson & Smyth, Stat. Appl. Genet. Mol. Biol. 9(1), 2010).

    Args:
        found: the predictions of both.
        statistic: confusion counts [..., C, C] to values [...].
        replicates: number of exchanges drawn.
        seed: of the draws.
    """
    total = int(found.times.sum())
    observed = abs(found.difference(statistic)) - _ROUNDING
    exact = total == len(found.times) <= EXACT_UNITS
    if exact:
        # Exchanging all the others gives the same difference with its sign turned: half of them tell all.
        exchanged = np.array([(0, *rest) for rest in itertools.product((0, 1), repeat=total - 1)], dtype=np.float64)
        p_value = float(np.mean(np.abs(_differences(found, statistic, exchanged)) >= observed))
        words = f"exact permutation test exchanging {found.name}, all {2**total} ways"
        return PairedTest(p_value=p_value, smallest=2.0 ** (1 - total), method=words)
    random = np.random.default_rng(seed)
    exchanged = random.binomial(found.times, 0.5, size=(replicates, len(found.times))).astype(np.float64)
    larger = int(np.sum(np.abs(_differences(found, statistic, exchanged)) >= observed))
    words = f"permutation test exchanging {found.name}, {replicates} draws"
    return PairedTest(p_value=(1 + larger) / (1 + replicates), smallest=1 / (1 + replicates), method=words)


def _differences(found: Pair, statistic: Statistic, exchanged: Float64) -> Float64:
    """Give the difference after each exchange: float64, shape [exchanges].

    Args:
        found: the predictions of both.
        statistic: confusion counts [..., C, C] to values [...].
        exchanged: float64, shape [exchanges, U], how many units of each kind change sides.
    """
    # Repeating the seeds of both to a common number pairs them and leaves each mean over seeds as it is.
    seeds = math.lcm(len(found.first), len(found.second))
    first, second = (np.tile(counts, (seeds // len(counts), 1, 1, 1)) for counts in (found.first, found.second))
    moves = Units(counts=second - first, times=found.times, name=found.name)
    base, other = (_pooled(counts, found.times)[:, None] for counts in (first, second))
    size = max(1, _CHUNK // (exchanged.shape[1] + first[:, 0].size))
    differences = []
    for start in range(0, len(exchanged), size):
        moved = moves.pooled(exchanged[start : start + size])
        differences.append((statistic(other - moved) - statistic(base + moved)).mean(axis=0))
    return np.concatenate(differences)


def _pooled(counts: Int64, times: Int64) -> Float64:
    pooled: Float64 = np.einsum("kuij,u->kij", counts, times).astype(np.float64)
    return pooled


def against_best(
    data: Sequence[Aligned], statistic: Statistic, classes: int, *, replicates: int, seed: int
) -> list[float]:
    """Test each of several models against the best of them.

    That the best was picked by the same numbers is not allowed for: those told apart from it are told apart a little
    too readily.

    Args:
        data: predictions of the models, the best first.
        statistic: confusion counts [..., C, C] to values [...].
        classes: number of classes C.
        replicates: number of exchanges drawn.
        seed: of the draws.

    Returns:
        For each but the first its p-value, adjusted for the number of tests by Holm's method.
    """
    best, *others = data
    tests = [
        permutation_test(pair(best, other, classes), statistic, replicates=replicates, seed=seed) for other in others
    ]
    return holm([test.p_value for test in tests])


def told_apart(p_value: float | None) -> str:
    """Say what a p-value against the best means; nothing for None, the best itself.

    Example:
        >>> told_apart(0.2), told_apart(0.002)
        ('not told apart (p 0.2)', 'worse (p 0.002)')
    """
    return "" if p_value is None else f"{'worse' if p_value <= ALPHA else 'not told apart'} (p {p_value:.2g})"


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for being several, whatever their dependence (Holm, Scand. J. Statist. 6, 1979).

    Args:
        p_values: one for each test.

    Returns:
        Adjusted p-values in the same order: those below 0.05 may be rejected with a chance of at most 5 % that any of
        them is wrongly so.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    steps = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(steps, 1)
    return [float(value) for value in adjusted]
