"""The modulation spectrum: how fast the level of each mel band rises and falls, and which bands move together."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import scipy.fft

from ser.arrays import Float64
from ser.features.base import demand, numbered
from ser.features.clip import HOP_S, Clip
from ser.features.descriptor_set import DescriptorSet
from ser.features.spectral import mel_bank

# Half the rate of the frames is 50 Hz.
_LOWEST_HZ, _HIGHEST_HZ = 0.5, 50.0
_LONGEST_FRAMES = 1024
_POWER_FLOOR = 1e-10
# Of the level's power in a modulation band: what rounding leaves of a constant level.
_FLOOR = 1e-4


@dataclass(frozen=True, kw_only=True)
class Modulation(DescriptorSet):
    """Log power of the level's movements, by mel band and modulation band, and correlations of the bands.

    Attributes:
        n_mels: bands of the spectrum, from 20 Hz to 8 kHz.
        n_rates: bands of the modulation, from 0.5 to 50 Hz, of equal width in octaves.
    """

    n_mels: int
    n_rates: int

    def __post_init__(self) -> None:
        super().__post_init__()
        demand(2 <= self.n_mels <= 64, "2 to 64 bands", self.n_mels, "features.n_mels")
        demand(2 <= self.n_rates <= 20, "2 to 20 bands", self.n_rates, "features.n_rates")

    def names(self) -> list[str]:
        """Name the values: natural logarithms of power, then correlations, -1 to 1."""
        bands = numbered("mel", self.n_mels)
        rates = numbered("rate", self.n_rates)
        pairs = [(i, j) for i in range(self.n_mels) for j in range(i + 1, self.n_mels)]
        return [
            *(f"modulation_{band}_{rate}" for band in bands for rate in rates),
            *(f"correlation_{bands[i]}_{bands[j]}" for i, j in pairs),
        ]

    def describe(self, clip: Clip) -> Float64:
        """Describe a clip, float64 of shape [width]."""
        bank = mel_bank(clip.sample_rate_hz, clip.n_fft, self.n_mels, 20.0, min(8000.0, clip.sample_rate_hz / 2))
        level = np.log(clip.power @ bank + np.float32(_POWER_FLOOR)).astype(np.float64)
        level -= level.mean(axis=0)
        length = np.sqrt(np.square(level).sum(axis=0))
        unit = level / np.maximum(length, 1e-9)
        correlation = unit.T @ unit
        spectrum = scipy.fft.rfft(level, n=max(_LONGEST_FRAMES, scipy.fft.next_fast_len(len(level))), axis=0)
        power = (spectrum.real**2 + spectrum.imag**2) / len(level)
        rates = np.log(modulation_bank(len(power), self.n_rates).T @ power + _FLOOR)
        return np.concatenate([rates.T.ravel(), correlation[np.triu_indices(self.n_mels, 1)]])


@functools.lru_cache(maxsize=64)
def modulation_bank(n_bins: int, n_rates: int) -> Float64:
    """Average of the bins of each modulation band.

    Args:
        n_bins: bins of the spectrum of the level, from 0 to 50 Hz.
        n_rates: bands.

    Returns:
        float64 of shape [bins, bands]; each column sums to 1.
    """
    hz = np.linspace(0, 0.5 / HOP_S, n_bins)
    edges = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, n_rates + 1)
    inside = (hz[:, None] >= edges[:-1]) & (hz[:, None] < edges[1:])
    weights: Float64 = inside / inside.sum(axis=0)
    weights.setflags(write=False)
    return weights
