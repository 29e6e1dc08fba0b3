"""The networks of this room, small, and clips to feed them."""

from __future__ import annotations

import numpy as np
import pytest

from ser.arrays import Float32, Ragged, ragged
from ser.models.base import NetworkSpec
from ser.models.cnn import CNN
from ser.models.cnn_lstm import CNNLSTM
from ser.models.layers import ConvLayout
from ser.models.lstm import LSTM
from ser.models.mlp import MLP


def conv(*, batch_norm: bool = True, pool: int = 2) -> ConvLayout:
    return ConvLayout(channels=[8, 12], kernels=[5, 4], dropouts=[0.0, 0.1], pool=pool, stride=2, batch_norm=batch_norm)


def lstm(pooling: str = "attention", *, bidirectional: bool = True) -> LSTM:
    return LSTM(
        name="lstm",
        values_per_step=3,
        units=[8, 6],
        bidirectional=bidirectional,
        pooling=pooling,
        hidden=[16],
        dropout=0.1,
    )


def networks() -> dict[str, NetworkSpec]:
    return {
        "mlp": MLP(name="mlp", hidden=[32], dropout=0.1),
        "cnn-mean_std": CNN(name="cnn", conv=conv(), pooling="mean_std", hidden=[16], dropout=0.1),
        "cnn-attention": CNN(
            name="cnn", conv=conv(batch_norm=False, pool=5), pooling="attention", hidden=[], dropout=0
        ),
        "lstm-attention": lstm(),
        "lstm-last": lstm("last"),
        "lstm-forward": lstm("mean", bidirectional=False),
        "cnn_lstm": CNNLSTM(
            name="cnn_lstm", conv=conv(), units=[8], bidirectional=True, pooling="mean", hidden=[16], dropout=0.1
        ),
    }


def sequences(count: int, width: int, *, seed: int = 0, shortest: int = 3, longest: int = 40) -> Ragged:
    random = np.random.default_rng(seed)
    lengths = random.integers(shortest, longest + 1, count)
    return ragged([random.standard_normal((n, width)).astype(np.float32) for n in lengths], "sequence")


def vectors(count: int, width: int, *, seed: int = 0) -> Ragged:
    values: Float32 = np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)
    return ragged(list(values[:, None]), "vector")


@pytest.fixture
def make_networks() -> dict[str, NetworkSpec]:
    return networks()
