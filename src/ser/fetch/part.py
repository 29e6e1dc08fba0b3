"""What is there of a file that is being downloaded."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from ser.errors import StoreError


class Part:
    """What is there of a file, and the server's mark (ETag or date) of the version it is part of.

    Args:
        target: the file that it becomes; the part lies beside it under a hidden name.
    """

    def __init__(self, target: Path) -> None:
        self.file = target.with_name(f".{target.name}.part")
        self.validator = target.with_name(f".{target.name}.version")

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.file.stat().st_size if self.file.exists() else 0

    @property
    def mark(self) -> str:
        """What names the version that was begun; empty when the server gave it no name."""
        return self.validator.read_text(encoding="utf-8") if self.validator.exists() else ""

    def begin(self, mark: str) -> None:
        """Forget what is there and remember the version that comes."""
        with on_disk(self.file):
            self.file.write_bytes(b"")
            self.validator.write_text(mark, encoding="utf-8")

    def forget(self) -> None:
        """Remove it."""
        self.file.unlink(missing_ok=True)
        self.validator.unlink(missing_ok=True)


@contextlib.contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Tell trouble with the disk from trouble with the network."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            expected="to write it",
            received=f"{error.strerror or error}",
            where=path,
            fix="Free some disk space, or choose another folder with --data-dir DIR, and run the same command again.",
        ) from error


def refuse_full_disk(folder: Path, needed: int) -> None:
    """Refuse to begin what cannot end.

    Args:
        folder: where it goes.
        needed: bytes to come.

    Raises:
        StoreError: when the disk has less room.
    """
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise StoreError(
            expected=f"{needed / 1e6:.0f} MB of free disk space",
            received=f"{free / 1e6:.0f} MB",
            where=folder,
            fix="Free some space, or choose another folder with --data-dir DIR.",
        )
