"""Frame-level features of one clip, by librosa's definitions and defaults.

Frames lie along the first axis throughout. Every function takes what it needs of one shared transform
(:func:`ser.audio.stft.stft`), so that a recipe transforms a clip once.
"""

from __future__ import annotations

import functools
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ser.arrays import Float32, Float64, Int64
from ser.audio.stft import HOP, N_FFT
from ser.features import kernels

Scalar = TypeVar("Scalar", np.int64, np.float32)

# Below this a sample counts as zero when crossings are counted, as in librosa.
_ZERO = np.float32(1e-10)
# Hops in half a frame.
_SIDE = N_FFT // 2 // HOP


def zero_crossing_rate(samples: Float32) -> Float32:
    """Share of the steps from one sample to the next, within each centred frame, at which the sign changes.

    The signal is continued beyond its ends by its first and last sample, as `librosa.feature.zero_crossing_rate` does.

    Args:
        samples: float32 of shape [samples].

    Returns:
        float32 of shape [frames], 0 to 1.

    Example:
        >>> zero_crossing_rate(np.tile(np.float32([1, -1]), 2048))[4].item()
        0.99951171875
    """
    frames = 1 + len(samples) // HOP
    # Half a frame on either side of the clip has no crossings.
    inside, at_start = np.zeros((2, frames + 2 * _SIDE), np.int64)
    kernels.crossings(samples, _ZERO, HOP, inside[_SIDE:], at_start[_SIDE:])
    # A frame has no step into its own first sample.
    rate: Float32 = ((_sums(inside) - at_start[:frames]) / N_FFT).astype(np.float32)
    return rate


def rms(samples: Float32) -> Float32:
    """Root mean square of each centred frame, zeros beyond the ends (`librosa.feature.rms` of a signal).

    Args:
        samples: float32 of shape [samples], full scale 1.

    Returns:
        float32 of shape [frames].

    Example:
        >>> rms(np.full(4096, 0.5, np.float32))[4].item()
        0.5
    """
    energy = np.zeros(1 + len(samples) // HOP + 2 * _SIDE, np.float32)
    kernels.energies(samples, HOP, energy[_SIDE:])
    root: Float32 = np.sqrt(_sums(energy) / np.float32(N_FFT))
    return root


def _sums(blocks: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """Sum the hops of each frame."""
    sums: npt.NDArray[Scalar] = np.add.reduce(
        [blocks[place : len(blocks) - 2 * _SIDE + place] for place in range(2 * _SIDE)]
    )
    return sums


def hz_to_mel(frequency_hz: Float64) -> Float64:
    """Convert to the mel scale of Slaney's Auditory Toolbox (1998): linear to 1000 Hz, logarithmic above.

    Args:
        frequency_hz: float64, any shape.

    Returns:
        mel, of the same shape.

    Example:
        >>> hz_to_mel(np.array([0.0, 200.0, 6400.0])).round(6).tolist()
        [0.0, 3.0, 42.0]
    """
    # The maximum keeps the logarithm of the branch not taken finite.
    return np.where(
        frequency_hz < 1000,
        frequency_hz * 3 / 200,
        15 + 27 * np.log(np.maximum(frequency_hz, 1000) / 1000) / np.log(6.4),
    )


def mel_to_hz(mel: Float64) -> Float64:
    """Invert :func:`hz_to_mel`.

    Example:
        >>> mel_to_hz(np.array([3.0, 42.0])).round(6).tolist()
        [200.0, 6400.0]
    """
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))


@functools.cache
def mel_bank(sample_rate_hz: int, n_fft: int, n_mels: int, fmin_hz: float, fmax_hz: float | None) -> Float32:
    """Triangular filters, evenly spaced in mel, each of unit area (`librosa.filters.mel`, Slaney's scale and norm).

    Args:
        sample_rate_hz: rate of the signal.
        n_fft: length of the transform.
        n_mels: number of filters.
        fmin_hz: lower foot of the first filter.
        fmax_hz: upper foot of the last filter; None is half the rate.

    Returns:
        float32 of shape [1 + n_fft // 2, n_mels]; read-only, because it is shared. A filter narrower than the spacing
        of the bins may be all zero.
    """
    top = sample_rate_hz / 2 if fmax_hz is None else fmax_hz
    ends = hz_to_mel(np.array([fmin_hz, top]))
    corner = mel_to_hz(np.linspace(ends[0], ends[1], n_mels + 2))
    bins = np.arange(1 + n_fft // 2)[:, None] * (sample_rate_hz / n_fft)
    left, centre, right = corner[:-2], corner[1:-1], corner[2:]
    triangle = np.maximum(0, np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)))
    bank: Float32 = (triangle * 2 / (right - left)).astype(np.float32)
    bank.setflags(write=False)
    return bank


def mel_power(
    magnitude: Float32, sample_rate_hz: int, *, n_mels: int, fmin_hz: float = 0.0, fmax_hz: float | None = None
) -> Float32:
    """Mel-spectrogram in power (`librosa.feature.melspectrogram`).

    Args:
        magnitude: float32 of shape [frames, bins].
        sample_rate_hz: rate of the signal.
        n_mels: number of filters.
        fmin_hz: lower foot of the first filter.
        fmax_hz: upper foot of the last filter; None is half the rate.

    Returns:
        float32 of shape [frames, n_mels].
    """
    first, offset, weights = _mel_runs(sample_rate_hz, 2 * (magnitude.shape[1] - 1), n_mels, fmin_hz, fmax_hz)
    bands = np.empty((len(magnitude), n_mels), np.float32)
    kernels.banded_power(magnitude, first, offset, weights, bands)
    return bands


@functools.cache
def _mel_runs(
    sample_rate_hz: int, n_fft: int, n_mels: int, fmin_hz: float, fmax_hz: float | None
) -> tuple[Int64, Int64, Float32]:
    """Give each filter's first bin, where its weights lie, and the weights end to end; zeros are left out."""
    bank = mel_bank(sample_rate_hz, n_fft, n_mels, fmin_hz, fmax_hz).T
    first = (bank > 0).argmax(axis=1)
    offset = np.concatenate([[0], np.cumsum((bank > 0).sum(axis=1))])
    return first, offset, bank[bank > 0]


def power_to_db(power: Float32) -> Float32:
    """Power in decibels relative to 1, the 80 dB below the largest value of the clip kept (`librosa.power_to_db`).

    Args:
        power: float32, any shape, not negative.

    Returns:
        float32 of the same shape; at least -100, and at least the largest value less 80.

    Example:
        >>> power_to_db(np.float32([0, 1, 100])).round(3).tolist()
        [-60.0, 0.0, 20.0]
    """
    decibels: Float32 = 10 * np.log10(np.maximum(power, np.float32(1e-10)))
    floored: Float32 = np.maximum(decibels, decibels.max() - 80)
    return floored


def mfcc(mel: Float32, n_mfcc: int) -> Float32:
    """Mel-frequency cepstral coefficients: orthonormal DCT-II of the mel-spectrum in decibels (`librosa.feature.mfcc`).

    Args:
        mel: mel-spectrum in power, float32 of shape [frames, mels].
        n_mfcc: coefficients to keep, from the zeroth.

    Returns:
        float32 of shape [frames, n_mfcc].
    """
    return cepstrum(power_to_db(mel), n_mfcc)


def cepstrum(decibels: Float32, n_mfcc: int) -> Float32:
    """First coefficients of the orthonormal DCT-II of each frame; of the mean frame it gives their mean.

    Args:
        decibels: float32 of shape [frames, mels].
        n_mfcc: coefficients to keep, from the zeroth.

    Returns:
        float32 of shape [frames, n_mfcc].
    """
    coefficients: Float32 = decibels @ _cosines(decibels.shape[1], n_mfcc)
    return coefficients


@functools.cache
def _cosines(n_mels: int, n_mfcc: int) -> Float32:
    angle = np.pi / n_mels * np.outer(np.arange(n_mels) + 0.5, np.arange(n_mfcc))
    cosines: Float32 = (np.sqrt(2 / n_mels) * np.cos(angle)).astype(np.float32)
    cosines[:, 0] = np.sqrt(1 / n_mels)
    cosines.setflags(write=False)
    return cosines
