"""How loud an utterance is, and how much of it is silence: measured as a recipe, so that the store keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ser.arrays import Float32, Kind
from ser.audio.stft import frame
from ser.features.base import Recipe, demand

SILENT_DB = 40.0
"""A frame is silent when it lies this far below the loudest frame of its clip. Relative, because corpora differ in
level by more than that; pauses and the quiet before and after the speech lie below it, voiced speech above."""
_FRAME_S, _HOP_S = 0.025, 0.010
_QUIETEST = 1e-10


@dataclass(frozen=True, kw_only=True)
class Levels(Recipe):
    """Largest and smallest sample, level and silence of a clip.

    Attributes:
        silent_db: how far below the loudest frame a frame of 25 ms is silent, in dB.
    """

    kind: ClassVar[Kind] = "vector"
    silent_db: float

    def __post_init__(self) -> None:
        super().__post_init__()
        demand(self.silent_db > 0, "more than 0 dB", self.silent_db, "features.silent_db")

    def names(self) -> list[str]:
        """Name the four values.

        The amplitudes are samples, full scale 1; `rms_dbfs` is the root mean square over the clip in dB, full scale 0
        (a full-scale sine has -3.01); `silence_share` is the share of the 25 ms frames (every 10 ms) that are silent.
        """
        return ["max_amplitude", "min_amplitude", "rms_dbfs", "silence_share"]

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Measure, float32 of shape [1, 4]. See :meth:`Recipe.compute`.

        Example:
            >>> levels = Levels(name="levels", sample_rate_hz=None, offset_s=0, duration_s=None, silent_db=40)
            >>> half = np.concatenate([np.full(8000, 0.5), np.zeros(8000)]).astype(np.float32)
            >>> levels.compute(half, 16000).round(1).tolist()
            [[0.5, 0.0, -9.0, 0.5]]
        """
        power = float(np.mean(np.square(samples, dtype=np.float64)))
        level_db = 10 * np.log10(max(power, _QUIETEST))
        row = [samples.max(), samples.min(), level_db, self._silence_share(samples, sample_rate_hz)]
        return np.array([row], dtype=np.float32)

    def _silence_share(self, samples: Float32, sample_rate_hz: int) -> float:
        length, hop = round(_FRAME_S * sample_rate_hz), round(_HOP_S * sample_rate_hz)
        frames = frame(np.pad(samples, (0, max(0, length - len(samples)))), length, hop)
        power = np.einsum("ts,ts->t", frames, frames)
        return float(np.mean(power <= power.max() * 10 ** (-self.silent_db / 10)))


def levels() -> Levels:
    """Return the one measurement that the pages show: all of each file, at its own rate."""
    return Levels(name="levels", sample_rate_hz=None, offset_s=0.0, duration_s=None, silent_db=SILENT_DB)
