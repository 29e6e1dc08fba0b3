from __future__ import annotations

import io

import matplotlib as mpl
import matplotlib.image
import numpy as np
import pytest

from ser.explore import pictures
from ser.explore.examples import RATE_HZ


def tone(frequency_hz: float, seconds: float, amplitude: float = 0.5) -> np.ndarray:
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32)


def test_recordings_shown_together_share_their_axes_and_colours() -> None:
    clips = [tone(200, 1.0, 0.1), tone(300, 2.0, 0.8)]
    shared = pictures.scales(clips)
    assert (shared.duration_s, shared.amplitude) == pytest.approx((2.0, 0.8), abs=1e-3)
    drawn = [pictures.picture(clip, shared).axes for clip in clips]
    for one, other in zip(*drawn, strict=True):
        assert one.get_xlim() == other.get_xlim() == (0, 2)
    for panel in (1, 2):
        limits = {axes[panel].images[0].get_clim() for axes in drawn}
        assert len(limits) == 1
    assert drawn[0][0].get_ylim() == drawn[1][0].get_ylim()
    # The shorter one ends where it ends.
    assert drawn[0][1].images[0].get_extent()[1] == pytest.approx(1.0)


def test_the_spectrogram_is_bright_at_the_frequency_of_a_tone() -> None:
    clip = tone(2000, 1.0)
    bands = pictures.picture(clip, pictures.scales([clip])).axes[1]
    values, (_, _, low, high) = bands.images[0].get_array(), bands.images[0].get_extent()
    loudest = low + (values.mean(axis=1).argmax() + 0.5) / len(values) * (high - low)
    labels = {label.get_text(): place for label, place in zip(bands.get_yticklabels(), bands.get_yticks(), strict=True)}
    assert loudest == pytest.approx(labels["2"], abs=0.5)


def test_mfccs_are_shown_against_their_mean_over_all_recordings() -> None:
    clips = [tone(200, 1.0), tone(3000, 1.0)]
    shared = pictures.scales(clips)
    values = np.hstack([pictures.picture(clip, shared).axes[2].images[0].get_array() for clip in clips])
    np.testing.assert_allclose(values.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(values.std(axis=1), 1, atol=1e-4)


@pytest.mark.parametrize("samples", [1, 7, 599, 600, 601, 50_000])
def test_the_envelope_keeps_the_extremes(samples: int) -> None:
    clip = np.random.default_rng(samples).standard_normal(samples).astype(np.float32)
    starts, low, high = pictures.envelope(clip)
    assert len(starts) == min(600, samples)
    assert (low.min(), high.max()) == (clip.min(), clip.max())
    assert (low <= high).all()


def test_the_same_recording_gives_the_same_transparent_picture_and_pyplot_is_left_alone() -> None:
    backend = mpl.rcParams["backend"]
    clip = np.zeros(100, np.float32)
    shared = pictures.scales([clip])
    first, again = (pictures.png(pictures.picture(clip, shared)) for _ in range(2))
    assert first == again
    pixels = matplotlib.image.imread(io.BytesIO(first))
    assert pixels[0, -1, 3] == 0
    assert mpl.rcParams["backend"] == backend
