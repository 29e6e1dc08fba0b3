"""Spectral contrast: how far the peaks of an octave stand above its valleys, by librosa's definition.

D.-N. Jiang et al., "Music type classification by spectral contrast feature", ICME 2002.
"""

from __future__ import annotations

import functools

import numpy as np

from ser.arrays import Float32
from ser.features.spectral import power_to_db

EDGES_HZ = (0, 200, 400, 800, 1600, 3200, 6400)
"""Lower edges of the bands; the last reaches to half the rate."""

# Peaks and valleys are means over this share of a band's bins, at least one.
_QUANTILE = 0.02


def spectral_contrast(magnitude: Float32, sample_rate_hz: int) -> Float32:
    """Set the loudest bins of each band over its faintest (`librosa.feature.spectral_contrast`).

    Args:
        magnitude: float32 of shape [frames, bins].
        sample_rate_hz: rate of the signal, above twice the last of `EDGES_HZ`.

    Returns:
        float32 of shape [frames, 7], in librosa's decibels: ten times the logarithm of a magnitude.
    """
    valley, peak = np.empty((2, len(magnitude), len(EDGES_HZ)), np.float32)
    bands = _bands(sample_rate_hz, 2 * (magnitude.shape[1] - 1))
    for band, (first, end, count) in enumerate(bands):
        ordered = np.partition(magnitude[:, first:end], [count - 1, end - first - count], axis=1)
        valley[:, band] = ordered[:, :count].mean(axis=1)
        peak[:, band] = ordered[:, -count:].mean(axis=1)
    contrast: Float32 = power_to_db(peak) - power_to_db(valley)
    return contrast


@functools.cache
def _bands(sample_rate_hz: int, n_fft: int) -> list[tuple[int, int, int]]:
    """Give each band's first bin, the first beyond, and how many bins are a peak.

    librosa's bands begin one bin below their lower edge, but for the first, and leave out their last bin, but for the
    last; what is a peak is counted before that bin is left out.
    """
    hz = np.arange(1 + n_fft // 2) * (sample_rate_hz / n_fft)
    bands = []
    last = len(EDGES_HZ) - 1
    for band, low in enumerate(EDGES_HZ):
        first = int(np.searchsorted(hz, low)) - (band > 0)
        beyond = len(hz) if band == last else int(np.searchsorted(hz, EDGES_HZ[band + 1], side="right"))
        bands.append((first, beyond - (band < last), max(1, round(_QUANTILE * (beyond - first)))))
    return bands
