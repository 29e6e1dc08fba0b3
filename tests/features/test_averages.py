"""Averages over time beside the 162, against librosa."""

from __future__ import annotations

import functools
import warnings

import librosa
import numpy as np
import pytest

from ser.arrays import Float32
from ser.config import load
from ser.errors import ConfigError, DataError
from ser.features.base import Recipe

NAMES = ("mel_mean", "chroma", "spectral_contrast")


@functools.cache
def recipe(name: str, *overrides: str) -> Recipe:
    return load([f"features={name}", *overrides]).features


def close(ours: Float32, frames: np.ndarray, *moments: str) -> None:
    """Hold the figures that users compare: 1e-4 of the value, and 1e-5 of the values' spread."""
    expected = np.hstack([getattr(np, moment)(frames.astype(np.float64), axis=1) for moment in moments])
    np.testing.assert_allclose(ours[0], expected, rtol=1e-4, atol=1e-5 * float(expected.std()) + 1e-12)


def test_mel_mean_is_librosas(samples: Float32, rate_hz: int) -> None:
    mel = librosa.feature.melspectrogram(y=samples, sr=rate_hz)
    close(recipe("mel_mean").compute(samples, rate_hz), mel, "mean")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Empty filters")
        fewer = librosa.feature.melspectrogram(y=samples, sr=rate_hz, n_mels=40)
    close(recipe("mel_mean", "features.n_mels=40").compute(samples, rate_hz), fewer, "mean")


def test_chroma_is_librosas_and_that_of_the_functionals(samples: Float32, rate_hz: int) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Trying to estimate tuning")
        chroma = librosa.feature.chroma_stft(S=np.abs(librosa.stft(samples)), sr=rate_hz)
    ours = recipe("chroma").compute(samples, rate_hz)
    close(ours, chroma, "mean", "std")
    assert np.array_equal(ours[0, :12], recipe("functionals").compute(samples, rate_hz)[0, 1:13])


def test_spectral_contrast_is_librosas(samples: Float32, rate_hz: int) -> None:
    close(
        recipe("spectral_contrast").compute(samples, rate_hz),
        librosa.feature.spectral_contrast(y=samples, sr=rate_hz),
        "mean",
        "std",
    )


def test_a_tone_stands_out_in_its_band() -> None:
    time = np.arange(22_050) / 22_050
    hiss = 0.01 * np.random.default_rng(0).standard_normal(len(time))
    values = recipe("spectral_contrast").compute((hiss + np.sin(2 * np.pi * 1000 * time)).astype(np.float32), 22_050)
    names = recipe("spectral_contrast").names()
    assert names[int(np.argmax(values[0, :7]))] == "contrast_from_800_hz_db_mean"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("length", [1, 37, 2049])
def test_clips_of_any_length_give_one_finite_row_of_named_values(name: str, length: int) -> None:
    made = recipe(name)
    for clip in (np.zeros(length, np.float32), np.random.default_rng(0).standard_normal(length).astype(np.float32)):
        values = made.compute(clip, 16_000)
        assert values.dtype == np.float32
        assert values.shape == (1, len(set(made.names())))
        assert np.isfinite(values).all()


def test_a_band_beyond_half_the_rate_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"features\.sample_rate_hz: expected a rate above 12800 Hz"):
        recipe("spectral_contrast", "features.sample_rate_hz=12800")
    own_rate = recipe("spectral_contrast", "features.sample_rate_hz=null")
    with pytest.raises(DataError, match=r"but got '8000 Hz'. Set features.sample_rate_hz=22050"):
        own_rate.compute(np.zeros(8000, np.float32), 8000)


def test_no_band_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"features\.n_mels"):
        recipe("mel_mean", "features.n_mels=0")
