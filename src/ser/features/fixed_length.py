"""Recipes of clips that are all brought to one length first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

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

    def load(self, path: Path) -> tuple[Float32, int]:
        """Decode a clip, cut or filled to the length. See :meth:`Recipe.load`."""
        samples, rate_hz = super().load(path)
        missing = int((self.duration_s or 0.0) * rate_hz) - len(samples)
        return np.pad(samples, (0, max(0, missing))), rate_hz
