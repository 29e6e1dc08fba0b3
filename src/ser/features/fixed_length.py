"""Recipes of clips that are all brought to one length first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ser.arrays import Float32
from ser.features.base import demand
from ser.features.combined import Combined


@dataclass(frozen=True, kw_only=True)
class FixedLength(Combined):
    """Any recipes of one row a clip, of its first `duration_s` seconds; zeros follow a shorter clip.

    Published systems do so to give a network clips of one size. Averages over time then tell the length of a clip too.
    """

    def __post_init__(self) -> None:
        demand(self.duration_s is not None, "a length in seconds", self.duration_s, "features.duration_s")
        super().__post_init__()

    def prepared(self, samples: Float32, sample_rate_hz: int) -> tuple[Float32, int]:
        """Resample a clip and cut or fill it to the length. See :meth:`Recipe.prepared`."""
        own, rate_hz = super().prepared(samples, sample_rate_hz)
        length = int((self.duration_s or 0.0) * rate_hz)
        return np.pad(own[:length], (0, max(0, length - len(own)))), rate_hz
