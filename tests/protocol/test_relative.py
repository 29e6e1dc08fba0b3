from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, rankdata
from sklearn.preprocessing import StandardScaler

from ser.arrays import Ragged, ragged
from ser.protocol.relative import by_group, relative

RANDOM = np.random.default_rng(0)
REFERENCE = (RANDOM.standard_normal((40, 3)) * [1, 100, 0.1] + [0, 5, 1]).astype(np.float32)
OTHERS = (RANDOM.standard_normal((15, 3)) * [1, 100, 0.1] + [0, 5, 1]).astype(np.float32)


def test_z_is_scikit_learns_scaler_fitted_on_the_reference() -> None:
    scaler = StandardScaler().fit(REFERENCE.astype(np.float64))
    for rows in (REFERENCE, OTHERS):
        found = relative("z", rows, REFERENCE)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, scaler.transform(rows.astype(np.float64)), atol=1e-5)


def test_a_value_that_does_not_vary_in_the_reference_tells_nothing() -> None:
    reference = np.column_stack([REFERENCE[:, 0], np.full(40, 0.1, np.float32)])
    rows = np.array([[0.5, 7000.0]], np.float32)
    assert relative("z", rows, reference)[0, 1] == 0
    assert relative("mean", rows, reference)[0, 1] == pytest.approx(6999.9)


def test_the_mean_alone_keeps_the_units() -> None:
    found = relative("mean", OTHERS, REFERENCE)
    np.testing.assert_allclose(found, OTHERS - REFERENCE.mean(axis=0, dtype=np.float64), rtol=1e-5)
    assert found.dtype == np.float32


def test_rank_gauss_of_the_reference_gives_ties_their_mean_rank() -> None:
    rows = REFERENCE.round(0)
    assert len(np.unique(rows[:, 0])) < 10, "ties are what this is about"
    expected = norm.ppf((rankdata(rows, axis=0) - 0.5) / len(rows))
    np.testing.assert_allclose(relative("rank_gauss", rows, rows), expected, atol=1e-5)


def test_rank_gauss_of_other_clips_stays_within_the_ranks_of_the_reference_and_in_order() -> None:
    rows = np.linspace(-1e6, 1e6, 101, dtype=np.float32)[:, None].repeat(3, axis=1)
    found = relative("rank_gauss", rows, REFERENCE)
    assert (np.diff(found, axis=0) >= 0).all()
    np.testing.assert_allclose([found.min(), found.max()], norm.ppf([0.5 / 40, 1 - 0.5 / 40]), rtol=1e-6)


@pytest.mark.parametrize("shape", ["z", "rank_gauss"])
def test_a_louder_speaker_looks_like_any_other(shape: str) -> None:
    louder = REFERENCE * 2 + 3
    np.testing.assert_allclose(relative(shape, louder, louder), relative(shape, REFERENCE, REFERENCE), atol=1e-4)


@pytest.mark.parametrize("shape", ["z", "mean", "rank_gauss"])
def test_every_clip_is_normalised_by_the_frames_of_its_own_group(shape: str) -> None:
    clips = [RANDOM.standard_normal((length, 3)).astype(np.float32) for length in (4, 1, 7, 2, 5)]
    groups = np.array([1, 0, 1, 1, 0])
    references = [REFERENCE, OTHERS]
    features = ragged(clips, "sequence")
    found = by_group(features, groups, references.__getitem__, shape)
    assert (found.kind, found.offsets.tolist()) == ("sequence", features.offsets.tolist())
    for clip, group, rows in zip(found, groups, clips, strict=True):
        np.testing.assert_array_equal(clip, relative(shape, rows, references[group]))


def test_no_clips_need_no_reference() -> None:
    nothing = Ragged(values=np.empty((0, 3), np.float32), offsets=np.zeros(1, np.int64), kind="vector")
    assert len(by_group(nothing, np.empty(0, np.int64), [].__getitem__, "z")) == 0
