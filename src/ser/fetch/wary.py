"""Reading the headers of a stranger's archive within bounds: none of them may fill the memory or take hours."""

from __future__ import annotations

import contextlib
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NoReturn, cast
from zipfile import _EndRecData  # type: ignore[attr-defined]  # What `ZipFile` itself finds: no second opinion.

from ser.errors import DataError

LARGEST_HEADER = 1 << 20
"""Bytes of all headers of one member of a tar. None has more; more is there to fill the memory."""
_MOST_READS = 64
"""Reads for the headers of one member: each header that leads to another takes one or two."""
_MOST_RECORDS = 64
"""Records of a pax header together with the global ones; tarfile copies them for each member."""
_LONGEST_NUMBER = 100
"""Digits in a row in a pax header; for n of them tarfile's search takes n² steps (CVE-2024-6232)."""
_ENTRY_BYTES = 1 << 10
"""Bytes of an entry in the directory of a zip, on average at most; 46 and its name are usual."""
_RECORD = re.compile(rb"([0-9]{1,7}) ([^=\n]{1,255})=")
_DIGITS = re.compile(rb"[0-9]+")


class WaryStream:
    """A stream for :class:`WaryTar` that counts what is read for the headers of one member.

    Attributes:
        spent: bytes read for the headers of the member that was read last.
    """

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream = stream
        self._path = path
        self._reads = 0
        self._counts = False
        self._ahead = b""
        self.spent = 0
        self.seek = stream.seek
        self.tell = stream.tell

    @contextlib.contextmanager
    def headers(self) -> Iterator[None]:
        """Count, while this lasts, what is read as the headers of one member."""
        self.spent, self._reads, self._counts = 0, 0, True
        try:
            yield
        finally:
            self._counts = False

    def read(self, size: int) -> bytes:
        """Read; refuse what exceeds the bounds before it is read."""
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            return ahead
        if not 0 <= size <= LARGEST_HEADER:
            self.refuse(f"headers of at most {LARGEST_HEADER} bytes", f"one that asks for {size}")
        if self._counts:
            self.spent += size
            self._reads += 1
            if self.spent > LARGEST_HEADER or self._reads > _MOST_READS:
                self.refuse(f"headers of at most {LARGEST_HEADER} bytes for a file", "a chain of too many")
        return self._stream.read(size)

    def peek(self, size: int) -> bytes:
        """Read what the next call of `read` returns again."""
        self._ahead = self.read(size)
        return self._ahead

    def refuse(self, expected: str, received: str) -> NoReturn:
        """Refuse the archive."""
        _refuse(self._path, expected, received)


class WaryTar(tarfile.TarFile):
    """A tar whose headers are read from a :class:`WaryStream`."""

    def __init__(self, stream: WaryStream) -> None:
        super().__init__(fileobj=cast("IO[bytes]", stream), tarinfo=_WaryInfo, errorlevel=2)

    def next(self) -> tarfile.TarInfo | None:
        """Return the next member."""
        with cast("WaryStream", self.fileobj).headers():
            return super().next()


class _WaryInfo(tarfile.TarInfo):
    """A header that refuses maps of sparse files before they are read, and pax records made to do harm."""

    def _refuse_sparse(self, *_: object) -> NoReturn:
        raise tarfile.ReadError("sparse files are not unpacked")

    _proc_sparse = _refuse_sparse
    _proc_gnusparse_00 = _refuse_sparse
    _proc_gnusparse_01 = _refuse_sparse
    _proc_gnusparse_10 = _refuse_sparse

    def _proc_pax(self, tar: WaryTar) -> tarfile.TarInfo:
        stream = cast("WaryStream", tar.fileobj)
        records = stream.peek(self._block(self.size))  # type: ignore[attr-defined]
        if any(len(digits) > _LONGEST_NUMBER for digits in _DIGITS.findall(records)):
            stream.refuse("numbers of an honest length in its headers", "longer ones")
        count = len(tar.pax_headers)
        for keyword in _keywords(records.rstrip(b"\0")):
            count += 1
            if keyword.startswith(b"GNU.sparse."):
                self._refuse_sparse()
            if count > _MOST_RECORDS:
                stream.refuse(f"at most {_MOST_RECORDS} records in its headers", "more")
        return cast("tarfile.TarInfo", super()._proc_pax(tar))  # type: ignore[misc]


def _keywords(records: bytes) -> Iterator[bytes]:
    r"""Give the keywords of pax records; raise for overlapping ones, of which tarfile makes many long keywords.

    Example:
        >>> list(_keywords(b"12 path=a=b\n10 uid=42\n"))
        [b'path', b'uid']
    """
    start = 0
    while start < len(records):
        record = _RECORD.match(records, start)
        end = start + int(record[1]) if record else 0
        if record is None or record.end() >= end or records[end - 1 : end] != b"\n":
            raise tarfile.ReadError("bad pax header")
        yield record[2]
        start = end


def refuse_crowded_zip(path: Path, most: int) -> None:
    """Look into the directory of a zip before `ZipFile` makes an object of each of its entries.

    Args:
        path: the archive.
        most: entries that are still allowed.

    Raises:
        DataError: when there are more, whatever number is declared.
    """
    with path.open("rb") as stream:
        end: list[Any] | None = _EndRecData(stream)
        if end is None:
            raise zipfile.BadZipFile("File is not a zip file")
        signature, declared, size, location = end[0], end[4], end[5], end[9]
        if declared > most:
            _refuse(path, f"at most {most} entries", f"{declared}")
        if size > most * _ENTRY_BYTES:
            _refuse(path, f"at most {most} entries", f"a directory of {size} bytes")
        # The declared number binds nobody: `ZipFile` reads as many entries as the directory is long.
        stream.seek(max(0, location - size - (76 if signature == b"PK\x06\x06" else 0)))
        if stream.read(size).count(b"PK\x01\x02") > most:
            _refuse(path, f"at most {most} entries", f"more, while {declared} are declared")


def _refuse(path: Path, expected: str, received: str) -> NoReturn:
    raise DataError(
        expected=f"an archive with {expected}",
        received=received,
        where=path,
        fix="Do not unpack this archive: it is made to do harm, or damaged.",
    )
