"""The models of this room, small, and clips to feed them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_limits

from ser.arrays import Ragged, ragged
from ser.models.base import EstimatorSpec, NetworkSpec
from ser.models.cnn import CNN
from ser.models.cnn_lstm import CNNLSTM
from ser.models.convolution import ConvLayout
from ser.models.gradient_boosting import GradientBoosting
from ser.models.kernel_ridge import KernelRidge
from ser.models.knn import KNN
from ser.models.lda import LDA
from ser.models.logistic import Logistic
from ser.models.lstm import LSTM
from ser.models.mlp import MLP
from ser.models.mlp_sklearn import MLPSklearn
from ser.models.random_forest import RandomForest
from ser.models.svm import SVM


def _conv(*, batch_norm: bool = True, pool: int = 2) -> ConvLayout:
    return ConvLayout(channels=[8, 12], kernels=[5, 4], dropouts=[0.0, 0.1], pool=pool, stride=2, batch_norm=batch_norm)


def _cnn(pooling: str, conv: ConvLayout, hidden: list[int], *, dense_batch_norm: bool = False) -> CNN:
    return CNN(name="cnn", conv=conv, pooling=pooling, hidden=hidden, dense_batch_norm=dense_batch_norm, dropout=0.1)


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
        "cnn-mean_std": _cnn("mean_std", _conv(), [16]),
        "cnn-attention": _cnn("attention", _conv(batch_norm=False, pool=5), []),
        "cnn-dense_norm": _cnn("mean", _conv(), [16], dense_batch_norm=True),
        "lstm-attention": _lstm(),
        "lstm-last": _lstm("last"),
        "lstm-forward": _lstm("mean", bidirectional=False),
        "cnn_lstm": CNNLSTM(
            name="cnn_lstm", conv=_conv(), units=[8], bidirectional=True, pooling="mean", hidden=[16], dropout=0.1
        ),
    }


def _estimators() -> dict[str, EstimatorSpec]:
    specs: list[EstimatorSpec] = [
        SVM(name="svm", kernel="rbf", C=1.0, gamma=None, class_weight="balanced"),
        KernelRidge(name="kernel_ridge", gamma=0.5, penalty=0.02, class_weight="balanced"),
        Logistic(name="logistic", C=1.0, max_iter=1000, class_weight="balanced"),
        LDA(name="lda", shrinkage=0.5, class_weight="balanced"),
        RandomForest(name="random_forest", n_estimators=20, min_samples_leaf=2, class_weight="balanced"),
        GradientBoosting(
            name="gradient_boosting",
            learning_rate=0.1,
            max_iter=5,
            max_leaf_nodes=4,
            min_samples_leaf=2,
            l2_regularization=0.0,
            max_bins=15,
            class_weight="balanced",
        ),
        KNN(name="knn", n_neighbors=5, weights="distance", metric="manhattan"),
        MLPSklearn(
            name="mlp_sklearn",
            hidden_layer_sizes=[16, 8],
            alpha=1e-4,
            learning_rate_init=0.01,
            batch_size=None,
            max_iter=1000,
        ),
    ]
    return {spec.name: spec for spec in specs}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads make networks this small slower, and many times so when another process wants the core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield
    torch.set_num_threads(before)


@pytest.fixture
def networks() -> dict[str, NetworkSpec]:
    """One small spec of each architecture and way of pooling."""
    return _networks()


@pytest.fixture
def estimators() -> dict[str, EstimatorSpec]:
    """One small spec of each kind of estimator."""
    return _estimators()


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
