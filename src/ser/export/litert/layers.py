"""Layers of :mod:`ser.models` as operators: the graph and a tensor in, a tensor out.

Sequences are [1, steps, channels], vectors [1, width]; all steps are true ones.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from ser.arrays import Float32
from ser.export.litert.graph import ABSENT, Graph
from ser.models.layers import LSTMStack, Pooling

_RELU, _TANH = 1, 4
# What the root of a variance is kept from zero by, as in ser.models.layers.
_EPSILON = 1e-6


def array(values: Tensor) -> Float32:
    """Copy a tensor into a plain array."""
    return np.array(values.detach().cpu().numpy(), dtype=np.float32)


def standardized(graph: Graph, x: int, mean: Float32, scale: Float32) -> int:
    """Take out a mean and divide by a scale, both of shape [width]."""
    centred = graph.add("SUB", [x, graph.constant(mean)], graph.shape(x))
    return graph.add("MUL", [centred, graph.constant(1 / scale)], graph.shape(x))


def dense(graph: Graph, x: int, layers: nn.Sequential) -> int:
    """Add linear layers with a ReLU between them, as :func:`ser.models.layers.dense` chains them.

    A normalisation behind a ReLU is folded into the linear layer that follows.
    """
    factor, offset = np.ones(1, np.float32), np.zeros(1, np.float32)
    for layer in layers:
        if isinstance(layer, nn.BatchNorm1d):
            factor, offset = affine(layer)
        elif isinstance(layer, nn.Linear):
            weight, bias = array(layer.weight), array(layer.bias)
            x = linear(graph, x, weight * factor, bias + (weight * offset).sum(axis=1), relu=layer is not layers[-1])
            factor, offset = np.ones(1, np.float32), np.zeros(1, np.float32)
    return x


def linear(graph: Graph, x: int, weight: Float32, bias: Float32, *, relu: bool) -> int:
    """Add a linear layer: weight [outputs, inputs], bias [outputs], on [rows, inputs]."""
    return graph.add(
        "FULLY_CONNECTED",
        [x, graph.weight(weight, rows=True), graph.constant(bias)],
        (graph.shape(x)[0], len(weight)),
        fusedActivationFunction=_RELU if relu else 0,
    )


def affine(norm: nn.BatchNorm1d) -> tuple[Float32, Float32]:
    """Give what a trained normalisation multiplies channels by and then adds, each of shape [channels]."""
    values = {name: array(value) for name, value in norm.state_dict().items()}
    factor = (values["weight"] / np.sqrt(values["running_var"] + norm.eps)).astype(np.float32)
    return factor, values["bias"] - values["running_mean"] * factor


def lstm(graph: Graph, x: int, stack: LSTMStack) -> tuple[int, int]:
    """Add LSTM layers.

    Returns:
        All outputs, [1, steps, channels], and the last ones, [1, channels]; the last of the direction that reads
        backwards is at the first step.
    """
    end = x
    for index, ahead in enumerate(stack.forwards):
        outputs = [_lstm(graph, x, ahead)]
        ends = [_last(graph, outputs[0])]
        if len(stack.backwards) > 0:
            back = _lstm(graph, _reversed(graph, x), stack.backwards[index])
            ends.append(_last(graph, back))
            outputs.append(_reversed(graph, back))
        x, end = joined(graph, outputs), joined(graph, ends)
    return x, end


def _lstm(graph: Graph, x: int, layer: nn.Module) -> int:
    weights = {name: array(value) for name, value in layer.named_parameters()}
    units = weights["weight_hh_l0"].shape[1]
    # PyTorch stacks its gates as input, forget, cell, output: the order of the operator's inputs too. It has two
    # biases where the operator has one.
    gates = [
        graph.weight(gate, rows=False)
        for kind in ("weight_ih_l0", "weight_hh_l0")
        for gate in np.split(weights[kind], 4)
    ]
    biases = [graph.constant(bias) for bias in np.split(weights["bias_ih_l0"] + weights["bias_hh_l0"], 4)]
    # The kernels for microcontrollers ask for all 24 inputs, absent ones too.
    peepholes, projection, layer_norms = [ABSENT] * 3, [ABSENT] * 2, [ABSENT] * 4
    states = [graph.state((1, units)) for _ in range(2)]
    shape = (*graph.shape(x)[:2], units)
    return graph.add(
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        [x, *gates, *peepholes, *biases, *projection, *states, *layer_norms],
        shape,
        fusedActivationFunction=_TANH,
        asymmetricQuantizeInputs=graph.rounds,
    )


def _reversed(graph: Graph, x: int) -> int:
    return graph.add("REVERSE_V2", [x, graph.constant([1], np.int32)], graph.shape(x))


def _last(graph: Graph, x: int) -> int:
    """Pick the last step of [1, steps, channels], [1, channels]."""
    _, steps, channels = graph.shape(x)
    corners = [[0, steps - 1, 0], [1, steps, channels], [1, 1, 1]]
    inputs = [x, *(graph.constant(corner, np.int32) for corner in corners)]
    return graph.add("STRIDED_SLICE", inputs, (1, channels), shrinkAxisMask=0b010)


def joined(graph: Graph, parts: list[int]) -> int:
    """Join tensors along their last axis."""
    if len(parts) == 1:
        return parts[0]
    shapes = [graph.shape(part) for part in parts]
    width = sum(shape[-1] for shape in shapes)
    return graph.add("CONCATENATION", parts, (*shapes[0][:-1], width), axis=len(shapes[0]) - 1)


def reshaped(graph: Graph, x: int, shape: tuple[int, ...]) -> int:
    """See the values of a tensor in another shape."""
    return graph.add("RESHAPE", [x, graph.constant(shape, np.int32)], shape, newShape=list(shape))


def pooled(graph: Graph, x: int, pooling: Pooling) -> int:
    """Pool a sequence to [1, pooling.channels]."""
    if pooling.score is not None:
        return _attended(graph, x, pooling.score)
    mean = _over_steps(graph, "MEAN", x)
    if pooling.how == "mean":
        return mean
    _, _, channels = graph.shape(x)
    centred = graph.add("SUB", [x, reshaped(graph, mean, (1, 1, channels))], graph.shape(x))
    variance = _over_steps(graph, "MEAN", graph.add("MUL", [centred, centred], graph.shape(x)))
    above_zero = graph.add("ADD", [variance, graph.constant([_EPSILON])], (1, channels))
    return joined(graph, [mean, graph.add("SQRT", [above_zero], (1, channels))])


def _attended(graph: Graph, x: int, score: nn.Linear) -> int:
    _, steps, channels = graph.shape(x)
    scores = linear(graph, reshaped(graph, x, (steps, channels)), array(score.weight), array(score.bias), relu=False)
    weights = softmax(graph, reshaped(graph, scores, (1, steps)))
    weighted = graph.add("MUL", [x, reshaped(graph, weights, (1, steps, 1))], graph.shape(x))
    return _over_steps(graph, "SUM", weighted)


def _over_steps(graph: Graph, operator: str, x: int) -> int:
    _, _, channels = graph.shape(x)
    return graph.add(operator, [x, graph.constant([1], np.int32)], (1, channels))


def softmax(graph: Graph, x: int) -> int:
    """Turn scores into shares, row by row."""
    return graph.add("SOFTMAX", [x], graph.shape(x), beta=1.0)
