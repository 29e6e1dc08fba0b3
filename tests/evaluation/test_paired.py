"""Two models against each other, against independent tests of the same hypothesis."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.stats import binomtest
from scipy.stats import permutation_test as scipys

from ser.arrays import Float64, Int64
from ser.errors import ProtocolError
from ser.evaluation.aligned import Aligned
from ser.evaluation.metrics import accuracy, macro_f1, uar
from ser.evaluation.paired import Pair, against_best, holm, pair, permutation_test, told_apart

DRAWS = {"replicates": 2000, "seed": 0}


def data(shares: list[float], speakers: int, known: bool = True, seed: int = 0) -> Aligned:
    """Predictions of three classes, 18 utterances a speaker, right as often as `shares` says, one share a seed."""
    random = np.random.default_rng(seed)
    n = 18 * speakers
    true = np.arange(n) % 3
    wrong = random.random((len(shares), n)) >= np.array(shares)[:, None]
    speaker = np.arange(n) // 18
    predicted = np.where(wrong, (true + 1) % 3, true)
    return Aligned(
        utterance_id=[f"toy/{place:04d}" for place in range(n)],
        true=true,
        predicted=predicted,
        probabilities=np.eye(3)[predicted],
        fold=speaker,
        corpus=np.zeros(n, dtype=np.int64),
        speaker=speaker if known else None,
        seeds=list(range(len(shares))),
        folds=list(range(1, speakers + 1)),
        corpora=["toy"],
        speakers=[f"toy/{place}" for place in range(speakers)] if known else [],
    )


def right(found: Aligned, speakers: int) -> Int64:
    return np.bincount(np.arange(18 * speakers) // 18, found.true == found.predicted[0]).astype(np.int64)


@pytest.mark.parametrize("speakers", [3, 9, 13])
def test_exchanging_speakers_is_the_permutation_test_of_scipy(speakers: int) -> None:
    first, second = data([0.6], speakers), data([0.68], speakers, seed=1)

    def statistic(one: Float64, other: Float64, axis: int) -> Float64:
        return (other.sum(axis=axis) - one.sum(axis=axis)) / (18 * speakers)

    exact = scipys(
        (right(first, speakers), right(second, speakers)),
        statistic,
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    found = pair(first, second, 3)
    test = permutation_test(found, accuracy, replicates=20_000, seed=0)
    assert found.difference(accuracy) == pytest.approx(exact.statistic)
    # All exchanges are gone through with at most 12 speakers, and drawn with more.
    assert test.p_value == pytest.approx(exact.pvalue, abs=1e-12 if speakers <= 12 else 0.015)
    assert ("all" in test.method) == (speakers <= 12)


def test_exchanging_utterances_of_unknown_speakers_is_mcnemars_test() -> None:
    first, second = data([0.6], 12, known=False), data([0.7], 12, known=False, seed=1)
    one, other = first.predicted[0] == first.true, second.predicted[0] == second.true
    better = int((other & ~one).sum())
    exact = binomtest(better, better + int((one & ~other).sum()))
    test = permutation_test(pair(first, second, 3), accuracy, replicates=20_000, seed=0)
    assert test.p_value == pytest.approx(exact.pvalue, abs=0.01)
    assert "utterances (speakers unknown)" in test.method


def test_four_speakers_cannot_tell_any_models_apart() -> None:
    test = permutation_test(pair(data([0.1], 4), data([1.0], 4), 3), uar, **DRAWS)
    assert (test.p_value, test.smallest) == (0.125, 0.125)


def test_a_drawn_p_value_is_never_zero() -> None:
    test = permutation_test(pair(data([0.1], 30), data([1.0], 30), 3), uar, **DRAWS)
    assert test.p_value == test.smallest == 1 / 2001


def test_the_same_model_does_not_differ_from_itself() -> None:
    found = pair(data([0.6, 0.7], 10), data([0.6, 0.7], 10), 3)
    interval = found.interval(uar, level=0.95, **DRAWS)
    assert interval is not None
    assert (found.difference(uar), interval.low, interval.high) == (0, 0, 0)
    assert permutation_test(found, uar, **DRAWS).p_value == 1


def test_seeds_are_averaged_and_need_not_be_as_many() -> None:
    first, second = data([0.5, 0.7], 8), data([0.6, 0.65, 0.8], 8, seed=1)
    found = pair(first, second, 3)
    scores = [
        np.mean(
            [
                pair(other, dataclasses.replace(one, predicted=row[None]), 3).difference(macro_f1)
                for row in one.predicted
            ]
        )
        for one, other in ((first, second), (second, first))
    ]
    assert found.difference(macro_f1) == pytest.approx(scores[1] * 1)
    assert found.difference(macro_f1) == pytest.approx(-scores[0])
    # Every seed twice says no more than every seed once.
    twice = Pair(**{**vars(found), "first": np.tile(found.first, (2, 1, 1, 1))})
    assert twice.difference(macro_f1) == pytest.approx(found.difference(macro_f1))
    assert permutation_test(twice, macro_f1, **DRAWS) == permutation_test(found, macro_f1, **DRAWS)
    ends = [vars(one.interval(macro_f1, level=0.95, **DRAWS))["low"] for one in (twice, found)]
    assert ends[0] == pytest.approx(ends[1])


def test_the_interval_knows_that_both_heard_the_same_speakers() -> None:
    random = np.random.default_rng(0)
    easy = random.integers(2, 17, 20)
    counts = np.zeros((2, 20, 2, 2), dtype=np.int64)
    counts[0, :, 0, 0], counts[0, :, 0, 1] = easy, 18 - easy
    counts[1, :, 0, 0], counts[1, :, 0, 1] = easy + 1, 17 - easy
    found = Pair(first=counts[:1], second=counts[1:], times=np.ones(20, dtype=np.int64), name="speakers")
    interval = found.interval(accuracy, level=0.95, **DRAWS)
    assert interval is not None
    # Each speaker gains one utterance in 18, however hard he is.
    assert (interval.low, interval.high) == pytest.approx((1 / 18, 1 / 18))
    assert permutation_test(found, accuracy, **DRAWS).p_value < 0.001


def test_runs_of_other_utterances_or_folds_are_refused() -> None:
    with pytest.raises(ProtocolError, match="same utterances in the same folds"):
        pair(data([0.6], 4), data([0.6], 5), 3)
    moved = dataclasses.replace(data([0.6], 4), fold=np.zeros(72, dtype=np.int64))
    with pytest.raises(ProtocolError, match="differ in their fold"):
        pair(data([0.6], 4), moved, 3)


def test_each_is_tested_against_the_best() -> None:
    best, alike, worse = data([0.9], 10), data([0.89], 10, seed=1), data([0.4], 10, seed=2)
    p_values = against_best([best, alike, worse], uar, 3, **DRAWS)
    assert [told_apart(value).split(" (")[0] for value in p_values] == ["not told apart", "worse"]


def test_holm_by_hand() -> None:
    # Sorted 0.01, 0.02, 0.03, 0.04: times 4, 3, 2, 1 is 0.04, 0.06, 0.06, 0.04, and none may fall again.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1, 1]
    assert holm([0.2]) == [0.2]
