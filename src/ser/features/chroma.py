"""Chroma: the energy of the twelve pitch classes, by librosa's definition.

The reference pitch is estimated from each clip. That estimate is the fullest of 100 bins, so it jumps when rounding
moves one peak across an edge; single and double precision are therefore mixed here exactly as librosa mixes them.
"""

from __future__ import annotations

import functools

import numpy as np

from ser.arrays import Float32
from ser.features import kernels

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

_A0_HZ = 440 / 16
_PEAK_RANGE_HZ = (150.0, 4000.0)
# A peak counts when it exceeds this share of its frame's maximum.
_PEAK_SHARE = np.float32(0.1)
# Hundredths of a semitone.
_EDGES = np.linspace(-0.5, 0.5, 101)
# Weight of the octaves: a Gaussian around 5 octaves above A0, 2 octaves wide (Ellis, 2007).
_CENTRE_OCTAVE, _OCTAVE_WIDTH = 5.0, 2.0


def chroma(magnitude: Float32, sample_rate_hz: int) -> Float32:
    """Energy of each pitch class, each frame scaled to a largest value of 1 (`librosa.feature.chroma_stft`).

    Args:
        magnitude: float32 of shape [frames, bins]. The magnitude spectrum gives what the common 162-value recipe has;
            librosa's own default would be its square.
        sample_rate_hz: rate of the signal.

    Returns:
        float32 of shape [frames, 12], 0 to 1, from C; all zero in a silent frame.
    """
    n_fft = 2 * (magnitude.shape[1] - 1)
    energy: Float32 = magnitude @ chroma_bank(sample_rate_hz, n_fft, estimate_tuning(magnitude, sample_rate_hz))
    peak: Float32 = energy.max(axis=1, keepdims=True)
    peak[peak < np.finfo(np.float32).tiny] = 1
    energy /= peak
    return energy


# 100 tunings for each rate in use.
@functools.lru_cache(maxsize=400)
def chroma_bank(sample_rate_hz: int, n_fft: int, tuning: float) -> Float32:
    """Weight of each bin in each pitch class (`librosa.filters.chroma`; Ellis, "Chroma feature analysis", 2007).

    Args:
        sample_rate_hz: rate of the signal.
        n_fft: length of the transform.
        tuning: deviation from A = 440 Hz, in semitones.

    Returns:
        float32 of shape [1 + n_fft // 2, 12]; read-only, because it is shared.
    """
    frequency_hz = np.arange(1, 2 + n_fft // 2) * (sample_rate_hz / n_fft)
    semitone = 12 * np.log2(frequency_hz / (_A0_HZ * 2 ** (tuning / 12)))
    # Bin 0 has no logarithm: it is put an octave and a half below the first bin.
    semitone = np.concatenate([[semitone[0] - 18], semitone])
    width = np.maximum(np.diff(semitone), 1)[:, None]
    semitone = semitone[:-1, None]
    distance = np.remainder(semitone - np.arange(12) + 6, 12) - 6
    weight = np.exp(-2 * (distance / width) ** 2)
    weight /= np.linalg.norm(weight, axis=1, keepdims=True)
    weight *= np.exp(-0.5 * ((semitone / 12 - _CENTRE_OCTAVE) / _OCTAVE_WIDTH) ** 2)
    # Counted from A so far.
    bank = np.roll(weight, -3, axis=1).astype(np.float32)
    bank.setflags(write=False)
    return bank


def estimate_tuning(magnitude: Float32, sample_rate_hz: int) -> float:
    """Estimate how far a clip's pitches lie from the tempered scale at A = 440 Hz (`librosa.estimate_tuning`).

    Spectral peaks from 150 to 4000 Hz are interpolated by a parabola (Smith and Serra, 1987); the louder half votes in
    a histogram of deviations in hundredths of a semitone.

    Args:
        magnitude: float32 of shape [frames, bins].
        sample_rate_hz: rate of the signal.

    Returns:
        Lower edge of the fullest bin, -0.5 to 0.49 semitones; 0 for a clip without peaks.
    """
    pitch_hz, height = _peaks(magnitude, sample_rate_hz)
    if not len(pitch_hz):
        return 0.0
    semitone = 12 * np.log2(pitch_hz / np.float32(_A0_HZ))
    return float(_EDGES[kernels.vote(semitone, height, _median(height), _EDGES)])


def _median(values: Float32) -> np.float32:
    """Median in single precision, as numpy computes it, without its care for NaN."""
    middle = len(values) // 2
    if len(values) % 2:
        odd: np.float32 = np.partition(values, middle)[middle]
        return odd
    parted = np.partition(values, [middle - 1, middle])
    even: np.float32 = (parted[middle - 1] + parted[middle]) / np.float32(2)
    return even


def _peaks(magnitude: Float32, sample_rate_hz: int) -> tuple[Float32, Float32]:
    """Find the spectral peaks of all frames (`librosa.piptrack`). Returns frequencies in Hz and heights, [peaks]."""
    bins = magnitude.shape[1]
    n_fft = 2 * (bins - 1)
    bins_hz = np.arange(bins) * (sample_rate_hz / n_fft)
    first, end = np.searchsorted(bins_hz, [_PEAK_RANGE_HZ[0], min(_PEAK_RANGE_HZ[1], sample_rate_hz / 2)])
    floor = _PEAK_SHARE * magnitude.max(axis=1)
    # No two neighbours are both peaks.
    peaks = np.empty((2, len(magnitude) * (end - first + 1) // 2), np.float32)
    count = kernels.find_peaks(magnitude, floor, (int(first), int(end)), (n_fft, sample_rate_hz), peaks)
    return peaks[0, :count], peaks[1, :count]
