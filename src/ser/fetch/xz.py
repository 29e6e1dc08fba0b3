"""Reading xz in bounded memory: an xz file says itself how much it takes to unpack, and `lzma.open` knows no limit."""

from __future__ import annotations

import io
import lzma
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from ser.errors import DataError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MEMORY = 128 << 20
"""Bytes to unpack with. The strongest preset of `xz` takes 65 MiB; a header may ask for 4 GiB."""
_CHUNK = 1 << 18
_BEYOND = "Memory usage limit exceeded"
"""How `lzma` says so, which has no class of its own for it."""


def open_xz(path: Path) -> IO[bytes]:
    """Open an xz file for reading; it can be sought, backwards by beginning again.

    Args:
        path: the file.

    Raises:
        DataError: later, when it asks for more memory than `MEMORY`.
        LZMAError: later, when it is damaged.
        EOFError: later, when it is cut short.
    """
    return cast("IO[bytes]", io.BufferedReader(_Xz(path), _CHUNK))


class _Xz(io.RawIOBase):
    """What the streams of an xz file hold, one after another."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file = path.open("rb")
        self._at = 0
        self._unpacker = _unpacker()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence != io.SEEK_SET:
            raise io.UnsupportedOperation("places are counted from the start")
        if offset < self._at:
            self._file.seek(0)
            self._at, self._unpacker = 0, _unpacker()
        while self._at < offset and self.read(min(_CHUNK, offset - self._at)):
            pass
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        chunk = self._next(len(view))
        view[: len(chunk)] = chunk
        self._at += len(chunk)
        return len(chunk)

    def _next(self, most: int) -> bytes:
        chunk = b""
        while not chunk:
            packed = b""
            if self._unpacker.eof:
                packed = self._next_stream()
                if not packed:
                    break
                self._unpacker = _unpacker()
            elif self._unpacker.needs_input:
                packed = self._file.read(_CHUNK)
                if not packed:
                    raise EOFError("cut short")
            chunk = self._unpacked(packed, most)
        return chunk

    def _next_stream(self) -> bytes:
        """Return the start of the stream that follows the zeros after this one; empty when none does."""
        packed = self._unpacker.unused_data.lstrip(b"\0")
        while not packed and (more := self._file.read(_CHUNK)):
            packed = more.lstrip(b"\0")
        return packed

    def _unpacked(self, packed: bytes, most: int) -> bytes:
        try:
            return self._unpacker.decompress(packed, most)
        except lzma.LZMAError as error:
            if str(error) != _BEYOND:
                raise
            raise DataError(
                expected=f"an xz archive that takes at most {MEMORY >> 20} MiB of memory to unpack",
                received="one that asks for more",
                where=self._path,
                fix="Do not unpack it, unless you know who packed it; then unpack it by hand into the corpus folder.",
            ) from error


def _unpacker() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY)
