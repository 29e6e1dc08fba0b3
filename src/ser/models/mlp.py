"""Multilayer perceptron."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from ser.arrays import Kind, Shape
from ser.models.base import NetworkSpec
from ser.models.checks import require_shares, require_sizes
from ser.models.layers import dense


@dataclass(frozen=True, kw_only=True)
class MLP(NetworkSpec):
    """Linear layers with ReLU and dropout, on vectors.

    Attributes:
        hidden: units of each hidden layer; an empty list is multinomial logistic regression.
        dropout: share of values dropped after each hidden layer.
    """

    accepts: ClassVar[frozenset[Kind]] = frozenset({"vector"})

    hidden: list[int]
    dropout: float

    def __post_init__(self) -> None:
        require_sizes(self.hidden, where="model.hidden")
        require_shares([self.dropout], where="model.dropout")

    def build(self, shape: Shape, classes: int) -> nn.Module:
        """Build the network. See :meth:`NetworkSpec.build`."""
        return MLPNetwork(self, shape, classes)


class MLPNetwork(nn.Module):
    """The network of :class:`MLP`."""

    def __init__(self, spec: MLP, shape: Shape, classes: int) -> None:
        super().__init__()
        self.layers = dense(shape.width, spec.hidden, spec.dropout, classes)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Map [batch, width] to logits [batch, classes]."""
        logits: Tensor = self.layers(x)
        return logits
