"""The plain arrays that pass between rooms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]

Kind = Literal["vector", "sequence"]
"""What a recipe gives for one clip: one row (`vector`), or one row a frame (`sequence`)."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a model is told of its input.

    Attributes:
        kind: "vector" or "sequence".
        width: values a row.
    """

    kind: Kind
    width: int


@dataclass(frozen=True, kw_only=True)
class Ragged:
    """Features of n clips, end to end, unpadded.

    Attributes:
        values: float32, shape [rows, width]; the rows of clip i are `offsets[i]:offsets[i + 1]`.
        offsets: int64, shape [n + 1], rising from 0 to `rows`. For the kind "vector" each clip has one row.
        kind: "vector" or "sequence".
    """

    values: Float32
    offsets: Int64
    kind: Kind

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Float32:
        """Return clip `index`, shape [rows of the clip, width]."""
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[Float32]:
        return (self[index] for index in range(len(self)))

    @property
    def lengths(self) -> Int64:
        """Rows of each clip, int64, shape [n]."""
        return np.diff(self.offsets)

    @property
    def shape(self) -> Shape:
        """What a model is told of these features."""
        return Shape(kind=self.kind, width=int(self.values.shape[1]))


def ragged(clips: list[Float32], kind: Kind) -> Ragged:
    """Join clips of shape [rows, width] (float32) end to end.

    Example:
        >>> joined = ragged([np.zeros((2, 3), np.float32), np.ones((1, 3), np.float32)], "sequence")
        >>> joined.values.shape, joined.lengths.tolist()
        ((3, 3), [2, 1])
    """
    offsets = np.concatenate([[0], np.cumsum([len(clip) for clip in clips])]).astype(np.int64)
    return Ragged(values=np.concatenate(clips).astype(np.float32, copy=False), offsets=offsets, kind=kind)
