"""Averages of a network's weights over training, which often generalise better than the last weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import PARAM_LIST, AveragedModel

from ser.errors import one_of
from ser.models.checks import require

KINDS = ("ema", "none", "swa")


@dataclass(frozen=True, kw_only=True)
class Averaging:
    """Which average of the weights is judged on the development part, and kept.

    Statistics of batch normalisation are averaged like weights.

    Attributes:
        kind: "none": the weights as they are. "ema": an exponential moving average over steps. "swa": the plain mean
            over the ends of epochs (stochastic weight averaging; Izmailov et al. 2018, arXiv:1803.05407), from the
            epoch that `start` says on; weights from before it are never kept.
        decay: of "ema": what the average keeps of itself each step. After n steps it is at most (1 + n) / (10 + n), so
            that the first weights are soon forgotten in short trainings, as in TensorFlow's moving average.
        start: of "swa": share of `max_epochs` that comes before it; 0.75 in the paper. Patience counts from
            there.
    """

    kind: str
    decay: float
    start: float

    def __post_init__(self) -> None:
        where, expected = "trainer.average", "a share of at least 0 and below 1"
        one_of(self.kind, KINDS, what="an average of weights", where=f"{where}.kind")
        require(0 <= self.decay < 1, expected=expected, received=self.decay, where=f"{where}.decay")
        require(0 <= self.start < 1, expected=expected, received=self.start, where=f"{where}.start")

    def epochs_before(self, epochs: int) -> int:
        """Count the epochs, of so many at most, that come before the average."""
        return math.floor(self.start * epochs) if self.kind == "swa" else 0


def average_of(network: nn.Module, settings: Averaging) -> AveragedModel | None:
    """Make the average of a network's weights and buffers, of nothing yet; None if there is to be none."""
    if settings.kind == "none":
        return None

    def add(averages: PARAM_LIST, values: PARAM_LIST, count: Tensor | int) -> None:
        kept = _kept(settings, int(count))
        if torch.is_floating_point(averages[0]):
            torch._foreach_lerp_(averages, values, 1 - kept)
        else:
            torch._foreach_copy_(averages, values)

    return AveragedModel(network, multi_avg_fn=add, use_buffers=True)


def _kept(settings: Averaging, count: int) -> float:
    """Say what an average of so many weights keeps of itself when one more comes."""
    if settings.kind == "swa":
        return count / (count + 1)
    return min(settings.decay, (1 + count) / (10 + count))
