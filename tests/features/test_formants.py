from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import soxr

from features.voices import RATE_HZ, noise, vowel
from ser.features.formants import formants, predictor

HOP_S = 0.01

VOWELS = {
    "a": [730.0, 1090.0, 2440.0, 3500.0, 4500.0],
    "i": [270.0, 2290.0, 3010.0, 3700.0, 4600.0],
    "u": [300.0, 870.0, 2240.0, 3400.0, 4400.0],
}
"""Men's vowels after Peterson and Barney, 1952; the fourth and fifth formant assumed."""


@pytest.mark.parametrize("name", VOWELS)
@pytest.mark.parametrize("f0_hz", [90.0, 125.0])
def test_the_resonances_of_a_vowel_are_found(name: str, f0_hz: float) -> None:
    signal = vowel(f0_hz, VOWELS[name], 80.0, 0.5)
    found = formants(signal, RATE_HZ, HOP_S, np.ones(1 + len(signal) // 160, bool))
    middle = np.median(found.frequency_hz[8:-8], axis=0)
    # Harmonics pull a formant towards themselves by a fraction of their spacing.
    np.testing.assert_allclose(middle, VOWELS[name][:4], rtol=0.02, atol=0.2 * f0_hz)
    assert (np.median(found.bandwidth_hz[8:-8], axis=0) < 450).all()


def test_only_the_wanted_frames_are_given_in_order() -> None:
    signal = np.concatenate([vowel(100.0, VOWELS["a"], 80.0, 0.4), vowel(100.0, VOWELS["i"], 80.0, 0.4)])
    wanted = np.zeros(1 + len(signal) // 160, bool)
    wanted[[20, 60]] = True
    found = formants(signal, RATE_HZ, HOP_S, wanted)
    assert found.frequency_hz.shape == (2, 4)
    assert found.frequency_hz[0, 0] > 600
    assert found.frequency_hz[1, 0] < 400


def test_the_rate_hardly_matters() -> None:
    signal = vowel(100.0, VOWELS["a"], 80.0, 0.5)
    wanted = np.ones(1 + len(signal) // 160, bool)
    reference = formants(signal, RATE_HZ, HOP_S, wanted).frequency_hz[8:-8]
    fast = formants(np.asarray(soxr.resample(signal, RATE_HZ, 44_100)), 44_100, HOP_S, wanted).frequency_hz[8:-8]
    np.testing.assert_allclose(np.median(fast, axis=0), np.median(reference, axis=0), rtol=0.02)


def test_the_predictor_solves_the_normal_equations() -> None:
    frames = np.random.default_rng(0).standard_normal((3, 400)).cumsum(axis=1)
    for fitted, frame in zip(predictor(frames), frames, strict=True):
        lags = np.array([frame[: 400 - lag] @ frame[lag:] for lag in range(11)])
        lags[0] *= 1 + 1e-6
        np.testing.assert_allclose(fitted[1:], scipy.linalg.solve_toeplitz(lags[:10], -lags[1:]), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("rate_hz", [8000, 16_000])
def test_noise_silence_and_a_single_sample_give_finite_values(rate_hz: int) -> None:
    for signal in (noise(0.2), np.zeros(3200, np.float32), np.ones(1, np.float32)):
        found = formants(signal, rate_hz, HOP_S, np.ones(1 + len(signal) // (rate_hz // 100), bool))
        assert np.isfinite(found.frequency_hz).all()
        assert ((found.bandwidth_hz >= 0) & (found.bandwidth_hz <= 1000)).all()
        assert (found.frequency_hz < 5500).all()
