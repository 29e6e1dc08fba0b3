"""Longer or shorter, higher or lower: the phase vocoder.

The same transforms as `librosa.effects`, by code of our own. Phases are carried as unit phasors: where the analysis
hop equals the synthesis hop, wrapping the phase advance changes it by whole turns only, so that accumulating phase
is a running product and needs no arcus tangent.

`time_stretch` and `pitch_shift` follow `librosa.effects` to within its own rounding. `stretch_and_shift` does both
at once, without a resampler and in single precision.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import soxr

from ser.arrays import Float32
from ser.audio import kernels
from ser.audio.stft import HOP, N_FFT, Complex64, istft, stft

# How far the frame's length may lie from the interval wanted: inaudible, and wide enough to find a fast transform.
_DETUNING_CENTS = 10


def time_stretch(samples: Float32, *, rate: float) -> Float32:
    """Change the tempo and keep the pitch (`librosa.effects.time_stretch`).

    Args:
        samples: float32 of shape [samples].
        rate: above 1 is faster and shorter, below 1 slower and longer.

    Returns:
        float32 of shape [round(samples / rate)].

    Example:
        >>> time_stretch(np.zeros(8000, np.float32), rate=0.8).shape
        (10000,)
    """
    return istft(resampled_frames(stft(samples), rate), length=round(len(samples) / rate))


def pitch_shift(samples: Float32, *, sample_rate_hz: int, semitones: float) -> Float32:
    """Change the pitch and keep the tempo (`librosa.effects.pitch_shift` with `soxr_hq`).

    The signal is stretched by the interval and then resampled back to its length.

    Args:
        samples: float32 of shape [samples].
        sample_rate_hz: their rate.
        semitones: the interval; positive is higher. Twelve make an octave.

    Returns:
        float32 of shape [samples].
    """
    rate = 2.0 ** (-semitones / 12)
    stretched = time_stretch(samples, rate=rate)
    shifted: Float32 = soxr.resample(stretched, sample_rate_hz / rate, sample_rate_hz, quality="HQ")
    shifted = shifted[: len(samples)]
    return np.pad(shifted, (0, len(samples) - len(shifted)))


def stretch_and_shift(samples: Float32, *, rate: float, semitones: float) -> Float32:
    """Change tempo and pitch at once: one vocoder, whose frames are transformed back at another length.

    A frame of `n` samples instead of 2048 sounds `2048 / n` times higher. The interval is met within 10 cents, where
    the transform is fast; the duration is exact. Louder than a stretch followed by a pitch shift: each vocoder loses
    some energy, because it does not keep the phases of neighbouring bins together.

    Args:
        samples: float32 of shape [samples].
        rate: above 1 is faster and shorter, below 1 slower and longer.
        semitones: the interval; positive is higher.

    Returns:
        float32 of shape [round(samples / rate)].

    Example:
        >>> stretch_and_shift(np.zeros(8000, np.float32), rate=0.8, semitones=0.7).shape
        (10000,)
    """
    n_fft = frame_length(semitones)
    hop = n_fft * HOP // N_FFT
    frames = resampled_frames(stft(samples, double=False), rate * n_fft / N_FFT)
    return istft(frames, length=round(len(samples) / rate), n_fft=n_fft, hop=hop)


@functools.cache
def frame_length(semitones: float) -> int:
    """Samples to which a frame of 2048 is transformed back to sound higher by an interval.

    Args:
        semitones: the interval; positive is higher, 24 at most.

    Returns:
        A multiple of four within 10 cents; of several the one with the smallest prime factors, for a fast transform.

    Example:
        >>> frame_length(0.0), frame_length(0.7), frame_length(12.0)
        (2048, 1960, 1024)
    """
    exact: float = N_FFT * 2.0 ** (-semitones / 12)
    least, most = (exact * 2 ** (sign * _DETUNING_CENTS / 1200) for sign in (-1, 1))
    candidates = range(4 * math.ceil(least / 4), int(most) + 1, 4)
    return min(candidates, key=lambda length: (_largest_prime(length), abs(length - exact)))


def _largest_prime(number: int) -> int:
    factor = 2
    while factor * factor <= number:
        if number % factor == 0:
            number //= factor
        else:
            factor += 1
    return number


def resampled_frames(spectrum: Complex64, rate: float) -> Complex64:
    """Read a spectrum at another pace: the phase vocoder (Flanagan and Golden 1966; Laroche and Dolson 1999).

    Magnitudes are interpolated linearly between neighbouring frames. From one output frame to the next the phase
    advances as it did between the two input frames at the place read. A bin that is zero has phase zero. The last
    frame read may lie beyond the end: silence follows.

    Args:
        spectrum: complex64 of shape [frames, bins], made with a hop of a quarter of the transform.
        rate: input frames read for each output frame.

    Returns:
        complex64 of shape [ceil(frames / rate), bins].
    """
    stretched = np.empty((int(np.ceil(len(spectrum) / rate)), spectrum.shape[1]), np.complex64)
    kernels.walk(np.ascontiguousarray(spectrum).view(np.float32), rate, stretched.view(np.float32))
    return stretched
