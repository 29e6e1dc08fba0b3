"""Formants: the resonances of the vocal tract, as the poles of a linear predictor.

J. D. Markel and A. H. Gray, *Linear Prediction of Speech*, 1976: autocorrelation method, ten poles below 5.5 kHz, after
the Gaussian window of 50 ms and the pre-emphasis from 50 Hz that Praat uses.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from ser.arrays import Bool, Float32, Float64
from ser.audio.decode import resample
from ser.audio.stft import frame

COUNT = 4
"""Formants that are kept."""
NEUTRAL_HZ = (500.0, 1500.0, 2500.0, 3500.0)
"""Resonances of a uniform tube of 17.5 cm: what stands where a frame shows fewer formants."""
NEUTRAL_BANDWIDTH_HZ = 100.0

_RATE_HZ = 11_000
_POLES = 10
_WINDOW_S = 0.05
_EMPHASIS_FROM_HZ = 50.0
_EDGE_HZ = 50.0
# Broader poles shape the slope of the spectrum; how broad they are says nothing more.
_BROADEST_HZ = 1000.0
# White noise 60 dB below the signal keeps the predictor of a pure tone well conditioned.
_WHITENING = 1e-6

Complex128 = npt.NDArray[np.complex128]


@dataclass(frozen=True, kw_only=True)
class Formants:
    """Formants of some frames, from the lowest.

    Attributes:
        frequency_hz: float64, shape [frames, 4].
        bandwidth_hz: 0 to 1000, float64, shape [frames, 4].
    """

    frequency_hz: Float64
    bandwidth_hz: Float64


def formants(samples: Float32, sample_rate_hz: int, hop_s: float, wanted: Bool) -> Formants:
    """Find the formants of some frames; frame `t` is centred on `t * hop_s`.

    Args:
        samples: float32 of shape [samples].
        sample_rate_hz: their rate.
        hop_s: from one frame to the next, in seconds.
        wanted: which frames, bool, shape [frames].

    Returns:
        The formants of the wanted frames alone, in their order.
    """
    rate_hz = min(_RATE_HZ, sample_rate_hz)
    signal = samples if rate_hz == sample_rate_hz else resample(samples, sample_rate_hz, rate_hz)
    signal = _emphasised(signal, rate_hz)
    length = 2 * round(_WINDOW_S * rate_hz / 2)
    frames = frame(np.pad(signal, (length // 2, length)), length, 1)
    centres = np.rint(np.flatnonzero(wanted) * hop_s * rate_hz).astype(np.int64)
    windowed = frames[np.minimum(centres, len(frames) - 1)] * _gaussian(length)
    poles = _roots(predictor(windowed.astype(np.float64)))
    return _resonances(poles, rate_hz)


def _emphasised(signal: Float32, rate_hz: int) -> Float32:
    """Raise the spectrum by 6 dB per octave from 50 Hz."""
    emphasised = signal.copy()
    emphasised[1:] -= np.float32(np.exp(-2 * np.pi * _EMPHASIS_FROM_HZ / rate_hz)) * signal[:-1]
    return emphasised


@functools.cache
def _gaussian(length: int) -> Float32:
    """Return a Gaussian window that ends at zero, its standard deviation a tenth of its length."""
    place = (np.arange(length) + 0.5) / length - 0.5
    edge = np.exp(-12.0)
    window: Float32 = ((np.exp(-48 * place**2) - edge) / (1 - edge)).astype(np.float32)
    return window


def predictor(frames: Float64) -> Float64:
    """Fit the linear predictor of each frame by Levinson's recursion.

    Args:
        frames: float64 of shape [frames, samples], windowed.

    Returns:
        Coefficients of the inverse filter, from 1 on, float64 of shape [frames, 11].
    """
    length = frames.shape[1]
    lags = [np.einsum("ts,ts->t", frames[:, : length - lag], frames[:, lag:]) for lag in range(_POLES + 1)]
    correlation = np.stack(lags, axis=1)
    error = correlation[:, 0] * (1 + _WHITENING) + np.finfo(np.float64).tiny
    filters = np.zeros((len(frames), _POLES + 1))
    filters[:, 0] = 1
    for order in range(1, _POLES + 1):
        reflection = -np.einsum("ti,ti->t", filters[:, :order], correlation[:, order:0:-1]) / error
        filters[:, 1 : order + 1] += reflection[:, None] * filters[:, order - 1 :: -1][:, :order]
        error *= 1 - reflection**2
    return filters


@numba.njit(cache=True, nogil=True)
def _roots(polynomials: Float64) -> Complex128:
    """Find all roots of monic polynomials at once (Aberth, 1973), each starting from the roots of the one before.

    Args:
        polynomials: coefficients from the highest power, float64 of shape [polynomials, 1 + degree].

    Returns:
        complex128 of shape [polynomials, degree].
    """
    count, degree = polynomials.shape[0], polynomials.shape[1] - 1
    roots = np.zeros((count, degree), np.complex128)
    # Off the real axis and not symmetric about it: symmetric starts never part.
    start = 0.9 * np.exp(1j * (2 * np.pi * np.arange(degree) / degree + 0.3))
    for index in range(count):
        roots[index] = roots[index - 1] if index else start
        for k in range(degree):
            if abs(roots[index, k].imag) < 1e-9:
                roots[index, k] = start[k]
        for _ in range(60):
            moved = 0.0
            for k in range(degree):
                root = roots[index, k]
                value, slope = 1.0 + 0j, 0.0 + 0j
                for power in range(1, degree + 1):
                    slope = slope * root + value
                    value = value * root + polynomials[index, power]
                others = 0.0 + 0j
                for j in range(degree):
                    if j != k:
                        others += 1 / (root - roots[index, j] + 1e-30)
                step = value / (slope - value * others + 1e-30)
                roots[index, k] = root - step
                moved = max(moved, abs(step))
            if moved < 1e-6:
                break
    return roots


def _resonances(poles: Complex128, rate_hz: int) -> Formants:
    """Turn poles into formants: those of positive frequency and off the edges of the band, from the lowest."""
    frequency = np.angle(poles) * rate_hz / (2 * np.pi)
    # The predictor is stable; the limits guard the logarithm against rounding.
    bandwidth = np.minimum(-np.log(np.abs(poles).clip(1e-6, 1)) * rate_hz / np.pi, _BROADEST_HZ)
    fine = (frequency > _EDGE_HZ) & (frequency < rate_hz / 2 - _EDGE_HZ)
    order = np.argsort(np.where(fine, frequency, np.inf), axis=1)[:, :COUNT]
    found = np.take_along_axis(fine, order, axis=1)
    return Formants(
        frequency_hz=np.where(found, np.take_along_axis(frequency, order, axis=1), NEUTRAL_HZ),
        bandwidth_hz=np.where(found, np.take_along_axis(bandwidth, order, axis=1), NEUTRAL_BANDWIDTH_HZ),
    )
