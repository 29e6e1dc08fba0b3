"""PyTorch's operators in ONNX, where the exporter has none or one that differs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ser.export import libraries

OPSET = 20
"""Version of the operators in the files."""
# Types, by the numbers of the format.
_FLOAT, _DOUBLE = 1, 11


def translations() -> dict[Any, Callable[..., Any]]:
    """Give the table that `torch.onnx.export` takes as `custom_translation_table`."""
    return {
        torch.ops.aten.hypot.default: _hypot,
        torch.ops.aten.log2.default: _log2,
    }


def _op() -> Any:  # noqa: ANN401 - a library without types
    return libraries.onnx("onnxscript").opset20


def _hypot(a: Any, b: Any) -> Any:  # noqa: ANN401
    """Take the root in double precision and round once, as C's `hypotf` does."""
    op = _op()
    first, second = op.Cast(a, to=_DOUBLE), op.Cast(b, to=_DOUBLE)
    return op.Cast(op.Sqrt(op.Add(op.Mul(first, first), op.Mul(second, second))), to=_FLOAT)


def _log2(x: Any) -> Any:  # noqa: ANN401
    """Divide two natural logarithms in double precision: in single, the tuning of a clip would jump."""
    op = _op()
    two = op.Cast(op.Constant(value_float=2.0), to=_DOUBLE)
    return op.Cast(op.Div(op.Log(op.Cast(x, to=_DOUBLE)), op.Log(two)), to=_FLOAT)


class LSTMOperator(nn.Module):
    """One LSTM layer of one direction as the one operator that ONNX has for it; the exporter would unroll time.

    Args:
        layer: batch first.
    """

    inputs: Tensor
    recurrent: Tensor
    biases: Tensor

    def __init__(self, layer: nn.LSTM) -> None:
        super().__init__()
        self.units = layer.hidden_size
        arrays = {name: _gates(array) for name, array in layer.state_dict().items()}
        # The first axis is that of directions.
        self.register_buffer("inputs", arrays["weight_ih_l0"][None])
        self.register_buffer("recurrent", arrays["weight_hh_l0"][None])
        self.register_buffer("biases", torch.cat([arrays["bias_ih_l0"], arrays["bias_hh_l0"]])[None])

    def forward(self, x: Tensor) -> tuple[Tensor]:
        """Map [batch, steps, inputs] to outputs [batch, steps, units]."""
        outputs = torch.onnx.ops.symbolic(
            "LSTM",
            (x.transpose(0, 1), self.inputs, self.recurrent, self.biases),
            attrs={"hidden_size": self.units},
            dtype=x.dtype,
            # What ONNX puts between steps and batch are the directions.
            shape=(x.shape[1], 1, x.shape[0], self.units),
            version=OPSET,
        )
        return (outputs[:, 0].transpose(0, 1),)


def with_operators(module: nn.Module) -> nn.Module:
    """Copy a module, with the LSTM layers in it made operators."""
    copied = copy.deepcopy(module)
    for parent in list(copied.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.LSTM):
                setattr(parent, name, LSTMOperator(child))
    return copied


def _gates(array: Tensor) -> Tensor:
    """Bring PyTorch's gates i f g o, along the first axis, into the order of ONNX, i o f g."""
    i, f, g, o = array.chunk(4)
    return torch.cat([i, o, f, g])
