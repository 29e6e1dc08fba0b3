"""A graph of the LiteRT format under construction: tensors, operators and the bytes they become.

The format is a FlatBuffer (schema: tensorflow/compiler/mlir/lite/schema/schema.fbs). A model here has one subgraph, one
input and one output, all shapes fixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ser.arrays import Float32
from ser.export.litert import file, library

_SCHEMA_VERSION = 3
_LARGEST_INT8 = 127
_OPTIONS = {
    "ADD": "AddOptions",
    "CONCATENATION": "ConcatenationOptions",
    "CONV_2D": "Conv2DOptions",
    "DEQUANTIZE": "DequantizeOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MEAN": "ReducerOptions",
    "MIRROR_PAD": "MirrorPadOptions",
    "MUL": "MulOptions",
    "PAD": "PadOptions",
    "RESHAPE": "ReshapeOptions",
    "REVERSE_V2": "ReverseV2Options",
    "SOFTMAX": "SoftmaxOptions",
    "SQRT": None,
    "STRIDED_SLICE": "StridedSliceOptions",
    "SUB": "SubOptions",
    "SUM": "ReducerOptions",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTMOptions",
}
# Versions of operators, as the runtimes count them, where they are not 1: with int8 weights and float activations
# (a scale for each output; of recurrent layers one for each matrix), and from float16.
_VERSIONS: dict[str, dict[str, int]] = {
    "float32": {},
    "float16": {"DEQUANTIZE": 3},
    "int8": {"CONV_2D": 5, "FULLY_CONNECTED": 12, "UNIDIRECTIONAL_SEQUENCE_LSTM": 3},
}
OPERATORS = frozenset(_OPTIONS) | {"QUANTIZE"}
"""What models are written with, and what the quantiser adds: no loops, no branches, nothing that touches a file."""
ABSENT = -1
"""In place of an operator's optional input."""


class Graph:
    """Tensors and operators, in the order they are added.

    Args:
        weights: how :meth:`weight` stores its values: "float32"; "float16", turned into float32 as the model is
            loaded; or "int8", for operators that compute with them and with activations rounded as they go.
    """

    def __init__(self, weights: str) -> None:
        self._weights = weights
        self._versions = _VERSIONS[weights]
        self._schema = library.schema()
        self._tensors: list[Any] = []
        self._operators: list[Any] = []
        self._codes: list[tuple[str, int]] = []
        # By convention the first buffer is empty; tensors without a value of their own name it.
        self._buffers: list[bytes] = [b""]

    @property
    def rounds(self) -> bool:
        """Whether operators round their activations as they go."""
        return self._weights == "int8"

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Give the shape of a tensor."""
        return tuple(self._tensors[tensor].shape)

    def value(self, shape: Sequence[int]) -> int:
        """Add a float32 tensor that is the graph's input or the result of an operator.

        Args:
            shape: all of it, the batch of 1 too.

        Returns:
            Its index, as of all tensors here.
        """
        return self._tensor(shape, "FLOAT32", 0)

    def state(self, shape: Sequence[int]) -> int:
        """Add a float32 tensor that an operator keeps from one invocation to the next, zero at first."""
        return self._tensor(shape, "FLOAT32", 0, isVariable=True)

    def constant(self, values: npt.ArrayLike, kind: type[np.generic] = np.float32) -> int:
        """Add values, stored as float32, float16, int32 or int8."""
        return self._stored(np.asarray(values, dtype=kind))

    def weight(self, values: Float32, *, rows: bool) -> int:
        """Add the weights of an operator, stored as the graph's `weights` says.

        Args:
            values: shape [outputs, ...].
            rows: whether the operator takes a scale for each output, which is finer, or one for all; matters for int8.
        """
        if self._weights == "float16":
            half = self.constant(values, np.float16)
            return self.add("DEQUANTIZE", [half], values.shape)
        if self.rounds:
            scales, whole = rounded(values, rows=rows)
            return self._stored(
                whole,
                self._schema.QuantizationParametersT(
                    scale=scales.tolist(), zeroPoint=[0] * len(scales), quantizedDimension=0
                ),
            )
        return self.constant(values)

    def add(self, operator: str, inputs: Sequence[int], shape: Sequence[int], **options: object) -> int:
        """Add an operator.

        Args:
            operator: its name in the schema's list of built-in operators.
            inputs: tensors; :data:`ABSENT` for optional ones that are not there.
            shape: of the result.
            options: fields of the operator's options that are not zero, by their names in the schema.

        Returns:
            The result.
        """
        result = self.value(shape)
        code = (operator, self._versions.get(operator, 1))
        if code not in self._codes:
            self._codes.append(code)
        entry = self._schema.OperatorT(opcodeIndex=self._codes.index(code), inputs=list(inputs), outputs=[result])
        kind = _OPTIONS[operator]
        if kind is not None:
            entry.builtinOptionsType = getattr(self._schema.BuiltinOptions, kind)
            entry.builtinOptions = getattr(self._schema, f"{kind}T")(**options)
        self._operators.append(entry)
        return result

    def packed(self, given: int, result: int, entries: Mapping[str, bytes]) -> bytes:
        """Write the graph as a file.

        Args:
            given: the input.
            result: the output.
            entries: names and contents of metadata.
        """
        schema = self._schema
        self._tensors[given].name, self._tensors[result].name = "features", "probabilities"
        graph = schema.SubGraphT(
            tensors=self._tensors, inputs=[given], outputs=[result], operators=self._operators, name="main"
        )
        codes = [
            schema.OperatorCodeT(
                deprecatedBuiltinCode=min(getattr(schema.BuiltinOperator, name), 127),
                builtinCode=getattr(schema.BuiltinOperator, name),
                version=version,
            )
            for name, version in self._codes
        ]
        model = schema.ModelT(version=_SCHEMA_VERSION, operatorCodes=codes, subgraphs=[graph], description="ser")
        model.buffers = [schema.BufferT(data=data) for data in self._buffers]
        return file.packed(model, entries)

    def _stored(self, values: npt.NDArray[np.generic], quantization: object = None) -> int:
        self._buffers.append(values.tobytes())
        kind = values.dtype.name.upper()
        return self._tensor(values.shape, kind, len(self._buffers) - 1, quantization=quantization)

    def _tensor(self, shape: Sequence[int], kind: str, buffer: int, **more: object) -> int:
        kind_number = getattr(self._schema.TensorType, kind)
        tensor = self._schema.TensorT(shape=list(shape), type=kind_number, buffer=buffer, hasRank=True, **more)
        self._tensors.append(tensor)
        return len(self._tensors) - 1


def rounded(values: Float32, *, rows: bool) -> tuple[Float32, npt.NDArray[np.int8]]:
    """Round weights to whole numbers of -127 to 127 times a scale.

    Args:
        values: shape [outputs, ...].
        rows: whether each output has a scale of its own.

    Returns:
        The scales, shape [outputs] or [1], and the numbers, int8, of the shape of `values`.

    Example:
        >>> scales, whole = rounded(np.float32([[127.0, 10.2], [0.0, 0.0]]), rows=True)
        >>> scales.tolist(), whole.tolist()
        ([1.0, 1.0], [[127, 10], [0, 0]])
    """
    flat = values.reshape(len(values) if rows else 1, -1)
    largest = np.abs(flat).max(axis=1)
    scales = np.where(largest > 0, largest / _LARGEST_INT8, 1.0).astype(np.float32)
    whole = np.clip(np.rint(flat / scales[:, None]), -_LARGEST_INT8, _LARGEST_INT8)
    return scales, whole.astype(np.int8).reshape(values.shape)
