"""Recurrent network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from ser.arrays import Kind, Shape
from ser.errors import one_of
from ser.models.base import NetworkSpec
from ser.models.checks import require_shares, require_sizes, require_whole
from ser.models.layers import POOLINGS, LSTMStack, Pooling, as_steps, dense


@dataclass(frozen=True, kw_only=True)
class LSTM(NetworkSpec):
    """LSTM layers over time (sequences) or over the values of a vector, then dense layers.

    Of a vector only the last output is kept: a mean over steps would forget which value stood where.

    Attributes:
        values_per_step: for vectors, how many values make a step; 1 is what the reference systems do, more is faster.
        units: units of each LSTM layer and direction.
        bidirectional: whether the layers also read backwards.
        pooling: "last" (the last output), "mean", "mean_std" or "attention"; for sequences only.
        hidden: units of the dense layers after it.
        dropout: share of values dropped after each dense layer.
    """

    accepts: ClassVar[frozenset[Kind]] = frozenset({"vector", "sequence"})

    values_per_step: int
    units: list[int]
    bidirectional: bool
    pooling: str
    hidden: list[int]
    dropout: float

    def __post_init__(self) -> None:
        require_whole(self.values_per_step, where="model.values_per_step")
        require_sizes(self.units, where="model.units", at_least=1)
        one_of(self.pooling, ("last", *POOLINGS), what="a way to pool steps", where="model.pooling")
        require_sizes(self.hidden, where="model.hidden")
        require_shares([self.dropout], where="model.dropout")

    def build(self, shape: Shape, classes: int) -> nn.Module:
        """Build the network. See :meth:`NetworkSpec.build`."""
        return LSTMNetwork(self, shape, classes)


class LSTMNetwork(nn.Module):
    """The network of :class:`LSTM`."""

    def __init__(self, spec: LSTM, shape: Shape, classes: int) -> None:
        super().__init__()
        self.values_per_step = spec.values_per_step if shape.kind == "vector" else None
        self.lstm = LSTMStack(self.values_per_step or shape.width, spec.units, spec.bidirectional)
        pooling = "last" if shape.kind == "vector" else spec.pooling
        self.head = RecurrentHead(self.lstm.channels, pooling, spec.hidden, spec.dropout, classes)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Map [batch, width] or [batch, frames, width] to logits [batch, classes]."""
        folded = self.values_per_step
        steps, true = (x, lengths) if folded is None else (as_steps(x, folded), None)
        logits: Tensor = self.head(*self.lstm(steps, true), true)
        return logits


class RecurrentHead(nn.Module):
    """From the outputs of an LSTM to logits.

    Args:
        channels: of the outputs.
        pooling: "last", or one of :data:`ser.models.layers.POOLINGS`.
        hidden: units of the dense layers.
        dropout: share of values dropped after each dense layer.
        classes: number of logits.
    """

    def __init__(self, channels: int, pooling: str, hidden: list[int], dropout: float, classes: int) -> None:
        super().__init__()
        self.pooling = None if pooling == "last" else Pooling(pooling, channels)
        self.dense = dense(channels if self.pooling is None else self.pooling.channels, hidden, dropout, classes)

    def forward(self, outputs: Tensor, ends: Tensor, lengths: Tensor | None) -> Tensor:
        """Map outputs [batch, steps, channels] and last outputs [batch, channels] to logits [batch, classes]."""
        pooled = ends if self.pooling is None else self.pooling(outputs, lengths)
        logits: Tensor = self.dense(pooled)
        return logits
