"""Through the telephone: its band and its code."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.signal
import soxr

from ser.arrays import Float32, Float64
from ser.audio.operations.base import Operation, demand


@dataclass(frozen=True, kw_only=True)
class BandPass(Operation):
    """A Butterworth band-pass, run forward once: causal, as lines and microphones are.

    Attributes:
        low_hz: lower corner (-3 dB) in Hz.
        high_hz: upper corner in Hz, below half the clip's rate.
        order: of the low-pass prototype; either flank falls by 6 dB an octave and order.
    """

    low_hz: float
    high_hz: float
    order: int
    random: ClassVar[bool] = False

    def __post_init__(self) -> None:
        band = f"{self.low_hz:g} to {self.high_hz:g}"
        demand(0 < self.low_hz < self.high_hz, "0 < low_hz < high_hz", band, "operations.band_pass.low_hz")
        demand(1 <= self.order <= 12, "an order from 1 to 12", self.order, "operations.band_pass.order")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Filter. See :class:`Operation`.

        Raises:
            ConfigError: when the band does not lie below half the clip's rate.
        """
        below = f"below {sample_rate_hz / 2:g} Hz, half the rate of the clips"
        demand(self.high_hz < sample_rate_hz / 2, below, self.high_hz, "operations.band_pass.high_hz")
        sections = _band_pass(self.low_hz, self.high_hz, self.order, sample_rate_hz)
        filtered: Float32 = scipy.signal.sosfilt(sections, samples).astype(np.float32)
        return filtered


@dataclass(frozen=True, kw_only=True)
class Codec(Operation):
    """There and back through a telephone's code: resampled by soxr, and coded by the μ-law.

    The μ-law is the continuous one, of which ITU-T G.711 is the approximation by line segments. What lies beyond full
    scale is clipped, as by any coder.

    Attributes:
        sample_rate_hz: rate of the line; a clip of a lower rate keeps its own.
        levels: values that a sample may take; 256 are 8 bits.
    """

    sample_rate_hz: int
    levels: int
    random: ClassVar[bool] = False

    def __post_init__(self) -> None:
        demand(self.sample_rate_hz >= 1000, "1000 Hz or more", self.sample_rate_hz, "operations.codec.sample_rate_hz")
        demand(2 <= self.levels <= 65536, "2 to 65536 levels", self.levels, "operations.codec.levels")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Code and decode. See :class:`Operation`."""
        line_hz = min(self.sample_rate_hz, sample_rate_hz)
        sent = soxr.resample(samples, sample_rate_hz, line_hz, quality="HQ")
        received = soxr.resample(mu_law(sent, self.levels), line_hz, sample_rate_hz, quality="HQ")[: len(samples)]
        padded: Float32 = np.pad(received, (0, len(samples) - len(received)))
        return padded


def mu_law(samples: Float32, levels: int) -> Float32:
    """Round samples to the levels of the μ-law with μ = levels - 1.

    Args:
        samples: float32 of shape [samples], full scale 1.
        levels: values that a sample may take.

    Returns:
        float32 of shape [samples].

    Example:
        >>> mu_law(np.array([-2, 2], np.float32), 256).tolist()
        [-1.0, 1.0]
    """
    size = np.minimum(np.abs(samples), np.float32(1))
    compressed = np.copysign(np.log1p(np.float32(levels - 1) * size), samples)
    compressed *= np.float32((levels - 1) / 2 / np.log(levels))
    compressed += np.float32(levels / 2)
    return _expanded(levels)[compressed.astype(np.int32)]


@functools.cache
def _expanded(levels: int) -> Float32:
    """List the values of the μ-law's codes, float32 of shape [levels]."""
    place = np.linspace(-1, 1, levels)
    size = np.expm1(np.abs(place) * np.log(levels)) / (levels - 1)
    values: Float32 = np.copysign(size, place).astype(np.float32)
    return values


@functools.cache
def _band_pass(low_hz: float, high_hz: float, order: int, sample_rate_hz: int) -> Float64:
    """Design the filter, float64 of shape [order, 6]: designing takes longer than filtering."""
    sections: Float64 = scipy.signal.butter(order, [low_hz, high_hz], "bandpass", output="sos", fs=sample_rate_hz)
    return sections
