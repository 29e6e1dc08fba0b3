"""Checkpoints that are whole, or known not to be."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any, cast

import torch
from lightning.pytorch.plugins.io import CheckpointIO

from ser.errors import StoreError
from ser.files import written_aside

_HASH_BYTES = 32


def read(path: Path) -> dict[str, Any]:
    """Read a checkpoint without running code from it.

    Raises:
        StoreError: when it is cut or altered.
    """
    content = path.read_bytes()
    if hashlib.sha256(content[_HASH_BYTES:]).digest() != content[:_HASH_BYTES]:
        raise StoreError(
            expected="a whole checkpoint",
            received="other bytes than were written",
            where=path,
            fix="Delete it to train this fold from its start.",
        )
    return cast("dict[str, Any]", torch.load(io.BytesIO(content[_HASH_BYTES:]), weights_only=True))


class WholeFiles(CheckpointIO):
    """Lightning's way to disk: the hash of the content first, written aside and renamed."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: object = None) -> None:
        """Write a checkpoint. See :class:`CheckpointIO`."""
        content = io.BytesIO()
        torch.save(checkpoint, content)
        with written_aside(Path(path)) as aside:
            aside.write_bytes(hashlib.sha256(content.getbuffer()).digest() + content.getbuffer())

    def load_checkpoint(
        self, path: str | Path, map_location: object = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """Read a checkpoint. See :class:`CheckpointIO`."""
        return read(Path(path))

    def remove_checkpoint(self, path: str | Path) -> None:
        """Delete a checkpoint."""
        Path(path).unlink(missing_ok=True)
