"""TorchScript files: features in, probabilities out. Such a file holds a program, so that only trusted ones are run."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import torch

from ser.arrays import Float32, Int64
from ser.errors import StoreError
from ser.export.ensemble import Ensemble
from ser.export.record import KEY, Record

_ENTRY = f"{KEY}.json"
# Raised by the loader for archives that are damaged or lack parts, and by the program itself.
_FAULTS = (RuntimeError, ValueError, OSError, KeyError, AttributeError, TypeError)


def content(ensemble: Ensemble, record: Record) -> bytes:
    """Write an ensemble as a program.

    Its method `forward` takes features, float32, [batch, 1, width] for vectors and [batch, frames, width] for
    sequences, and the true frames of each clip, int64, [batch] (1 for vectors); it gives the logarithms of the class
    probabilities and the probabilities, float32, [batch, classes].

    Args:
        ensemble: the members.
        record: what goes with them.
    """
    stream = io.BytesIO()
    with warnings.catch_warnings():
        # PyTorch asks for its newer format, whose files need the same version to be read.
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(ensemble), stream, _extra_files={_ENTRY: record.text()})
    return stream.getvalue()


class ScriptRun:
    """A program of a trusted file. See :data:`ser.export.engine.Run`.

    Args:
        path: the file, for messages.
        data: its bytes.
        trusted: whether the user vouches for the file.

    Raises:
        StoreError: when nobody vouches for it, or it cannot be loaded.
    """

    def __init__(self, path: Path, data: bytes, *, trusted: bool) -> None:
        if not trusted:
            raise StoreError(
                expected="a model file that holds no program",
                received="TorchScript, which is one",
                where=path,
                fix="Nothing of it was run. Use an ONNX file (ser export RUN --to onnx); or, if you made this file "
                "yourself or trust whoever did as you trust a program of theirs, add --trust.",
            )
        self._path = path
        extra: dict[str, Any] = {_ENTRY: ""}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._program: Any = torch.jit.load(  # type: ignore[no-untyped-call]
                    io.BytesIO(data), map_location="cpu", _extra_files=extra
                )
        except _FAULTS as error:
            raise _damaged(path, error) from error
        text = extra[_ENTRY]
        self.entries = {KEY: text.decode("utf-8", "replace") if isinstance(text, bytes) else text}

    def __call__(self, batch: Float32, lengths: Int64) -> Float32:
        """Run the program."""
        x = torch.from_numpy(batch)
        try:
            with torch.inference_mode():
                _, answers = self._program(x[:, None] if x.dim() == 2 else x, torch.from_numpy(lengths))
                found: Float32 = answers.numpy()
        except _FAULTS as error:
            raise _damaged(self._path, error) from error
        return found


def _damaged(path: Path, error: Exception) -> StoreError:
    return StoreError(
        expected="a TorchScript model that `ser export` wrote",
        received=f"a file that cannot be loaded or run ({type(error).__name__})",
        where=path,
        fix="Export the model again, or fetch the file again.",
    )
