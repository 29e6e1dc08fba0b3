from __future__ import annotations

import warnings

import librosa
import numpy as np
import pytest

from ser.arrays import Float32
from ser.audio.stft import stft
from ser.features.chroma import PITCH_CLASSES, chroma, chroma_bank, estimate_tuning


def quietly_librosas(magnitude: Float32, rate_hz: int) -> tuple[float, Float32]:
    """librosa's tuning and chroma of a magnitude spectrum; it warns of clips without peaks."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Trying to estimate tuning")
        tuning = librosa.estimate_tuning(S=magnitude.T, sr=rate_hz)
        return float(tuning), librosa.feature.chroma_stft(S=magnitude.T, sr=rate_hz)


def test_tuning_and_chroma_are_librosas(samples: Float32, rate_hz: int) -> None:
    magnitude = np.abs(stft(samples))
    tuning, expected = quietly_librosas(magnitude, rate_hz)
    assert estimate_tuning(magnitude, rate_hz) == tuning
    ours = chroma(magnitude, rate_hz)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, expected.T, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("cents", [-40, -13, 0, 21, 49])
def test_tuning_of_a_detuned_chord_is_heard(cents: int) -> None:
    time = np.arange(44_100) / 22_050
    chord = sum(np.sin(2 * np.pi * 440 * 2 ** ((step + cents / 100) / 12) * time) for step in (0, 4, 7, 12))
    magnitude = np.abs(stft(np.asarray(chord, np.float32)))
    assert estimate_tuning(magnitude, 22_050) == pytest.approx(cents / 100, abs=0.03)


def test_a_tone_lights_its_pitch_class() -> None:
    tone = np.sin(2 * np.pi * 440 * 2 ** (3 / 12) * np.arange(22_050) / 22_050).astype(np.float32)
    energy = chroma(np.abs(stft(tone)), 22_050)[20]
    assert PITCH_CLASSES[int(np.argmax(energy))] == "C"
    assert energy.max() == 1


def test_silence_has_no_chroma_and_no_tuning() -> None:
    silent = np.zeros((10, 1025), np.float32)
    assert estimate_tuning(silent, 22_050) == 0
    assert not chroma(silent, 22_050).any()


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050])
@pytest.mark.parametrize("tuning", [-0.5, 0.0, 0.37])
def test_bank_is_librosas(rate: int, tuning: float) -> None:
    expected = librosa.filters.chroma(sr=rate, n_fft=2048, tuning=tuning)
    np.testing.assert_allclose(chroma_bank(rate, 2048, tuning), expected.T, rtol=1e-5, atol=1e-7)
