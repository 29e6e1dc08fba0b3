from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from ser.arrays import Float32
from ser.audio.stft import stft
from ser.features import batched_spectral, chroma, spectral

EDGES = torch.tensor(batched_spectral.TUNING_EDGES, dtype=torch.float64)


def tunings(magnitude: Tensor, rate_hz: int) -> list[float]:
    return [float(EDGES[place]) for place in batched_spectral.estimate_tuning(magnitude, rate_hz, EDGES)]


def harmonics(f0_hz: float, rate_hz: int) -> Float32:
    time = np.arange(rate_hz // 2) / rate_hz
    tone = sum(np.sin(2 * np.pi * f0_hz * harmonic * time) / harmonic for harmonic in range(1, 15))
    noise = np.random.default_rng(round(f0_hz)).standard_normal(len(time))
    made: Float32 = (0.1 * tone + 0.001 * noise).astype(np.float32)
    return made


@pytest.mark.parametrize("rate_hz", [4000, 16_000, 22_050, 44_100])
def test_tuning_is_that_of_each_clip_alone(rate_hz: int) -> None:
    clips = [np.abs(stft(harmonics(f0_hz, rate_hz))) for f0_hz in np.linspace(95, 190, 12)]
    expected = [chroma.estimate_tuning(magnitude, rate_hz) for magnitude in clips]
    assert tunings(torch.from_numpy(np.stack(clips)), rate_hz) == expected
    assert len(set(expected)) > 4


def peaks_at(*bins: int) -> Float32:
    magnitude = np.full((3, 1025), 1e-3, np.float32)
    magnitude[:, bins] = 1
    return magnitude


def test_of_equally_full_bins_the_first_is_taken() -> None:
    for bins in ((40, 53), (53, 40, 61), (40, 41), (41, 42, 44)):
        magnitude = peaks_at(*bins)
        assert tunings(torch.from_numpy(magnitude)[None], 16_000) == [chroma.estimate_tuning(magnitude, 16_000)]


def test_without_peaks_the_tuning_is_zero() -> None:
    batch = np.stack([np.zeros((3, 1025), np.float32), peaks_at(900), peaks_at(45)])
    assert tunings(torch.from_numpy(batch), 16_000) == [0.0, 0.0, chroma.estimate_tuning(batch[2], 16_000)]
    assert chroma.estimate_tuning(batch[1], 16_000) == 0.0


@pytest.mark.parametrize("length", [1, 511, 512, 1024, 2049, 5000])
def test_crossings_and_energy_end_with_the_clip(length: int) -> None:
    samples = np.random.default_rng(length).standard_normal(length).astype(np.float32)
    samples[-1] = -1
    batch = torch.zeros(1, 6000)
    batch[0, :length] = torch.from_numpy(samples)
    frames = 1 + length // 512
    rate = batched_spectral.zero_crossing_rate(batch, torch.tensor([length]))[0, :frames, 0]
    np.testing.assert_array_equal(rate.numpy(), spectral.zero_crossing_rate(samples))
    root = batched_spectral.rms(batch)[0, :frames, 0]
    np.testing.assert_allclose(root.numpy(), spectral.rms(samples), rtol=1e-6)
