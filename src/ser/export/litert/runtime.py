"""LiteRT files run on this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ser.arrays import Float32
from ser.errors import DataError, StoreError
from ser.export.litert import file, library
from ser.export.litert.graph import OPERATORS

_SMALLEST, _LARGEST = -128, 127
# What libraries raise over a damaged file, or one that others wrote.
_DAMAGE = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """How real values become whole numbers: value = scale · (number - zero).

    Attributes:
        scale: of one step.
        zero: the number that stands for 0.
    """

    scale: float
    zero: int


@dataclass(frozen=True, kw_only=True)
class LiteRTModel:
    """A LiteRT file, ready to run; from one thread at a time.

    Attributes:
        metadata: the texts that :func:`ser.export.litert.model.write` was given.
        shape: of one clip: [frames, width] or [width].
        classes: how many probabilities it gives.
        mean: float32, [width]: taken out of features before they enter; zeros where the graph does so itself.
        scale: float32, [width]: what they are then divided by.
        given: how the input is rounded; None where it is float32.
        result: how the output is rounded; None where it is float32.
    """

    metadata: dict[str, str]
    shape: tuple[int, ...]
    classes: int
    mean: Float32
    scale: Float32
    given: Rounding | None
    result: Rounding | None
    _interpreter: Any = field(repr=False)

    @classmethod
    def load(cls, source: bytes | Path) -> LiteRTModel:
        """Read a file that :func:`ser.export.litert.model.write` wrote. Nothing of it is run as code.

        Args:
            source: the file or its content.

        Raises:
            StoreError: when it is missing or no such file.
            ConfigError: when the extra litert is not installed.
        """
        content = source if isinstance(source, bytes) else _read(source)
        where = "the model file" if isinstance(source, bytes) else source
        try:
            # First the interpreter, which checks that nothing in the file points out of it.
            interpreter = _started(content)
            entries = file.entries_of(content)
            metadata = json.loads(entries[file.METADATA])
            (given,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
            shape = tuple(int(size) for size in given["shape"][1:])
            plain = np.stack([np.zeros(shape[-1]), np.ones(shape[-1])]).astype(np.float32)
            scaling = entries.get(file.SCALING, plain.tobytes())
            mean, scale = np.frombuffer(scaling, np.float32).reshape(2, shape[-1])
        except _DAMAGE as error:
            raise _damaged(where, error) from error
        if foreign := file.operators_of(content) - OPERATORS:
            raise _damaged(where, ValueError(f"operators that no model of ser has: {', '.join(sorted(foreign))}"))
        return cls(
            metadata=metadata,
            shape=shape,
            classes=int(result["shape"][-1]),
            mean=mean,
            scale=scale,
            given=_rounding(given),
            result=_rounding(result),
            _interpreter=interpreter,
        )

    def probabilities(self, features: Float32) -> Float32:
        """Give class probabilities.

        Args:
            features: as the recipe gives them, float32, shape [n, frames, width], or [n, width] for vectors.

        Returns:
            float32, shape [n, classes]; rows sum to 1, or nearly so where the output is rounded.

        Raises:
            DataError: when clips are not of the model's shape.
        """
        if features.shape[1:] != self.shape:
            raise DataError(
                expected=f"clips of shape {list(self.shape)}",
                received=list(features.shape[1:]),
                where="features",
                fix="Extract features with the recipe and the number of frames that the model was exported for.",
            )
        found = np.empty((len(features), self.classes), np.float32)
        for row, clip in zip(found, features, strict=True):
            row[:] = self._one(clip)
        return found

    def _one(self, clip: Float32) -> Float32:
        (given,), (result,) = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        # Recurrent layers keep their states from one clip to the next unless told otherwise.
        self._interpreter.reset_all_variables()
        self._interpreter.set_tensor(given["index"], self._entering(clip)[None])
        self._interpreter.invoke()
        values: Float32 = self._interpreter.get_tensor(result["index"])[0]
        if self.result is None:
            return values
        real: Float32 = (values.astype(np.float32) - self.result.zero) * np.float32(self.result.scale)
        return real

    def _entering(self, clip: Float32) -> npt.NDArray[Any]:
        scaled = ((clip - self.mean) / self.scale).astype(np.float32)
        if self.given is None:
            return scaled
        whole = np.rint(scaled / self.given.scale) + self.given.zero
        bounded: npt.NDArray[np.int8] = np.clip(whole, _SMALLEST, _LARGEST).astype(np.int8)
        return bounded


def _started(content: bytes) -> Any:  # noqa: ANN401
    tools = library.interpreter()
    # Without the accelerated kernels of desktops: nearer to what runs on a device, and quiet.
    plain = tools.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    started = tools.Interpreter(model_content=content, experimental_op_resolver_type=plain, num_threads=1)
    started.allocate_tensors()
    return started


def _rounding(details: Any) -> Rounding | None:  # noqa: ANN401
    scale, zero = details["quantization"]
    return None if scale == 0 else Rounding(scale=float(scale), zero=int(zero))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _damaged(path, error) from error


def _damaged(where: object, error: Exception) -> StoreError:
    return StoreError(
        expected="a LiteRT (TensorFlow Lite) model written by ser",
        received=str(error),
        where=where,
        fix="Export the run again.",
    )
