"""In which order an epoch takes the clips."""

from __future__ import annotations

import torch
from torch import Tensor


def permuted(count: int, generator: torch.Generator) -> Tensor:
    """Draw an order of all clips: int64, shape [count]."""
    return torch.randperm(count, generator=generator)


def balanced(labels: Tensor, generator: torch.Generator) -> Tensor:
    """Draw as many clips as there are, classes in turn.

    Every stretch of it holds the classes evenly, to within two clips. Within a class no clip comes again before all
    others have come; of a frequent class some wait for another epoch.

    Args:
        labels: int64, shape [clips].
        generator: where chance comes from.

    Returns:
        Indices, int64, shape [clips].
    """
    present = torch.bincount(labels).nonzero()[:, 0]
    rounds = -(-len(labels) // len(present))
    streams = torch.stack([_stream((labels == label).nonzero()[:, 0], rounds, generator) for label in present])
    turns = torch.rand(streams.shape, generator=generator).argsort(dim=0)
    return streams.gather(0, turns).T.flatten()[: len(labels)]


def _stream(clips: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Draw permutations of a class's clips, one after the other, until there are enough."""
    passes = -(-count // len(clips))
    return torch.cat([clips[permuted(len(clips), generator)] for _ in range(passes)])[:count]
