"""Voices of known pitch, formants, jitter and noise, made for the tests of the strong feature sets."""

from __future__ import annotations

import numpy as np
import scipy.signal

from ser.arrays import Float32, Float64, Int64

RATE_HZ = 16_000


def pulses(periods_s: Float64, levels: Float64 | None = None) -> Float32:
    """Band-limited pulses, one at the end of each period, each of its own level, at 16 kHz."""
    marks = np.cumsum(periods_s) * RATE_HZ
    heights = np.ones(len(marks)) if levels is None else levels
    samples = np.zeros(int(marks[-1]) + 400)
    reach = np.arange(-40, 41)
    for mark, height in zip(marks, heights, strict=True):
        places: Int64 = int(mark) + reach
        distance = places - mark
        inside = (places >= 0) & (places < len(samples))
        shape = np.sinc(0.5 * distance) * np.cos(np.pi * distance / 82) ** 2
        samples[places[inside]] += height * shape[inside]
    return (0.3 * samples).astype(np.float32)


def steady(f0_hz: float, duration_s: float) -> Float32:
    """Pulses of one pitch."""
    return pulses(np.full(round(duration_s * f0_hz), 1 / f0_hz))


def vowel(f0_hz: float, formants_hz: list[float], bandwidth_hz: float, duration_s: float) -> Float32:
    """Pulses that fall by 6 dB per octave, as the glottis and the lips leave them, through resonators in a row."""
    signal = np.zeros(round(duration_s * RATE_HZ))
    signal[:: round(RATE_HZ / f0_hz)] = 1
    signal = scipy.signal.lfilter([1], [1, -0.98], signal)
    for formant_hz in formants_hz:
        radius = np.exp(-np.pi * bandwidth_hz / RATE_HZ)
        signal = scipy.signal.lfilter(
            [1], [1, -2 * radius * np.cos(2 * np.pi * formant_hz / RATE_HZ), radius**2], signal
        )
    return (0.3 * signal / np.abs(signal).max()).astype(np.float32)


def tone(f0_hz: float, duration_s: float) -> Float32:
    """Four harmonics of falling height."""
    time = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    parts = [np.sin(2 * np.pi * k * f0_hz * time + k) / k for k in range(1, 5)]
    return (0.2 * np.sum(parts, axis=0)).astype(np.float32)


def noise(duration_s: float, seed: int = 0) -> Float32:
    """White noise at 0.1 of full scale."""
    return (0.1 * np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ))).astype(np.float32)
