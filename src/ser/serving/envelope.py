"""The outline of a waveform of any length in a fixed number of points, taken while it passes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ser.arrays import Float32


@dataclass(kw_only=True)
class Envelope:
    """Smallest and largest sample of each stretch; when there are too many stretches, neighbours are joined.

    Attributes:
        points: stretches at most, an even number.
        stretch: samples each stands for, so far.
        low: smallest sample of each whole stretch.
        high: largest of each.
    """

    points: int = 2000
    stretch: int = 64
    low: Float32 = field(default_factory=lambda: np.empty(0, np.float32))
    high: Float32 = field(default_factory=lambda: np.empty(0, np.float32))
    _rest: Float32 = field(default_factory=lambda: np.empty(0, np.float32))

    def add(self, samples: Float32) -> None:
        """Take in the next samples, float32 of shape [samples]."""
        held = np.concatenate([self._rest, samples])
        whole = len(held) // self.stretch * self.stretch
        rows = held[:whole].reshape(-1, self.stretch)
        self._rest = held[whole:]
        self.low, self.high = np.append(self.low, rows.min(axis=1)), np.append(self.high, rows.max(axis=1))
        while len(self.low) > self.points:
            self._halve()

    def _halve(self) -> None:
        if len(self.low) % 2:
            # A stretch without a neighbour waits for one as its two extremes.
            odd = np.resize(np.array([self.low[-1], self.high[-1]], np.float32), self.stretch)
            self._rest = np.concatenate([odd, self._rest])
            self.low, self.high = self.low[:-1], self.high[:-1]
        self.stretch *= 2
        self.low, self.high = self.low.reshape(-1, 2).min(axis=1), self.high.reshape(-1, 2).max(axis=1)
