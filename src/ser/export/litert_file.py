"""LiteRT files as engines run them."""

from __future__ import annotations

import threading
from pathlib import Path

from ser.arrays import Float32, Int64
from ser.errors import StoreError
from ser.export.litert.runtime import LiteRTModel


class LiteRTRun:
    """A LiteRT file; its interpreter answers one at a time. See :data:`ser.export.engine.Run`.

    Args:
        path: the file, for messages.
        data: its bytes.

    Raises:
        StoreError: when it is damaged.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        try:
            self._model = LiteRTModel.load(data)
        except StoreError as error:
            raise StoreError(
                expected=error.expected, received=error.received, where=path, fix="Export the model again."
            ) from error
        self._turn = threading.Lock()
        self.entries = self._model.metadata

    def __call__(self, batch: Float32, lengths: Int64) -> Float32:
        """Run the graph, clip by clip."""
        with self._turn:
            found = self._model.probabilities(batch)
        # Rounded ones sum to 1 but nearly.
        answers: Float32 = found / found.sum(axis=1, keepdims=True)
        return answers
