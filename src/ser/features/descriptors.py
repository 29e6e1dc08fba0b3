"""Low-level descriptors of spectrum and voice, frame by frame.

Definitions after F. Eyben et al., "The Geneva Minimalistic Acoustic Parameter Set", IEEE Transactions on Affective
Computing 7, 2016.
"""

from __future__ import annotations

import numpy as np

from ser.arrays import Float64
from ser.features.clip import Clip

SPECTRAL = (
    "loudness",
    "spectral_flux",
    "slope_0_500_db_per_khz",
    "slope_500_1500_db_per_khz",
    "alpha_ratio_db",
    "hammarberg_db",
    "centroid_hz",
    "spread_hz",
    "entropy_bits",
    "rolloff_hz",
)
"""What :func:`spectral` gives; loudness and flux have no unit."""

HARMONICS = ("h1_h2_db", "h1_a3_db", "f1_amplitude_db", "f2_amplitude_db", "f3_amplitude_db")
"""What :func:`harmonics` gives."""

VOICE = ("f0_semitones", "harmonicity_db", "f1_hz", "f2_hz", "f3_hz", "b1_hz", "b2_hz", "b3_hz")
"""What :func:`voice` gives; semitones count from 27.5 Hz, b1 to b3 are the formants' bandwidths."""

_SEMITONE_ZERO_HZ = 27.5
_FLOOR = 1e-10
# Loudness grows with the power to this exponent (Zwicker's law: 0.23 to 0.3).
_LOUDNESS_EXPONENT = 0.3
_ROLLOFF = 0.85
_FORMANTS = 3


def spectral(clip: Clip) -> Float64:
    """Describe the spectrum of every frame.

    Loudness sums the mel bands' power to the 0.3; flux is the distance of the bands' loudness from that of the frame
    before; slopes are those of regression lines; the alpha ratio sets the power of 50 to 1000 Hz over that of 1 to
    5 kHz, the Hammarberg index the highest peak below 2 kHz over that of 2 to 5 kHz; centroid, spread and entropy take
    power as a distribution over frequency; below the roll-off lie 85 % of it.

    Args:
        clip: the clip.

    Returns:
        float64 of shape [frames, 10], in the order of `SPECTRAL`.
    """
    hz = clip.bins_hz
    power = clip.power.astype(np.float64) + _FLOOR
    decibels = 10 * np.log10(power)
    loudness = np.exp(_LOUDNESS_EXPONENT * clip.log_mel.astype(np.float64))
    flux = np.sqrt(np.square(np.diff(loudness, axis=0, prepend=loudness[:1])).sum(axis=1))
    share = power / power.sum(axis=1, keepdims=True)
    centroid = share @ hz
    spread = np.sqrt(np.maximum(share @ hz**2 - centroid**2, 0))
    below_1, above_1 = power[:, band(hz, 50, 1000)], power[:, band(hz, 1000, 5000)]
    below_2, above_2 = decibels[:, band(hz, 0, 2000)], decibels[:, band(hz, 2000, 5000)]
    columns = [
        loudness.sum(axis=1),
        flux,
        _slope(decibels, hz, 0, 500),
        _slope(decibels, hz, 500, 1500),
        10 * np.log10(below_1.sum(axis=1) / above_1.sum(axis=1)),
        below_2.max(axis=1) - above_2.max(axis=1),
        centroid,
        spread,
        -np.einsum("tb,tb->t", share, np.log2(share)),
        hz[np.argmax(np.cumsum(share, axis=1) >= _ROLLOFF, axis=1)],
    ]
    return np.stack(columns, axis=1)


def harmonics(clip: Clip) -> Float64:
    """Set the harmonics of the voiced frames against the first.

    Args:
        clip: the clip.

    Returns:
        float64 of shape [voiced frames, 5], in dB, in the order of `HARMONICS`: the first harmonic over the second and
        over the one nearest F3, and those nearest F1, F2 and F3 over the first. One frame of zeros without voice.
    """
    if not clip.voiced.any():
        return np.zeros((1, len(HARMONICS)))
    f0 = clip.voiced_pitch.f0_hz[:, None]
    decibels = 10 * np.log10(clip.power[clip.voiced].astype(np.float64) + _FLOOR)
    nearest = np.rint(clip.voiced_formants.frequency_hz[:, :_FORMANTS] / f0).clip(1)
    wanted_hz = np.hstack([f0, 2 * f0, nearest * f0])
    bins = np.rint(wanted_hz / clip.bins_hz[1]).astype(np.int64).clip(1, decibels.shape[1] - 2)
    heights = np.max([np.take_along_axis(decibels, bins + step, axis=1) for step in (-1, 0, 1)], axis=0)
    first = heights[:, :1]
    return np.hstack([first - heights[:, 1:2], first - heights[:, -1:], heights[:, 2:] - first])


def voice(clip: Clip) -> Float64:
    """Gather pitch, harmonicity and formants of the voiced frames.

    Args:
        clip: the clip.

    Returns:
        float64 of shape [voiced frames, 8], in the order of `VOICE`; one neutral frame without voice.
    """
    tract = clip.voiced_formants
    return np.hstack(
        [
            semitones(clip.voiced_pitch.f0_hz)[:, None],
            clip.voiced_pitch.harmonicity_db[:, None],
            tract.frequency_hz[:, :_FORMANTS],
            tract.bandwidth_hz[:, :_FORMANTS],
        ]
    )


def semitones(f0_hz: Float64) -> Float64:
    """Give a pitch in semitones above 27.5 Hz.

    Example:
        >>> semitones(np.array([27.5, 220.0])).tolist()
        [0.0, 36.0]
    """
    return np.asarray(12 * np.log2(f0_hz / _SEMITONE_ZERO_HZ))


def band(hz: Float64, low: float, high: float) -> slice:
    """Return the bins from one frequency up to another; the last bin where all lie below.

    Example:
        >>> band(np.array([0.0, 100.0, 200.0, 300.0]), 100, 300)
        slice(1, 3, None)
    """
    first = min(int(np.searchsorted(hz, low)), len(hz) - 1)
    return slice(first, max(int(np.searchsorted(hz, high)), first + 1))


def _slope(decibels: Float64, hz: Float64, low: float, high: float) -> Float64:
    """Slope of the regression line over a band, dB per kHz, [frames]."""
    inside = band(hz, low, high)
    distance = (hz[inside] - hz[inside].mean()) / 1000
    slope: Float64 = decibels[:, inside] @ distance / float(distance @ distance)
    return slope
