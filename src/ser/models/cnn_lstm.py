"""Convolutional front, recurrent back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from ser.arrays import Kind, Shape
from ser.errors import one_of
from ser.models.base import NetworkSpec
from ser.models.checks import require_shares, require_sizes
from ser.models.convolution import ConvLayout, ConvStack
from ser.models.layers import POOLINGS, LSTMStack, as_steps
from ser.models.lstm import RecurrentHead


@dataclass(frozen=True, kw_only=True)
class CNNLSTM(NetworkSpec):
    """Convolution over time (sequences) or over the values of a vector, LSTM layers over the maps, then dense layers.

    Of a vector only the last output is kept: a mean over steps would forget which value stood where.

    Attributes:
        conv: the convolution blocks.
        units: units of each LSTM layer and direction.
        bidirectional: whether the layers also read backwards.
        pooling: "last" (the last output), "mean", "mean_std" or "attention"; for sequences only.
        hidden: units of the dense layers after it.
        dropout: share of values dropped after each dense layer.
    """

    accepts: ClassVar[frozenset[Kind]] = frozenset({"vector", "sequence"})

    conv: ConvLayout
    units: list[int]
    bidirectional: bool
    pooling: str
    hidden: list[int]
    dropout: float

    def __post_init__(self) -> None:
        require_sizes(self.units, where="model.units", at_least=1)
        one_of(self.pooling, ("last", *POOLINGS), what="a way to pool steps", where="model.pooling")
        require_sizes(self.hidden, where="model.hidden")
        require_shares([self.dropout], where="model.dropout")

    def build(self, shape: Shape, classes: int) -> nn.Module:
        """Build the network. See :meth:`NetworkSpec.build`."""
        return CNNLSTMNetwork(self, shape, classes)


class CNNLSTMNetwork(nn.Module):
    """The network of :class:`CNNLSTM`."""

    def __init__(self, spec: CNNLSTM, shape: Shape, classes: int) -> None:
        super().__init__()
        self.takes_vectors = shape.kind == "vector"
        self.conv = ConvStack(1 if self.takes_vectors else shape.width, spec.conv)
        self.lstm = LSTMStack(spec.conv.channels[-1], spec.units, spec.bidirectional)
        pooling = "last" if self.takes_vectors else spec.pooling
        self.head = RecurrentHead(self.lstm.channels, pooling, spec.hidden, spec.dropout, classes)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Map [batch, width] or [batch, frames, width] to logits [batch, classes]."""
        maps, left = self.conv(as_steps(x, 1), None) if self.takes_vectors else self.conv(x, lengths)
        logits: Tensor = self.head(*self.lstm(maps, left), left)
        return logits
