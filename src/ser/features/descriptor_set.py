"""What the built-in strong feature sets have in common: one row a clip, from an analysis that they share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ser.arrays import Float32, Float64, Kind
from ser.features.base import Recipe
from ser.features.clip import Clip


@dataclass(frozen=True, kw_only=True)
class DescriptorSet(Recipe):
    """One row a clip, computed from its analysis. Clips of any length, silent and unvoiced too, give finite values.

    A clip without voiced frames is described as one frame of a neutral voice: 150 Hz, 0 dB of harmonicity, the formants
    of a uniform tube; its jitter and shimmer are 0.
    """

    kind: ClassVar[Kind] = "vector"

    @abstractmethod
    def describe(self, clip: Clip) -> Float64:
        """Describe a clip, float64 of shape [width]."""

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Describe one clip, float32 of shape [1, width]. See :meth:`Recipe.compute`."""
        return self.describe(Clip(samples, sample_rate_hz))[None].astype(np.float32)
