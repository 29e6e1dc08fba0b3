"""Trained networks of each family, small, and clips to ask them about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import nn

from ser.arrays import Float32, Kind, Ragged, Shape, ragged
from ser.models.base import NetworkSpec
from ser.models.batches import clips_of
from ser.models.standardize import Scaling, Standardized
from ser.models.trained import TrainedNetwork

FRAMES = 21
WIDTHS: dict[Kind, int] = {"sequence": 13, "vector": 30}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def clips() -> Callable[..., Ragged]:
    """A function making clips that differ from each other, of columns that differ in size by fifty, as MFCCs do."""

    def make(kind: Kind, count: int = 20) -> Ragged:
        rows, width = FRAMES if kind == "sequence" else 1, WIDTHS[kind]
        random = np.random.default_rng(0)
        values = random.standard_normal((count, rows, width)) + 2 * random.standard_normal((count, 1, width))
        return ragged(list((values * np.linspace(1, 50, width) + 7).astype(np.float32)), kind)

    return make


@pytest.fixture
def trained(clips: Callable[..., Ragged]) -> Callable[..., TrainedNetwork]:
    """A function making a network as if it had been trained, its normalisations too."""

    def make(spec: NetworkSpec, kind: Kind, *, standardize: bool = True, **scaling: bool) -> TrainedNetwork:
        torch.manual_seed(0)
        shape = Shape(kind=kind, width=WIDTHS[kind])
        asked = {"signed_sqrt": False, "l2": False} | scaling
        how = Scaling(standardize=standardize, widths=[shape.width], group=None, shape=None, **asked)
        network = Standardized(spec.build(shape, 4), how)
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm1d):
                _fill(layer)
        network.fit(clips(kind).values)
        _spread(network.eval(), clips(kind))
        return TrainedNetwork(shape=shape, classes=list("abcd"), spec=spec, network=network.eval())

    return make


def _spread(network: Standardized, features: Ragged) -> None:
    """Make clips differ in their logits by one standard deviation, as if the network had learned to tell them apart."""
    last = [layer for layer in network.network.modules() if isinstance(layer, nn.Linear)][-1]
    with torch.no_grad():
        for weights in network.network.parameters():
            weights.mul_(2)
        logits = network(*clips_of(features).batch(torch.arange(len(features))))
        deviation = logits.std(dim=0)
        last.weight.div_(deviation[:, None])
        last.bias.sub_(logits.mean(dim=0)).div_(deviation)


def _fill(norm: nn.BatchNorm1d) -> None:
    with torch.no_grad():
        norm.weight.normal_()
        norm.bias.normal_()
        if norm.running_mean is not None and norm.running_var is not None:
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2.0)


@pytest.fixture
def stacked() -> Callable[[Ragged], Float32]:
    """A function putting clips of one length into one array, as :class:`LiteRTModel` takes them."""

    def stack(features: Ragged) -> Float32:
        whole = np.stack(list(features))
        return whole[:, 0] if features.kind == "vector" else whole

    return stack
