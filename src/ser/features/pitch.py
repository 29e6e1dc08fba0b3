"""Fundamental frequency and harmonicity, by the method of Boersma.

P. Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled
sound", IFA Proceedings 17, 1993: the autocorrelation of a windowed frame is divided by that of the window; its maxima
are candidates, among which a cheapest path is sought. Weights and costs are the paper's.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numba
import numpy as np
import scipy.fft

from ser.arrays import Bool, Float32, Float64, Int64
from ser.audio.stft import frame

FLOOR_HZ, CEILING_HZ = 75.0, 600.0
"""Range of the fundamental: adult speech, shouting included."""

_CANDIDATES = 8
# Strength of the unvoiced candidate, and the share of the clip's peak below which a frame counts as silent.
_VOICING, _SILENCE = 0.45, 0.03
_OCTAVE_COST, _JUMP_COST, _VOICING_COST = 0.01, 0.35, 0.14
# Taps on either side, and steps a sample, of the interpolation of the autocorrelation.
_TAPS, _STEPS = 16, 8
# Harmonicity is limited to +-40 dB: beyond it rounding and interpolation decide.
_LARGEST = 1 / (1 + 1e-4)


@dataclass(frozen=True, kw_only=True)
class Pitch:
    """Pitch frame by frame.

    Attributes:
        f0_hz: fundamental frequency in Hz, float64, shape [frames]; 0 where unvoiced.
        harmonicity_db: harmonics-to-noise ratio in dB, -40 to 40, float64, shape [frames]; 0 where unvoiced.
    """

    f0_hz: Float64
    harmonicity_db: Float64

    @property
    def voiced(self) -> Bool:
        """Which frames are voiced, bool, shape [frames]."""
        return np.asarray(self.f0_hz > 0)


def track(samples: Float32, sample_rate_hz: int, hop: int) -> Pitch:
    """Track the pitch of a clip; frame `t` is centred on sample `t * hop`.

    Args:
        samples: float32 of shape [samples].
        sample_rate_hz: their rate.
        hop: samples from one frame to the next.
    """
    length = 2 * round(1.5 * sample_rate_hz / FLOOR_HZ)
    frames = frame(np.pad(samples, length // 2), length, hop)
    correlation = _autocorrelation(frames, sample_rate_hz)
    loudest = float(np.abs(samples).max())
    level = np.abs(frames).max(axis=1) / (loudest or 1.0)
    unvoiced = _VOICING + np.maximum(0, 2 - level * (1 + _VOICING) / _SILENCE)
    lags, strengths = _candidates(correlation, sample_rate_hz, unvoiced.astype(np.float64))
    chosen = _cheapest_path(lags, strengths)
    lag, height = _refined(correlation, lags[np.arange(len(lags)), chosen])
    height = np.clip(height, 1 - _LARGEST, _LARGEST)
    voiced = lag > 0
    return Pitch(
        f0_hz=np.where(voiced, sample_rate_hz / np.where(voiced, lag, 1), 0.0),
        harmonicity_db=np.where(voiced, 10 * np.log10(height / (1 - height)), 0.0),
    )


def _autocorrelation(frames: Float32, sample_rate_hz: int) -> Float32:
    """Normalise the autocorrelation of frames; shape [frames, lags], from lag 0 to beyond the longest period."""
    count = round(sample_rate_hz / FLOOR_HZ) + _TAPS + 2
    size = scipy.fft.next_fast_len(frames.shape[1] + count, real=True)
    window, of_window = _window(frames.shape[1], size, count)
    centred = (frames - frames.mean(axis=1, keepdims=True)) * window
    spectrum = scipy.fft.rfft(centred, n=size, axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    correlation = scipy.fft.irfft(power, n=size, axis=1)[:, :count]
    energy = np.maximum(correlation[:, :1], np.finfo(np.float32).tiny)
    return np.asarray(correlation / (energy * of_window), np.float32)


@functools.cache
def _window(length: int, size: int, count: int) -> tuple[Float32, Float32]:
    """Return a Hann window and its normalised autocorrelation, [length] and [count]."""
    window = np.sin(np.pi * (np.arange(length) + 0.5) / length) ** 2
    correlation = scipy.fft.irfft(np.abs(scipy.fft.rfft(window, n=size)) ** 2, n=size)[:count]
    return window.astype(np.float32), (correlation / correlation[0]).astype(np.float32)


@numba.njit(cache=True, nogil=True)
def _candidates(correlation: Float32, sample_rate_hz: int, unvoiced: Float64) -> tuple[Int64, Float64]:
    """Pick the strongest maxima of each frame.

    Returns:
        Lags in samples, int64 of shape [frames, 1 + candidates], the first (0) being the unvoiced candidate; and
        strengths, minus infinity where there is no candidate.
    """
    count = len(correlation)
    lags = np.zeros((count, 1 + _CANDIDATES), np.int64)
    strengths = np.full((count, 1 + _CANDIDATES), -np.inf)
    first = max(2, int(np.ceil(sample_rate_hz / CEILING_HZ)))
    last = int(sample_rate_hz / FLOOR_HZ)
    for t in range(count):
        strengths[t, 0] = unvoiced[t]
        row = correlation[t]
        for lag in range(first, last + 1):
            here = row[lag]
            if here > 0.5 * _VOICING and here > row[lag - 1] and here >= row[lag + 1]:
                curve = 2 * here - row[lag - 1] - row[lag + 1]
                slope = (row[lag + 1] - row[lag - 1]) / 2
                height = min(1.0, here + slope * slope / (2 * curve))
                strength = height - _OCTAVE_COST * np.log2(FLOOR_HZ * lag / sample_rate_hz)
                weakest = 1 + np.argmin(strengths[t, 1:])
                if strength > strengths[t, weakest]:
                    strengths[t, weakest] = strength
                    lags[t, weakest] = lag
    return lags, strengths


@numba.njit(cache=True, nogil=True)
def _cheapest_path(lags: Int64, strengths: Float64) -> Int64:
    """Find the path of greatest strength less the cost of its jumps (Viterbi). Returns a candidate for each frame."""
    count, width = lags.shape
    best = strengths[0].copy()
    came_from = np.zeros((count, width), np.int64)
    logs = np.log2(np.maximum(lags, 1).astype(np.float64))
    for t in range(1, count):
        total = np.full(width, -np.inf)
        for j in range(width):
            if strengths[t, j] == -np.inf:
                continue
            for i in range(width):
                if lags[t, j] > 0 and lags[t - 1, i] > 0:
                    cost = _JUMP_COST * abs(logs[t, j] - logs[t - 1, i])
                else:
                    cost = _VOICING_COST if lags[t, j] != lags[t - 1, i] else 0.0
                value = best[i] - cost
                if value > total[j]:
                    total[j] = value
                    came_from[t, j] = i
            total[j] += strengths[t, j]
        best = total
    path = np.zeros(count, np.int64)
    path[-1] = np.argmax(best)
    for t in range(count - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path


def _refined(correlation: Float32, lags: Int64) -> tuple[Float64, Float64]:
    """Interpolate the maxima at some lags by a windowed sinc, and by a parabola between its steps.

    The paper shows why: a maximum read off the samples makes a voice seem noisier, the more so the brighter it is.

    Args:
        correlation: shape [frames, lags].
        lags: in samples, shape [frames]; 0 for none.

    Returns:
        Lags in fractions of a sample, and heights, float64, shape [frames]; 0 for none.
    """
    reach = np.abs(lags[:, None] + np.arange(-_TAPS, _TAPS + 1))
    fine = np.take_along_axis(correlation, reach, axis=1) @ _interpolator()
    inner = fine[:, 1:-1]
    rows = np.arange(len(lags))
    peak = 1 + np.argmax(inner, axis=1)
    before, here, after = (fine[rows, peak + step].astype(np.float64) for step in (-1, 0, 1))
    curve = 2 * here - before - after
    shift = np.where(curve > 1e-9, (after - before) / (2 * np.maximum(curve, 1e-9)), 0.0).clip(-1, 1)
    none = lags == 0
    lag = lags + (peak - _STEPS + shift) / _STEPS
    return np.where(none, 0.0, lag), np.where(none, 0.0, here + (after - before) * shift / 4)


@functools.cache
def _interpolator() -> Float32:
    """Weights of the samples around a lag at steps from one sample before it to one after, [taps, steps]."""
    distance = np.arange(-_STEPS, _STEPS + 1) / _STEPS - np.arange(-_TAPS, _TAPS + 1)[:, None]
    taper = np.cos(np.pi * distance / (2 * (_TAPS + 1))) ** 2
    weights: Float32 = (np.sinc(distance) * taper).astype(np.float32)
    return weights
