"""Longer or shorter, higher or lower: the phase vocoder.

The same transforms as `librosa.effects`, by code of our own. Phases are carried as unit phasors: where the analysis
hop equals the synthesis hop, wrapping the phase advance changes it by whole turns only, so that accumulating phase
is a running product and needs no arcus tangent.
"""

from __future__ import annotations

import numpy as np
import soxr

from ser.arrays import Float32
from ser.audio.stft import Complex64, istft, stft


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


def resampled_frames(spectrum: Complex64, rate: float) -> Complex64:
    """Read a spectrum at another pace: the phase vocoder (Flanagan and Golden 1966; Laroche and Dolson 1999).

    Magnitudes are interpolated linearly between neighbouring frames. From one output frame to the next the phase
    advances as it did between the two input frames at the place read. A bin that is zero has phase zero.

    Args:
        spectrum: complex64 of shape [frames, bins], made with a hop of a quarter of the transform.
        rate: input frames read for each output frame.

    Returns:
        complex64 of shape [ceil(frames / rate), bins].
    """
    places = np.arange(0, len(spectrum), rate)
    left = places.astype(np.intp)
    share = (places - left).astype(np.float32)[:, None]
    # The last frame read may lie beyond the end: silence follows.
    padded = np.pad(spectrum, ((0, 2), (0, 0)))
    magnitude = np.abs(padded)
    phasor = np.ones_like(padded)
    np.divide(padded, magnitude, out=phasor, where=magnitude > np.finfo(np.float32).tiny)
    turns = np.concatenate([phasor[:1], phasor[left[:-1] + 1] * phasor[left[:-1]].conj()])
    read = (1 - share) * magnitude[left] + share * magnitude[left + 1]
    stretched: Complex64 = np.cumprod(turns, axis=0)
    stretched *= read
    return stretched
