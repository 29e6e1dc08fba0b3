"""The shipped model files: each runs a step, and those of the reference systems have their parameter counts.

Keras gives an LSTM one bias vector of 4 values a unit, PyTorch two (one of the input's side, one of the state's, which
add up): 4 × units more of them a layer, and the same functions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from ser import config, paths
from ser.arrays import Kind, Ragged, Shape
from ser.models.base import EstimatorSpec, NetworkSpec
from ser.models.batches import clips_of

MODELS = paths.choices("model")


def shipped(name: str) -> NetworkSpec | EstimatorSpec:
    spec = config.load([f"model={name}"]).model
    assert isinstance(spec, NetworkSpec | EstimatorSpec)
    return spec


def parameters(name: str, shape: Shape, classes: int) -> int:
    spec = shipped(name)
    assert isinstance(spec, NetworkSpec)
    return sum(parameter.numel() for parameter in spec.build(shape, classes).parameters())


def vector(width: int) -> Shape:
    return Shape(kind="vector", width=width)


def convolution(inputs: int, outputs: int, kernel: int) -> int:
    return outputs * (inputs * kernel + 1)


def lstm(inputs: int, units: int) -> int:
    """As Keras counts: four gates, each with the input, the state and one bias."""
    return 4 * units * (inputs + units + 1)


def dense(inputs: int, units: int) -> int:
    return units * (inputs + 1)


def test_the_four_corpora_cnn_has_its_published_parameter_count() -> None:
    """Five poolings of stride 2 leave 6 of 162 steps."""
    convolutions = sum(convolution(i, o, 5) for i, o in [(1, 256), (256, 256), (256, 128), (128, 128), (128, 64)])
    assert convolutions + dense(6 * 64, 32) + dense(32, 8) == 629_096
    assert parameters("four_corpora_cnn", vector(162), 8) == 629_096


def test_the_emodb_cnn_has_its_layers() -> None:
    """Three poolings leave 5 of 40 steps. A batch normalisation trains two values a channel (Keras counts four)."""
    convolutions = convolution(1, 64, 5) + convolution(64, 125, 10) + convolution(125, 64, 5)
    norms = 2 * (64 + 125 + 64 + 7)
    expected = convolutions + norms + dense(5 * 64, 7) + dense(7, 7)
    assert parameters("emodb_cnn", vector(40), 7) == expected == 123_396


def test_the_head_of_the_emodb_cnn_normalises_after_its_activation() -> None:
    spec = shipped("emodb_cnn")
    assert isinstance(spec, NetworkSpec)
    head = list(spec.build(vector(40), 7).get_submodule("dense"))
    assert [type(layer) for layer in head] == [nn.Linear, nn.ReLU, nn.BatchNorm1d, nn.Dropout, nn.Linear]


def test_the_tiny_lstm_has_its_parameter_count() -> None:
    keras = lstm(13, 128) + lstm(128, 64) + dense(64, 64) + dense(64, 4)
    assert keras == 126_532
    assert parameters("tiny_lstm", Shape(kind="sequence", width=13), 4) == keras + 4 * (128 + 64) == 127_300


def test_the_eleven_corpora_lstm_has_its_parameter_count() -> None:
    keras = lstm(1, 256) + dense(256, 64) + dense(64, 7)
    assert keras == 281_095
    assert parameters("eleven_corpora_lstm", vector(162), 7) == keras + 4 * 256 == 282_119


def test_the_other_networks_on_eleven_corpora_are_as_large_as_is_told() -> None:
    """About 600 and about 630 thousand; more was not published."""
    assert parameters("eleven_corpora_cnn", vector(162), 7) == 629_096 - dense(32, 8) + dense(32, 7)
    fronts = sum(convolution(i, o, 5) for i, o in [(1, 256), (256, 256), (256, 128), (128, 128)])
    keras = fronts + lstm(128, 64) + dense(64, 64) + dense(64, 7)
    assert keras == 629_511
    assert parameters("eleven_corpora_cnn_lstm", vector(162), 7) == keras + 4 * 64


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("kind", ["vector", "sequence"])
def test_every_shipped_model_runs_a_step(
    name: str, kind: Kind, sequences: Callable[..., Ragged], vectors: Callable[..., Ragged]
) -> None:
    spec = shipped(name)
    assert "vector" in spec.accepts
    if kind not in spec.accepts:
        return
    features = vectors(12, 20) if kind == "vector" else sequences(12, 5)
    labels = np.arange(12) % 3
    if isinstance(spec, EstimatorSpec):
        fitted = spec.build(0, [5, 15]).fit(features.values, labels)
        shares = spec.probabilities(fitted, features.values)
        assert shares.shape == (12, 3)
        return
    torch.manual_seed(0)
    network = spec.build(features.shape, 3)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    optimizer = torch.optim.AdamW(network.parameters())
    logits = network(*clips_of(features).batch(torch.arange(12)))
    nn.functional.cross_entropy(logits, torch.tensor(labels)).backward()
    optimizer.step()
    moved = [not torch.equal(old, new) for old, new in zip(before, network.parameters(), strict=True)]
    assert any(moved)
    assert all(parameter.isfinite().all() for parameter in network.parameters())
