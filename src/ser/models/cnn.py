"""One-dimensional convolutional network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from ser.arrays import Kind, Shape
from ser.errors import one_of
from ser.models.base import NetworkSpec
from ser.models.checks import require_shares, require_sizes
from ser.models.convolution import ConvLayout, ConvStack
from ser.models.layers import POOLINGS, Pooling, as_steps, dense


@dataclass(frozen=True, kw_only=True)
class CNN(NetworkSpec):
    """Convolution over time (sequences) or over the values of a vector, as one channel.

    A vector has one length, and its positions mean something: the last map is flattened. A sequence is pooled over its
    true frames.

    Attributes:
        conv: the convolution blocks.
        pooling: "mean", "mean_std" or "attention"; for sequences only.
        hidden: units of the dense layers after it.
        dense_batch_norm: whether to normalise between their activation and dropout.
        dropout: share of values dropped after each dense layer.
    """

    accepts: ClassVar[frozenset[Kind]] = frozenset({"vector", "sequence"})

    conv: ConvLayout
    pooling: str
    hidden: list[int]
    dense_batch_norm: bool
    dropout: float

    def __post_init__(self) -> None:
        one_of(self.pooling, POOLINGS, what="a way to pool frames", where="model.pooling")
        require_sizes(self.hidden, where="model.hidden")
        require_shares([self.dropout], where="model.dropout")

    def build(self, shape: Shape, classes: int) -> nn.Module:
        """Build the network. See :meth:`NetworkSpec.build`."""
        return CNNNetwork(self, shape, classes)


class CNNNetwork(nn.Module):
    """The network of :class:`CNN`."""

    def __init__(self, spec: CNN, shape: Shape, classes: int) -> None:
        super().__init__()
        last = spec.conv.channels[-1]
        if shape.kind == "vector":
            self.conv = ConvStack(1, spec.conv)
            self.pooling, width = None, last * spec.conv.steps_left(shape.width)
        else:
            self.conv = ConvStack(shape.width, spec.conv)
            self.pooling = Pooling(spec.pooling, last)
            width = self.pooling.channels
        self.dense = dense(width, spec.hidden, spec.dropout, classes, batch_norm=spec.dense_batch_norm)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Map [batch, width] or [batch, frames, width] to logits [batch, classes]."""
        if self.pooling is None:
            maps, _ = self.conv(as_steps(x, 1), None)
            pooled = maps.flatten(1)
        else:
            pooled = self.pooling(*self.conv(x, lengths))
        logits: Tensor = self.dense(pooled)
        return logits
