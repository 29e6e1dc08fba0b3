"""What a model does to every row first, as part of the model, so that a saved one carries what it was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ser.arrays import Float32
from ser.models.layers import without_padding
from ser.moments import moments


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """How rows reach a model, as the protocol's normalisation asks.

    Attributes:
        standardize: whether mean and standard deviation of the training part's rows are taken out.
        signed_sqrt: whether a value x then becomes sign(x) · sqrt(abs(x)).
        l2: whether each feature set of a row is then scaled to L2 norm sqrt(width), so that its values stay about 1 in
            size whatever its width.
        widths: of the feature sets that a row joins, in order.
        group: "speaker" or "corpus" when rows must come to the model already normalised by statistics of clips of
            that; None when they come as they were extracted.
        shape: how they were normalised then ("z", "mean", "rank_gauss"); None otherwise.
    """

    standardize: bool
    signed_sqrt: bool
    l2: bool
    widths: list[int]
    group: str | None
    shape: str | None


class Scaler(nn.Module):
    """A scaling with what it has learned.

    Args:
        scaling: what to do.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, scaling: Scaling) -> None:
        super().__init__()
        self.scaling = scaling
        self.register_buffer("mean", torch.zeros(sum(scaling.widths)))
        self.register_buffer("scale", torch.ones(sum(scaling.widths)))

    def fit(self, values: Float32) -> None:
        """Take mean and scale from the training part's rows, float32, shape [rows, width], where that is asked."""
        if self.scaling.standardize:
            fitted = moments(values)
            self.mean.copy_(torch.from_numpy(fitted.mean))
            self.scale.copy_(torch.from_numpy(fitted.scale))

    def forward(self, x: Tensor) -> Tensor:
        """Scale rows, shape [..., width]."""
        rows = (x - self.mean) / self.scale
        if self.scaling.signed_sqrt:
            rows = rows.sign() * rows.abs().sqrt()
        if self.scaling.l2:
            sets = torch.split(rows, self.scaling.widths, dim=-1)
            rows = torch.cat([nn.functional.normalize(part, dim=-1) * part.shape[-1] ** 0.5 for part in sets], dim=-1)
        return rows

    def rows(self, values: Float32) -> Float32:
        """Scale rows of plain arrays, float32, shape [n, width]."""
        with torch.inference_mode():
            # A copy: features are mapped read-only from the store, which torch does not take.
            scaled: Float32 = self(torch.from_numpy(np.array(values, dtype=np.float32))).numpy()
        return scaled


class Standardized(nn.Module):
    """A network that scales its input first.

    Args:
        network: takes scaled input.
        scaling: what to do to the input.
    """

    def __init__(self, network: nn.Module, scaling: Scaling) -> None:
        super().__init__()
        self.network = network
        self.scaler = Scaler(scaling)

    def fit(self, values: Float32) -> None:
        """Learn the scaling from the training part's rows, float32, shape [rows, width]."""
        self.scaler.fit(values)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Map [batch, width] or [batch, frames, width] to logits [batch, classes]; padding stays zero."""
        scaled = self.scaler(x)
        logits: Tensor = self.network(scaled if x.dim() == 2 else without_padding(scaled, lengths), lengths)
        return logits
