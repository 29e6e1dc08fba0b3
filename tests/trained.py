"""Small models as if trained, and what goes with them: for tests of what is done with models."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from ser.arrays import Float32, Kind, Ragged, Shape, ragged
from ser.export.engine import FileEngine
from ser.features.recipes import LogMel, MfccMean, MfccSequence
from ser.models.base import EstimatorSpec, NetworkSpec
from ser.models.cnn import CNN
from ser.models.cnn_lstm import CNNLSTM
from ser.models.convolution import ConvLayout
from ser.models.lstm import LSTM
from ser.models.mlp import MLP
from ser.models.standardize import Scaler, Scaling, Standardized
from ser.models.trained import TrainedEstimator, TrainedModel, TrainedNetwork
from ser.serving.facts import Facts, Learned, Score

Export = Callable[..., FileEngine]
CLASSES = ["angry", "happy", "neutral", "sad"]
WIDTH = 12


def scaling(width: int = WIDTH, *, signed_sqrt: bool = False, l2: bool = False) -> Scaling:
    return Scaling(standardize=True, signed_sqrt=signed_sqrt, l2=l2, widths=[5, width - 5], group=None, shape=None)


def conv(*, batch_norm: bool = True, pool: int = 3) -> ConvLayout:
    return ConvLayout(channels=[6, 8], kernels=[5, 4], dropouts=[0.0, 0.1], pool=pool, stride=2, batch_norm=batch_norm)


RATE_HZ = 16_000
_LOADED: dict[str, Any] = {"sample_rate_hz": RATE_HZ, "offset_s": 0.0, "duration_s": None}
VECTORS = MfccMean(name="mfcc_mean", n_mfcc=WIDTH, **_LOADED)
BANDS = LogMel(name="log_mel", n_mels=WIDTH, n_fft=512, hop=256, fmin_hz=50.0, fmax_hz=None, floor=1e-8, **_LOADED)
FIXED = MfccSequence(name="mfcc_sequence", n_mfcc=WIDTH, load_rate_hz=22_050, pad_frames=20, **_LOADED)

MLP_ = MLP(name="mlp", hidden=[16], dropout=0.1)
CNN_ = CNN(name="cnn", conv=conv(), pooling="mean_std", hidden=[8], dense_batch_norm=True, dropout=0.1)
LSTM_ = LSTM(name="lstm", values_per_step=5, units=[6, 4], bidirectional=True, pooling="last", hidden=[8], dropout=0.1)
PLAIN_ = LSTM(name="lstm", values_per_step=1, units=[4], bidirectional=False, pooling="mean", hidden=[], dropout=0.0)
CNN_LSTM_ = CNNLSTM(
    name="cnn_lstm",
    conv=conv(batch_norm=False, pool=2),
    units=[6],
    bidirectional=False,
    pooling="attention",
    hidden=[],
    dropout=0.1,
)


def rows(count: int, width: int = WIDTH, seed: int = 0) -> Float32:
    return (3 * np.random.default_rng(seed).standard_normal((count, width)) + 1).astype(np.float32)


def network(
    spec: NetworkSpec, kind: Kind, scaled: Scaling | None = None, *, width: int = WIDTH, seed: int = 0
) -> TrainedNetwork:
    torch.manual_seed(seed)
    shape = Shape(kind=kind, width=width)
    made = Standardized(spec.build(shape, len(CLASSES)), scaled or scaling(width)).eval()
    made.fit(rows(50, width))
    for layer in made.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.running_mean, layer.running_var = (
                torch.randn(layer.num_features),
                torch.rand(layer.num_features) + 0.5,
            )
    return TrainedNetwork(shape=shape, classes=CLASSES, spec=spec, network=made)


def estimator(spec: EstimatorSpec, classes: Sequence[str] = CLASSES, seed: int = 0) -> TrainedEstimator:
    values, labels = rows(80, seed=seed), np.arange(80) % len(classes)
    values[np.arange(80), labels] += 3
    scaler = Scaler(scaling())
    scaler.fit(values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = spec.fit(spec.build(seed, [5, WIDTH - 5]), scaler.rows(values), labels, None)
    return TrainedEstimator(
        shape=Shape(kind="vector", width=WIDTH), classes=list(classes), spec=spec, scaler=scaler, estimator=fitted
    )


def clips(kind: Kind, count: int, seed: int = 1) -> Ragged:
    """Clips of 1 to `count` rows, each length once, in an order that mixes them."""
    lengths = np.random.default_rng(seed).permutation(count) + 1
    return ragged([rows(1 if kind == "vector" else int(length), seed=int(length)) for length in lengths], kind)


def mean_of(members: Sequence[TrainedModel], features: Ragged) -> Float32:
    return np.mean([member.predict_proba(features) for member in members], axis=0)


def facts(classes: Sequence[str] = CLASSES, members: int = 1) -> Facts:
    return Facts(
        run_id="0123456789ab",
        name="corpus features model",
        classes=list(classes),
        features="features",
        protocol="speakers apart",
        cautions=[],
        score=Score(uar=0.5, low=None, high=None, words="UAR 0.500"),
        learned=Learned(
            languages=["de"], lowest_rate_hz=16000, highest_rate_hz=16000, shortest_s=1.0, longest_s=4.0, licences={}
        ),
        members=members,
        card="# A card",
    )
