"""Standardisation as part of the network, so that a saved model carries what it was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ser.arrays import Float32, Float64
from ser.models.layers import without_padding

_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Mean and standard deviation of each value.

    Attributes:
        mean: float64, shape [width].
        scale: float64, shape [width]; 1 for a value that does not vary.
    """

    mean: Float64
    scale: Float64


def moments(values: Float32) -> Moments:
    """Fit the standardisation.

    Args:
        values: the training part's rows (every frame of every clip), float32, shape [rows, width].

    Example:
        >>> fitted = moments(np.array([[1, 7], [3, 7]], np.float32))
        >>> fitted.mean.tolist(), fitted.scale.tolist()
        ([2.0, 7.0], [1.0, 1.0])
    """
    mean = values.mean(axis=0, dtype=np.float64)
    squares = np.zeros_like(mean)
    # In slices: a float64 copy of all frames of a large corpus would double the memory that training takes.
    for start in range(0, len(values), _ROWS_AT_ONCE):
        squares += np.square(values[start : start + _ROWS_AT_ONCE] - mean).sum(axis=0)
    scale = np.sqrt(squares / len(values))
    constant = scale <= 10 * np.finfo(np.float32).eps * np.abs(mean)
    return Moments(mean=mean, scale=np.where(constant, 1.0, scale))


class Standardized(nn.Module):
    """A network that standardises its input first.

    Args:
        network: takes standardised input.
        width: values a row.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, network: nn.Module, width: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))

    def fit(self, values: Float32) -> None:
        """Take mean and scale from the training part's rows, float32, shape [rows, width]."""
        fitted = moments(values)
        self.mean.copy_(torch.from_numpy(fitted.mean))
        self.scale.copy_(torch.from_numpy(fitted.scale))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Map [batch, width] or [batch, frames, width] to logits [batch, classes]; padding stays zero."""
        scaled = (x - self.mean) / self.scale
        logits: Tensor = self.network(scaled if x.dim() == 2 else without_padding(scaled, lengths), lengths)
        return logits
