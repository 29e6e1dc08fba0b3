"""The networks of this room, small, and clips to feed them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from ser.arrays import Ragged, ragged
from ser.models.base import NetworkSpec
from ser.models.cnn import CNN
from ser.models.cnn_lstm import CNNLSTM
from ser.models.layers import ConvLayout
from ser.models.lstm import LSTM
from ser.models.mlp import MLP


def _conv(*, batch_norm: bool = True, pool: int = 2) -> ConvLayout:
    return ConvLayout(channels=[8, 12], kernels=[5, 4], dropouts=[0.0, 0.1], pool=pool, stride=2, batch_norm=batch_norm)


def _lstm(pooling: str = "attention", *, bidirectional: bool = True) -> LSTM:
    return LSTM(
        name="lstm",
        values_per_step=3,
        units=[8, 6],
        bidirectional=bidirectional,
        pooling=pooling,
        hidden=[16],
        dropout=0.1,
    )


def _networks() -> dict[str, NetworkSpec]:
    return {
        "mlp": MLP(name="mlp", hidden=[32], dropout=0.1),
        "cnn-mean_std": CNN(name="cnn", conv=_conv(), pooling="mean_std", hidden=[16], dropout=0.1),
        "cnn-attention": CNN(
            name="cnn", conv=_conv(batch_norm=False, pool=5), pooling="attention", hidden=[], dropout=0
        ),
        "lstm-attention": _lstm(),
        "lstm-last": _lstm("last"),
        "lstm-forward": _lstm("mean", bidirectional=False),
        "cnn_lstm": CNNLSTM(
            name="cnn_lstm", conv=_conv(), units=[8], bidirectional=True, pooling="mean", hidden=[16], dropout=0.1
        ),
    }


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads make networks this small slower, and many times so when another process wants the core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def networks() -> dict[str, NetworkSpec]:
    """One small spec of each architecture and way of pooling."""
    return _networks()


@pytest.fixture
def sequences() -> Callable[..., Ragged]:
    """A function making random sequences of random lengths."""

    def make(count: int, width: int, *, seed: int = 0, shortest: int = 3, longest: int = 40) -> Ragged:
        random = np.random.default_rng(seed)
        lengths = random.integers(shortest, longest + 1, count)
        return ragged([random.standard_normal((n, width)).astype(np.float32) for n in lengths], "sequence")

    return make


@pytest.fixture
def vectors() -> Callable[..., Ragged]:
    """A function making random vectors."""

    def make(count: int, width: int, *, seed: int = 0) -> Ragged:
        values = np.random.default_rng(seed).standard_normal((count, 1, width)).astype(np.float32)
        return ragged(list(values), "vector")

    return make
