from __future__ import annotations

import librosa
import numpy as np
import pytest
import scipy.stats

from ser.features import functionals

HOP_S = 0.01


def test_rich_statistics_are_those_of_scipy_and_numpy() -> None:
    contours = np.random.default_rng(0).gamma(2.0, size=(57, 3)) + np.array([0.0, 5.0, 50.0])
    found = functionals.rich(contours, HOP_S)
    time = np.arange(57) * HOP_S
    for row, contour in zip(found, contours.T, strict=True):
        moments = [contour.mean(), contour.std(), scipy.stats.skew(contour), scipy.stats.kurtosis(contour)]
        slope = scipy.stats.linregress(time, contour).slope
        expected = [*moments, slope, *np.percentile(contour, functionals.PERCENTILES)]
        np.testing.assert_allclose(row, expected, rtol=1e-9)


def test_brief_statistics_are_those_of_numpy() -> None:
    contour = np.random.default_rng(1).standard_normal(40)
    found = dict(zip(functionals.BRIEF, functionals.brief(contour[:, None], HOP_S)[0], strict=True))
    assert found["p25"] == pytest.approx(np.percentile(contour, 25))
    assert found["range"] == pytest.approx(np.percentile(contour, 95) - np.percentile(contour, 5))
    assert found["delta"] == pytest.approx(np.abs(np.diff(contour)).mean())
    assert found["slope"] == pytest.approx(np.polyfit(np.arange(40) * HOP_S, contour, 1)[0])


def test_one_frame_and_a_flat_contour_have_no_spread() -> None:
    for contours in (np.full((1, 1), 7.0), np.full((30, 1), 7.0)):
        rich = functionals.rich(contours, HOP_S)[0]
        brief = functionals.brief(contours, HOP_S)[0]
        assert rich.tolist() == [7.0, 0, 0, 0, 0] + [7.0] * len(functionals.PERCENTILES)
        assert brief.tolist() == [7.0, 0, 0, 7.0, 7.0, 7.0, 7.0, 7.0, 0, 0]


def test_deltas_are_librosas_with_the_ends_continued() -> None:
    contours = np.random.default_rng(2).standard_normal((20, 4))
    expected = librosa.feature.delta(contours, width=5, axis=0, mode="nearest")
    np.testing.assert_allclose(functionals.deltas(contours), expected, atol=1e-12)
