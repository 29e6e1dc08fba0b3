"""The networks of :mod:`ser.models` as graphs."""

from __future__ import annotations

from typing import cast

import numpy as np
from torch import nn

from ser.arrays import Shape
from ser.errors import ConfigError
from ser.export.litert import layers
from ser.export.litert.convolution import convolved
from ser.export.litert.graph import Graph
from ser.models.cnn import CNNNetwork
from ser.models.cnn_lstm import CNNLSTMNetwork
from ser.models.layers import Pooling
from ser.models.lstm import LSTMNetwork, RecurrentHead
from ser.models.mlp import MLPNetwork
from ser.models.trained import TrainedModel, TrainedNetwork

FAMILIES = "mlp, lstm, cnn, cnn_lstm"


def exportable(model: TrainedModel, *, rounded: bool) -> TrainedNetwork:
    """Return a model that can be written as a graph.

    Args:
        model: any.
        rounded: whether activations are to be int8.

    Raises:
        ConfigError: when it cannot: an estimator, a network of another package, rows scaled in a way that small
            devices have no operators for, or, rounded, attention: of its shares most are then zero, one or two steps.
    """
    ours = (MLPNetwork, LSTMNetwork, CNNNetwork, CNNLSTMNetwork)
    if not isinstance(model, TrainedNetwork) or not isinstance(model.network.network, ours):
        raise ConfigError(
            expected=f"a network of ser: {FAMILIES}",
            received=model.spec.name,
            where="the model to export",
            fix="Train one of these, or export to ONNX.",
        )
    if rounded and any(isinstance(part, Pooling) and part.how == "attention" for part in model.network.modules()):
        raise ConfigError(
            expected="pooling other than attention for int8",
            received="pooling=attention, whose weights of frames int8 holds in steps of 1/256",
            where="the model to export",
            fix="Export as dynamic or float32, or train with model.pooling=last, mean or mean_std.",
        )
    scaling = model.scaling
    if scaling.signed_sqrt or scaling.l2:
        raise ConfigError(
            expected="rows that are standardised, or left as they are",
            received="normalise.signed_sqrt" if scaling.signed_sqrt else "normalise.l2",
            where="the model to export",
            fix="Train with normalise.signed_sqrt=false normalise.l2=false, or export to ONNX.",
        )
    return model


def input_shape(shape: Shape, frames: int | None) -> tuple[int, ...]:
    """Give the shape of one clip, the batch of 1 first.

    Raises:
        ConfigError: when sequences come without a number of frames, or vectors with one.
    """
    if shape.kind == "vector" and frames is None:
        return (1, shape.width)
    if shape.kind == "sequence" and frames is not None and frames >= 1:
        return (1, frames, shape.width)
    raise ConfigError(
        expected="a number of frames, at least 1" if shape.kind == "sequence" else "no number of frames",
        received=frames,
        where="frames",
        fix="A small device takes clips of one length: that of features.pad_frames. Vectors have none.",
    )


def add(graph: Graph, given: int, model: TrainedNetwork, *, scaled: bool) -> int:
    """Add a whole model.

    Args:
        graph: gets its operators.
        given: features of one clip, [1, frames, width] or [1, width].
        model: as :func:`exportable` lets it through.
        scaled: whether the features come standardised already.

    Returns:
        Probabilities, [1, classes].
    """
    x, scaler = given, model.network.scaler
    if scaler.scaling.standardize and not scaled:
        x = layers.standardized(graph, x, layers.array(scaler.mean), layers.array(scaler.scale))
    return layers.softmax(graph, _logits(graph, x, model.network.network))


def _logits(graph: Graph, x: int, network: nn.Module) -> int:
    if isinstance(network, MLPNetwork):
        return layers.dense(graph, x, network.layers)
    if isinstance(network, LSTMNetwork):
        steps = x if network.values_per_step is None else _as_steps(graph, x, network.values_per_step)
        return _head(graph, *layers.lstm(graph, steps, network.lstm), network.head)
    convolutional = cast("CNNNetwork | CNNLSTMNetwork", network)
    sequence = _as_steps(graph, x, 1) if len(graph.shape(x)) == 2 else x
    maps = convolved(graph, sequence, convolutional.conv)
    if isinstance(convolutional, CNNLSTMNetwork):
        return _head(graph, *layers.lstm(graph, maps, convolutional.lstm), convolutional.head)
    if convolutional.pooling is not None:
        pooled = layers.pooled(graph, maps, convolutional.pooling)
    else:
        _, steps_left, channels = graph.shape(maps)
        pooled = layers.reshaped(graph, maps, (1, steps_left * channels))
    return layers.dense(graph, pooled, convolutional.dense)


def _as_steps(graph: Graph, x: int, values_per_step: int) -> int:
    """See a vector as a sequence, its last step filled up with zeros."""
    _, width = graph.shape(x)
    lacking = -width % values_per_step
    if lacking > 0:
        edges = graph.constant([[0, 0], [0, lacking]], np.int32)
        x = graph.add("PAD", [x, edges], (1, width + lacking))
    return layers.reshaped(graph, x, (1, (width + lacking) // values_per_step, values_per_step))


def _head(graph: Graph, outputs: int, ends: int, head: RecurrentHead) -> int:
    pooled = ends if head.pooling is None else layers.pooled(graph, outputs, head.pooling)
    return layers.dense(graph, pooled, head.dense)
