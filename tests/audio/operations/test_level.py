from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.signal

from ser.arrays import Float32
from ser.audio.noise import coloured
from ser.audio.operations.base import Operation
from ser.audio.operations.level import Gain, Noise, SnrNoise
from ser.errors import ConfigError


def copies(operation: Operation, clip: Float32, count: int) -> list[Float32]:
    rng = np.random.default_rng(0)
    return [operation.apply(clip, 16_000, rng) for _ in range(count)]


def test_noise_is_gaussian_and_at_most_its_share_of_the_peak() -> None:
    clip = np.full(4000, -0.5, np.float32)
    added = np.stack(copies(Noise(amplitude=0.035), clip, 200)) - clip
    deviation = added.std(axis=1)
    assert deviation.max() < 0.035 * 0.5 * 1.05
    assert deviation.mean() == pytest.approx(0.035 * 0.5 / 2, rel=0.15)
    kurtosis = np.mean((added / deviation[:, None]) ** 4)
    assert kurtosis == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize("colour", ["white", "pink", "brown"])
@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 20.0])
def test_the_ratio_measured_is_the_one_asked_for(voiced: Float32, snr_db: float, colour: str) -> None:
    (noisy,) = copies(SnrNoise(low_db=snr_db, high_db=snr_db, colour=colour), voiced, 1)
    clip, noise = voiced.astype(np.float64), noisy.astype(np.float64) - voiced
    assert 10 * np.log10(np.sum(clip**2) / np.sum(noise**2)) == pytest.approx(snr_db, abs=0.001)


def test_ratios_are_uniform_between_their_ends(voiced: Float32) -> None:
    noises = np.stack(copies(SnrNoise(low_db=0.0, high_db=10.0, colour="white"), voiced, 300)) - voiced
    found = 10 * np.log10(np.sum(voiced**2) / np.sum(noises**2, axis=1))
    assert found.min() > -0.01
    assert found.max() < 10.01
    assert np.quantile(found, [0.25, 0.5, 0.75]) == pytest.approx([2.5, 5, 7.5], abs=0.8)


@pytest.mark.parametrize(("colour", "per_octave_db"), [("white", 0.0), ("pink", -3.01), ("brown", -6.02)])
def test_a_colour_falls_by_its_decibels_an_octave(colour: str, per_octave_db: float) -> None:
    noise = coloured(np.random.default_rng(0), 2_000_000, 16_000, colour)
    frequencies, power = scipy.signal.welch(noise, 16_000, nperseg=4096)
    octaves = [power[(frequencies >= low) & (frequencies < low * 1.1)].mean() for low in 100 * 2.0 ** np.arange(6)]
    slopes = np.diff(10 * np.log10(octaves))
    assert slopes == pytest.approx(np.full(5, per_octave_db), abs=0.5)


def test_coloured_noise_is_gaussian() -> None:
    noise = coloured(np.random.default_rng(0), 200_000, 16_000, "pink")
    assert np.mean(noise**4) / np.mean(noise**2) ** 2 == pytest.approx(3, abs=0.1)


def test_gain_is_uniform_in_decibels() -> None:
    clip = np.array([0.1, -0.05], np.float32)
    found = 20 * np.log10(np.stack(copies(Gain(low_db=-20.0, high_db=10.0), clip, 400))[:, 0] / 0.1)
    assert found.min() > -20.01
    assert found.max() < 10.01
    assert np.quantile(found, [0.25, 0.5, 0.75]) == pytest.approx([-12.5, -5, 2.5], abs=2)


def test_gain_stops_at_full_scale_and_clips_nothing() -> None:
    clip = np.array([0.2, -0.8, 0.4], np.float32)
    np.testing.assert_allclose(copies(Gain(low_db=12.0, high_db=12.0), clip, 1)[0], clip / 0.8, rtol=1e-6)
    beyond = np.array([0.5, 1.5], np.float32)
    np.testing.assert_array_equal(copies(Gain(low_db=12.0, high_db=12.0), beyond, 1)[0], beyond)


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: Noise(amplitude=0.0), "noise.amplitude"),
        (lambda: SnrNoise(low_db=20.0, high_db=10.0, colour="white"), "snr_noise.low_db"),
        (lambda: SnrNoise(low_db=0.0, high_db=10.0, colour="pnk"), "snr_noise.colour"),
        (lambda: Gain(low_db=-100.0, high_db=0.0), "gain.low_db"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_key(make: Callable[[], object], where: str) -> None:
    with pytest.raises(ConfigError) as error:
        make()
    assert error.value.where == f"augment.operations.{where}"
