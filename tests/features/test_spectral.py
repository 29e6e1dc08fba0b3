from __future__ import annotations

import warnings

import librosa
import numpy as np
import pytest

from ser.arrays import Float32
from ser.audio.stft import stft
from ser.features import spectral


def close(ours: Float32, reference: Float32) -> None:
    """Compare one clip's frames with librosa's: 1e-4 of the value, and 1e-5 of the values' spread."""
    assert ours.dtype == np.float32
    assert np.isfinite(ours).all()
    np.testing.assert_allclose(ours, reference.T, rtol=1e-4, atol=1e-5 * float(reference.std()) + 1e-12)


def test_zero_crossing_rate_is_librosas(samples: Float32) -> None:
    close(spectral.zero_crossing_rate(samples), librosa.feature.zero_crossing_rate(samples)[0])


def test_crossing_through_samples_that_are_nearly_zero_counts_once() -> None:
    clip = np.tile(np.float32([0.5, 1e-12, -1e-12, -0.5, 0.0, 1e-11]), 700)
    close(spectral.zero_crossing_rate(clip), librosa.feature.zero_crossing_rate(clip)[0])


def test_rms_is_librosas(samples: Float32) -> None:
    close(spectral.rms(samples), librosa.feature.rms(y=samples)[0])


@pytest.mark.parametrize(
    ("rate", "n_fft", "n_mels", "fmin", "fmax"),
    [(16_000, 2048, 128, 0.0, None), (22_050, 2048, 128, 0.0, None), (16_000, 512, 64, 50.0, 7600.0)],
)
def test_mel_bank_is_librosas(rate: int, n_fft: int, n_mels: int, fmin: float, fmax: float | None) -> None:
    reference = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax)
    ours = spectral.mel_bank(rate, n_fft, n_mels, fmin, fmax)
    np.testing.assert_allclose(ours, reference.T, rtol=1e-5, atol=1e-9)


def test_mel_bank_keeps_filters_that_no_bin_falls_into() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        reference = librosa.filters.mel(sr=48_000, n_fft=256, n_mels=128)
    ours = spectral.mel_bank(48_000, 256, 128, 0.0, None)
    np.testing.assert_allclose(ours, reference.T, rtol=1e-5, atol=1e-9)
    assert (ours.max(axis=0) == 0).any()


def test_shared_tables_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        spectral.mel_bank(16_000, 512, 64, 0.0, None)[0, 0] = 1


def test_mel_scale_is_librosas() -> None:
    frequencies = np.linspace(0, 20_000, 500)
    np.testing.assert_allclose(spectral.hz_to_mel(frequencies), librosa.hz_to_mel(frequencies), rtol=1e-12)
    np.testing.assert_allclose(spectral.mel_to_hz(spectral.hz_to_mel(frequencies)), frequencies, rtol=1e-9, atol=1e-9)


def test_decibels_are_librosas() -> None:
    power = np.random.default_rng(0).uniform(0, 3, (40, 128)).astype(np.float32) ** 12
    np.testing.assert_allclose(spectral.power_to_db(power), librosa.power_to_db(power), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("n_mfcc", [13, 20, 40])
def test_mfcc_is_librosas(samples: Float32, rate_hz: int, n_mfcc: int) -> None:
    bank = spectral.mel_bank(rate_hz, 2048, 128, 0.0, None)
    ours = spectral.mfcc(np.abs(stft(samples)) ** 2 @ bank, n_mfcc)
    close(ours, librosa.feature.mfcc(y=samples, sr=rate_hz, n_mfcc=n_mfcc))
