"""Blocks of :mod:`ser.models.convolution` as operators on images of height 1."""

from __future__ import annotations

from typing import cast

import numpy as np
from torch import Tensor

from ser.errors import ConfigError
from ser.export.litert.graph import Graph
from ser.export.litert.layers import affine, array, reshaped
from ser.models.convolution import ConvBlock, ConvStack, pooled_length

_RELU = 1
# The schema's numbers: of padding that keeps the length, of none, and of mirroring that repeats the edge itself.
_SAME, _VALID, _SYMMETRIC = 0, 1, 1


def convolved(graph: Graph, x: int, stack: ConvStack) -> int:
    """Add convolution blocks: [1, steps, inputs] to [1, fewer steps, channels].

    Raises:
        ConfigError: when there are fewer steps than half a pooling window.
    """
    for block in stack.blocks:
        x = _block(graph, x, cast("ConvBlock", block))
    return x


def _block(graph: Graph, x: int, block: ConvBlock) -> int:
    _, steps, inputs = graph.shape(x)
    image = reshaped(graph, x, (1, 1, steps, inputs))
    # [outputs, inputs, kernel] becomes [outputs, height, kernel, inputs].
    weight = np.ascontiguousarray(array(block.conv.weight).transpose(0, 2, 1)[:, None])
    bias = graph.constant(array(cast("Tensor", block.conv.bias)))
    shape = (1, 1, steps, len(weight))
    maps = graph.add(
        "CONV_2D",
        [image, graph.weight(weight, rows=True), bias],
        shape,
        padding=_SAME,
        strideW=1,
        strideH=1,
        dilationWFactor=1,
        dilationHFactor=1,
        fusedActivationFunction=_RELU,
    )
    if block.norm is not None:
        factor, offset = (graph.constant(part) for part in affine(block.norm))
        maps = graph.add("ADD", [graph.add("MUL", [maps, factor], shape), offset], shape)
    shortened = _pooled(graph, maps, block.pool, block.stride)
    return reshaped(graph, shortened, (1, *graph.shape(shortened)[2:]))


def _pooled(graph: Graph, maps: int, window: int, stride: int) -> int:
    """Take the largest of each window, where the padding on the left depends on the window alone.

    The format's own padding depends on the length too. A mirrored edge lies in the window already, and changes nothing.
    """
    _, _, steps, channels = graph.shape(maps)
    left, kept = (window - 1) // 2, pooled_length(steps, stride)
    right = max(0, (kept - 1) * stride + window - left - steps)
    if max(left, right) > steps:
        raise ConfigError(
            expected=f"clips of which pooling leaves at least {max(left, right)} steps",
            received=f"{steps} steps before a window of {window}",
            where="frames",
            fix="Export for longer clips.",
        )
    if left + right > 0:
        edges = graph.constant([[0, 0], [0, 0], [left, right], [0, 0]], np.int32)
        maps = graph.add("MIRROR_PAD", [maps, edges], (1, 1, left + steps + right, channels), mode=_SYMMETRIC)
    return graph.add(
        "MAX_POOL_2D",
        [maps],
        (1, 1, kept, channels),
        padding=_VALID,
        strideW=stride,
        strideH=1,
        filterWidth=window,
        filterHeight=1,
    )
