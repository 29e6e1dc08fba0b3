"""Trained models that answer together, as one module."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from ser.export.estimators import Estimated
from ser.export.networks import Network
from ser.models.trained import TrainedEstimator, TrainedModel, TrainedNetwork


class Ensemble(nn.Module):
    """The mean of the members' probabilities.

    Args:
        members: trained on the same features and classes.

    Raises:
        ConfigError: when they are of a kind that cannot be exported.
    """

    def __init__(self, members: Sequence[TrainedModel]) -> None:
        super().__init__()
        self.members = nn.ModuleList(_module(member) for member in members)
        self.share = math.log(len(members))
        self.eval().requires_grad_(requires_grad=False)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Answer.

        Args:
            x: float32, [batch, 1, width] for vectors; [batch, frames, width] for sequences, padding at the end.
            lengths: int64, [batch], the true frames of each clip; 1 for vectors.

        Returns:
            Logarithms of the class probabilities, and the probabilities: float32, [batch, classes].
        """
        found: list[Tensor] = [member(x, lengths).log_softmax(1).double() for member in self.members]
        mean = torch.stack(found).logsumexp(0) - self.share if len(found) > 1 else found[0]
        return mean.float(), mean.exp().float()


def _module(member: TrainedModel) -> nn.Module:
    return Network(member) if isinstance(member, TrainedNetwork) else Estimated(cast("TrainedEstimator", member))


class OfVectors(nn.Module):
    """An ensemble that takes vectors as they are.

    Args:
        ensemble: of models of vectors.
    """

    def __init__(self, ensemble: Ensemble) -> None:
        super().__init__()
        self.ensemble = ensemble

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Answer vectors, float32, [batch, width]. See :meth:`Ensemble.forward`."""
        lengths = torch.ones(x.shape[0], dtype=torch.int64, device=x.device)
        found: tuple[Tensor, Tensor] = self.ensemble(x[:, None], lengths)
        return found
