"""Louder, softer, noisier."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ser.arrays import Float32
from ser.audio.noise import COLOURS, coloured, standard_normal
from ser.audio.operations.base import Operation, demand, demand_range
from ser.errors import one_of


@dataclass(frozen=True, kw_only=True)
class Noise(Operation):
    """White Gaussian noise, its standard deviation drawn for each copy.

    Attributes:
        amplitude: largest standard deviation, as a share of the clip's largest absolute sample; the share used is
            uniform between 0 and this.
    """

    amplitude: float
    random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        demand(self.amplitude > 0, "a share above 0", self.amplitude, "operations.noise.amplitude")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Add noise. See :class:`Operation`."""
        deviation = self.amplitude * rng.uniform() * peak(samples)
        return _added(samples, standard_normal(rng, len(samples)), deviation)


@dataclass(frozen=True, kw_only=True)
class SnrNoise(Operation):
    """Noise at a signal-to-noise ratio drawn for each copy, over the whole clip; silence stays silent.

    Attributes:
        low_db: lowest ratio of the clip's mean power to the noise's, in dB.
        high_db: highest; the one used is uniform between them.
        colour: "white", "pink" (power falls by 3 dB an octave) or "brown" (6 dB).
    """

    low_db: float
    high_db: float
    colour: str
    random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        demand_range(self.low_db, self.high_db, -60, 120, "operations.snr_noise.low_db")
        one_of(self.colour, COLOURS, what="a colour", where="augment.operations.snr_noise.colour")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Add noise. See :class:`Operation`."""
        snr_db = rng.uniform(self.low_db, self.high_db)
        noise = coloured(rng, len(samples), sample_rate_hz, self.colour)
        return _added(samples, noise, math.sqrt(energy(samples) / energy(noise)) * 10 ** (-snr_db / 20))


@dataclass(frozen=True, kw_only=True)
class Gain(Operation):
    """Louder or softer. A clip is never raised beyond full scale, so nothing is clipped.

    Attributes:
        low_db: lowest gain in dB; negative is softer.
        high_db: highest; the one used is uniform between them.
    """

    low_db: float
    high_db: float
    random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        demand_range(self.low_db, self.high_db, -60, 60, "operations.gain.low_db")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Multiply. See :class:`Operation`."""
        factor = 10 ** (rng.uniform(self.low_db, self.high_db) / 20)
        largest = peak(samples) if factor > 1 else 0.0
        if factor * largest > 1:
            factor = max(1.0, 1 / largest)
        return samples * np.float32(factor)


def peak(samples: Float32) -> float:
    """Return the largest absolute sample."""
    return float(max(samples.max(), -samples.min()))


def energy(samples: Float32) -> float:
    """Return the sum of squares."""
    return float(np.dot(samples, samples))


def _added(samples: Float32, noise: Float32, factor: float) -> Float32:
    """Add noise times a factor to a clip, in the noise's own memory."""
    noise *= np.float32(factor)
    noise += samples
    return noise
