"""Frame-level features of one clip, by librosa's definitions and defaults.

Frames lie along the first axis throughout. Every function takes what it needs of one shared transform
(:func:`ser.audio.stft.stft`), so that a recipe transforms a clip once.
"""

from __future__ import annotations

import functools

import numpy as np
import scipy.fft

from ser.arrays import Float32, Float64
from ser.audio.stft import HOP, N_FFT, frame

# Below this a sample counts as zero when crossings are counted, as in librosa.
_ZERO = np.float32(1e-10)


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
    negative = np.pad(samples, N_FFT // 2, mode="edge") < -_ZERO
    before = np.concatenate([[0], np.cumsum(negative[1:] != negative[:-1])])
    starts = np.arange(0, len(negative) - N_FFT + 1, HOP)
    rate: Float32 = ((before[starts + N_FFT - 1] - before[starts]) / N_FFT).astype(np.float32)
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
    frames = frame(np.pad(samples, N_FFT // 2), N_FFT, HOP)
    power: Float32 = np.einsum("ts,ts->t", frames, frames) / np.float32(N_FFT)
    return np.sqrt(power)


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


def mfcc(mel_power: Float32, n_mfcc: int) -> Float32:
    """Mel-frequency cepstral coefficients: orthonormal DCT-II of the mel-spectrum in decibels (`librosa.feature.mfcc`).

    Args:
        mel_power: float32 of shape [frames, mels].
        n_mfcc: coefficients to keep, from the zeroth.

    Returns:
        float32 of shape [frames, n_mfcc].
    """
    cepstrum: Float32 = scipy.fft.dct(power_to_db(mel_power), type=2, norm="ortho", axis=-1)
    return cepstrum[:, :n_mfcc]
