import math
import time

import numpy as np
import pytest
from scipy.stats import bootstrap

from ser.arrays import Float64, Int64
from ser.evaluation.intervals import expanded_quantile, speaker_bootstrap, utterance_bootstrap
from ser.evaluation.metrics import accuracy, confusions, uar

SETTINGS = {"replicates": 4000, "level": 0.95, "seed": 0}


def by_speaker(speakers: int) -> Int64:
    """Draw confusion counts of speakers, of whom some are much easier than others: 20 utterances of 3 classes each."""
    random = np.random.default_rng(0)
    right = random.binomial(20, random.uniform(0.2, 0.9, speakers)[:, None], size=(speakers, 3))
    # Errors go to the next class.
    return (
        right[:, :, None] * np.eye(3, dtype=np.int64) + (20 - right)[:, :, None] * np.eye(3, dtype=np.int64)[[1, 2, 0]]
    )


def test_agrees_with_scipy_at_the_level_that_makes_up_for_few_speakers() -> None:
    # 12 speakers: Student's t of 11 degrees of freedom is 2.201 (any table of it).
    assert expanded_quantile(0.95, 12) == pytest.approx(math.sqrt(12 / 11) * 2.201, abs=1e-3)
    level = math.erf(expanded_quantile(0.95, 12) / math.sqrt(2))
    counts = by_speaker(12)

    def statistic(drawn: Float64, axis: int) -> Float64:
        return accuracy(np.moveaxis(counts[drawn.astype(int)], axis - 2 if axis < 0 else axis, 0).sum(axis=0))

    ours = speaker_bootstrap(counts, accuracy, **SETTINGS)
    theirs = bootstrap(
        (np.arange(12),),
        statistic,
        n_resamples=4000,
        confidence_level=level,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert ours is not None
    assert ours.low == pytest.approx(theirs.low, abs=0.015)
    assert ours.high == pytest.approx(theirs.high, abs=0.015)
    assert (ours.level, ours.clusters) == (0.95, 12)
    assert ours.method == "expanded percentile bootstrap over speakers"


def test_is_wider_than_one_over_utterances_when_speakers_differ() -> None:
    counts = by_speaker(12)
    cells = np.repeat(np.arange(9), counts.sum(axis=0).ravel())
    over_speakers = speaker_bootstrap(counts, uar, **SETTINGS)
    over_utterances = utterance_bootstrap(cells // 3, (cells % 3)[None], uar, **SETTINGS)
    assert over_speakers is not None
    assert over_utterances is not None
    assert over_speakers.high - over_speakers.low > 1.5 * (over_utterances.high - over_utterances.low)
    assert "speakers unknown" in over_utterances.method
    assert over_utterances.clusters == len(cells)


def test_the_interval_over_utterances_is_the_binomial_one() -> None:
    true = np.zeros(400, dtype=np.int64)
    predicted = (np.arange(400) < 100).astype(np.int64)[None]
    interval = utterance_bootstrap(true, predicted, accuracy, **SETTINGS)
    assert interval is not None
    half = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert interval.low == pytest.approx(0.75 - half, abs=0.005)
    assert interval.high == pytest.approx(0.75 + half, abs=0.005)


def test_seeds_share_each_draw_and_are_averaged() -> None:
    counts = by_speaker(8)
    one = speaker_bootstrap(counts, uar, **SETTINGS)
    assert speaker_bootstrap(np.stack([counts, counts]), uar, **SETTINGS) == one
    better = np.stack([counts, 10 * np.eye(3, dtype=np.int64) + 0 * counts])
    both = speaker_bootstrap(better, uar, **SETTINGS)
    assert one is not None
    assert both is not None
    assert both.low == pytest.approx((one.low + 1) / 2)


def test_seeds_are_averaged_over_utterances_too() -> None:
    random = np.random.default_rng(0)
    true, predicted = random.integers(0, 3, 200), random.integers(0, 3, (1, 200))
    one = utterance_bootstrap(true, predicted, uar, **SETTINGS)
    assert utterance_bootstrap(true, np.vstack([predicted, predicted]), uar, **SETTINGS) == one


def test_the_same_seed_gives_the_same_interval() -> None:
    counts = by_speaker(8)
    settings = {"replicates": 500, "level": 0.9}
    assert speaker_bootstrap(counts, uar, seed=1, **settings) == speaker_bootstrap(counts, uar, seed=1, **settings)
    assert speaker_bootstrap(counts, uar, seed=1, **settings) != speaker_bootstrap(counts, uar, seed=2, **settings)


def test_one_speaker_or_one_utterance_gives_no_interval() -> None:
    assert speaker_bootstrap(by_speaker(1), uar, **SETTINGS) is None
    assert utterance_bootstrap(np.array([0]), np.array([[1]]), uar, **SETTINGS) is None


@pytest.mark.parametrize("speakers", [91, 100])
def test_ten_thousand_draws_of_ten_thousand_predictions_are_quick(speakers: int) -> None:
    random = np.random.default_rng(0)
    true, predicted = random.integers(0, 8, 10_000), random.integers(0, 8, (1, 10_000))
    settings = {"replicates": 10_000, "level": 0.95, "seed": 0}
    start = time.process_time()
    counts = confusions(true, predicted, random.integers(0, speakers, 10_000), (speakers, 8))
    speaker_bootstrap(counts, uar, **settings)
    utterance_bootstrap(true, predicted, uar, **settings)
    assert time.process_time() - start < 2
