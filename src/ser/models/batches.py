"""From clips end to end to padded tensors."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ser.arrays import Ragged


@dataclass(frozen=True, kw_only=True)
class Clips:
    """Features of n clips as tensors in memory.

    Attributes:
        values: float32; [n, width] for vectors, [rows, width] (end to end) for sequences.
        starts: int64, [n]: first row of each clip.
        lengths: int64, [n]: rows of each clip.
        padded: whether batches are padded (sequences) or plain rows (vectors).
    """

    values: Tensor
    starts: Tensor
    lengths: Tensor
    padded: bool

    def batch(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Gather some clips.

        Args:
            chosen: indices, int64, shape [batch].

        Returns:
            What networks take: `x`, [batch, width] or [batch, longest, width] zero-padded, and `lengths`, int64,
            [batch].
        """
        lengths = self.lengths[chosen]
        if not self.padded:
            return self.values[self.starts[chosen]], lengths
        x = self.values.new_zeros(len(chosen), int(lengths.max()), self.values.shape[1])
        for row, (start, length) in enumerate(zip(self.starts[chosen].tolist(), lengths.tolist(), strict=True)):
            x[row, :length] = self.values[start : start + length]
        return x, lengths


def clips_of(features: Ragged) -> Clips:
    """Copy features into tensors: torch's own memory is aligned, which keeps vector code, hence bits, the same."""
    return Clips(
        values=torch.tensor(features.values),
        starts=torch.tensor(features.offsets[:-1]),
        lengths=torch.tensor(features.lengths),
        padded=features.kind == "sequence",
    )
