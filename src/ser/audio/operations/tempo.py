"""Elsewhere in time, slower, faster, higher, lower."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ser.arrays import Float32
from ser.audio.operations.base import Operation, demand
from ser.audio.vocoder import pitch_shift, stretch_and_shift, time_stretch


@dataclass(frozen=True, kw_only=True)
class Shift(Operation):
    """Roll the clip in time; what leaves at one end enters at the other.

    Attributes:
        max_s: largest shift in seconds, either way; the shift used is uniform.
    """

    max_s: float
    random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        demand(self.max_s > 0, "seconds above 0", self.max_s, "operations.shift.max_s")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Roll. See :class:`Operation`."""
        return np.roll(samples, int(rng.uniform(-self.max_s, self.max_s) * sample_rate_hz))


@dataclass(frozen=True, kw_only=True)
class Stretch(Operation):
    """Change the tempo, keep the pitch.

    Attributes:
        rate: above 1 is faster and shorter, below 1 slower and longer.
    """

    rate: float
    random: ClassVar[bool] = False

    def __post_init__(self) -> None:
        demand(0.1 <= self.rate <= 10, "a rate from 0.1 to 10", self.rate, "operations.stretch.rate")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Stretch. See :class:`Operation`."""
        return time_stretch(samples, rate=self.rate)


@dataclass(frozen=True, kw_only=True)
class Pitch(Operation):
    """Change the pitch, keep the tempo.

    Attributes:
        semitones: the interval; positive is higher.
    """

    semitones: float
    random: ClassVar[bool] = False

    def __post_init__(self) -> None:
        fine = abs(self.semitones) <= 24
        demand(fine, "from -24 to 24 semitones", self.semitones, "operations.pitch.semitones")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Shift the pitch. See :class:`Operation`."""
        return pitch_shift(samples, sample_rate_hz=sample_rate_hz, semitones=self.semitones)


@dataclass(frozen=True, kw_only=True)
class StretchAndPitch(Operation):
    """Change tempo and pitch in one step, without a resampler.

    Attributes:
        rate: above 1 is faster and shorter, below 1 slower and longer.
        semitones: the interval; positive is higher.
    """

    rate: float
    semitones: float
    random: ClassVar[bool] = False

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Stretch and shift the pitch. See :class:`Operation`."""
        return stretch_and_shift(samples, rate=self.rate, semitones=self.semitones)
