"""ONNX graphs of networks in int8."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ser.arrays import Float32, Shape
from ser.errors import ConfigError
from ser.export import libraries
from ser.export.onnx_file import FEATURES, LENGTHS
from ser.models.cnn import CNN
from ser.models.trained import TrainedModel, TrainedNetwork

_OPERATORS = ["Conv", "Gemm", "LSTM", "MatMul"]
"""What is computed in int8; scaling, masks and pooling stay as they are."""


def way(model: TrainedModel) -> str:
    """Say how a model is quantised: "static" (ranges of activations are calibrated) or "dynamic" (found clip by clip).

    Convolutions gain speed from calibrated ranges; of recurrent layers only the dynamic way has int8 operators.

    Raises:
        ConfigError: for an estimator.
    """
    if not isinstance(model, TrainedNetwork):
        raise ConfigError(
            expected="a network: int8 is for the products of weights and activations",
            received=f"the estimator {model.spec.name}",
            where="--to",
            fix="Export it with --to onnx.",
        )
    return "static" if isinstance(model.spec, CNN) else "dynamic"


def quantised(graph: Any, shape: Shape, how: str, calibration: Sequence[Float32]) -> Any:  # noqa: ANN401
    """Give a graph in int8, with int8 weights a channel.

    Args:
        graph: as :func:`ser.export.onnx_graph.classifier` gives it.
        shape: of the features.
        how: as :func:`way` says.
        calibration: features of training clips, [rows, width] each; only the static way looks at them.

    Returns:
        An `onnx.ModelProto`, of ONNX's operators and those of ONNX Runtime.
    """
    onnx, tools = libraries.onnx("onnx"), libraries.onnx("onnxruntime.quantization")
    preparing = libraries.onnx("onnxruntime.quantization.shape_inference")
    with tempfile.TemporaryDirectory() as name, libraries.quiet():
        plain, ready, done = (str(Path(name) / part) for part in ("plain.onnx", "ready.onnx", "done.onnx"))
        onnx.save(graph, plain)
        # Without it the quantiser fails over the shapes that the exporter noted.
        preparing.quant_pre_process(plain, ready, skip_symbolic_shape=True)
        common = {"op_types_to_quantize": _OPERATORS, "per_channel": True}
        if how == "static":
            tools.quantize_static(ready, done, _reader(tools, shape, calibration), **common)
        else:
            tools.quantize_dynamic(ready, done, weight_type=tools.QuantType.QInt8, **common)
        return onnx.load(done)


def _reader(tools: Any, shape: Shape, clips: Sequence[Float32]) -> Any:  # noqa: ANN401
    def batches() -> Iterator[dict[str, Any]]:
        for clip in clips:
            if shape.kind == "vector":
                yield {FEATURES: clip}
            else:
                yield {FEATURES: clip[None], LENGTHS: np.array([len(clip)], np.int64)}

    class Reader(tools.CalibrationDataReader):
        """What the quantiser asks for the next clip."""

        def __init__(self) -> None:
            self.left = batches()

        def get_next(self) -> dict[str, Any] | None:
            return next(self.left, None)

    return Reader()
