"""Looking into an archive without trusting it: what it holds, before anything is written."""

from __future__ import annotations

import bz2
import contextlib
import functools
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

from ser.errors import DataError
from ser.fetch.wary import LARGEST_HEADER, WaryStream, WaryTar, refuse_crowded_zip
from ser.fetch.xz import open_xz

Kind = Literal["file", "folder", "other"]
CHUNK = 1 << 18
_PACKED: dict[bytes, Callable[[Path], IO[bytes]]] = {
    b"\x1f\x8b": cast("Callable[[Path], IO[bytes]]", gzip.open),
    b"BZh": cast("Callable[[Path], IO[bytes]]", bz2.open),
    b"\xfd7zXZ": open_xz,
}
POINTER = b"version https://git-lfs"
"""How the note begins that git-LFS keeps in the place of a file."""
_OTHER_FORMATS = {
    b"rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    POINTER: "a git-LFS pointer",
}
_DAMAGED = "Download it again; if it is damaged again, it is so where it is published."


@dataclass(frozen=True, kw_only=True)
class Member:
    """An entry of an archive.

    Attributes:
        name: as stored.
        kind: "other" is what no corpus has: links, devices, pipes, files encrypted or packed by LZMA.
        what: what it is, in words.
        size: in bytes when unpacked, as declared.
        open: gives its bytes.
        header: bytes of its headers when unpacked, where they are packed too.
    """

    name: str
    kind: Kind
    what: str
    size: int
    open: Callable[[], IO[bytes]]
    header: int = 0


@contextlib.contextmanager
def opened(path: Path, most: int) -> Iterator[Iterator[Member]]:
    """Open a zip or tar archive (plain, gzip, bzip2 or xz), told by its content.

    Args:
        path: the archive.
        most: entries from which on a zip is refused without being read further.

    Yields:
        Its members in order, read as they are asked for.

    Raises:
        DataError: when it is no such archive, cut short or damaged; also later, when a member is asked for.
    """
    with contextlib.ExitStack() as stack:
        with read_plainly(path):
            members = _members(path, stack, most)
        yield _told_plainly(members, path)


def _members(path: Path, stack: contextlib.ExitStack, most: int) -> Iterator[Member]:
    with path.open("rb") as stream:
        head = stream.read(32)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        refuse_crowded_zip(path, most)
        return _zip_members(stack.enter_context(zipfile.ZipFile(path)))
    opener = next((opener for start, opener in _PACKED.items() if head.startswith(start)), None)
    wary = WaryStream(stack.enter_context(opener(path) if opener else path.open("rb")), path)
    _refuse_no_tar(wary, path, head)
    return _tar_members(stack.enter_context(WaryTar(wary)), wary, path)


def _told_plainly(members: Iterator[Member], path: Path) -> Iterator[Member]:
    with read_plainly(path):
        yield from members


@contextlib.contextmanager
def read_plainly(path: Path) -> Iterator[None]:
    """Turn whatever the readers of archives raise into words.

    Args:
        path: the archive.

    Raises:
        DataError: for a missing, damaged or cut archive.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(
            expected="an archive", received="no such file", where=path, fix="Check the path of the downloaded file."
        ) from error
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        lzma.LZMAError,
        zlib.error,
        EOFError,
        NotImplementedError,
        ValueError,
        OSError,
        OverflowError,
        RecursionError,
        MemoryError,
        struct.error,
    ) as error:
        reason = str(error) or type(error).__name__
        raise DataError(
            expected="a whole archive", received=f"one that cannot be read ({reason})", where=path, fix=_DAMAGED
        ) from error


def _zip_members(archive: zipfile.ZipFile) -> Iterator[Member]:
    for info in archive.infolist():
        kind, what = _zip_kind(info)
        # `filename` ends at a NUL; `orig_filename` is what stands in the archive.
        name = info.orig_filename if "\0" in info.orig_filename else info.filename
        yield Member(name=name, kind=kind, what=what, size=info.file_size, open=functools.partial(archive.open, info))


def _zip_kind(info: zipfile.ZipInfo) -> tuple[Kind, str]:
    if info.flag_bits & 0x1:
        return "other", "an encrypted file"
    if info.compress_type == zipfile.ZIP_LZMA:
        return "other", "a file packed by LZMA, which may ask for any amount of memory"
    if info.is_dir():
        return "folder", "a folder"
    form = stat.S_IFMT(info.external_attr >> 16)
    if form not in (0, stat.S_IFREG):
        return "other", "a link" if form == stat.S_IFLNK else "a device or a pipe"
    return "file", "a file"


def _tar_members(archive: WaryTar, stream: WaryStream, path: Path) -> Iterator[Member]:
    for info in archive:
        kind, what = _tar_kind(info)
        # The archive keeps its members; what is not needed of them, and may be long, shall not be kept.
        info.pax_headers, info.linkname, info.uname, info.gname = {}, "", "", ""
        open_ = cast("Callable[[], IO[bytes]]", functools.partial(archive.extractfile, info))
        yield Member(name=info.name, kind=kind, what=what, size=info.size, open=open_, header=stream.spent)
    # tarfile takes a damaged header for the end of the archive; a whole one ends with a block of zeros.
    stream.seek(archive.offset)
    if stream.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise DataError(expected="a whole archive", received="one that is cut short", where=path, fix=_DAMAGED)
    # The padding that follows leads to the checksum of a packed archive, which is compared when it is reached.
    stream.read(LARGEST_HEADER)


def _tar_kind(info: tarfile.TarInfo) -> tuple[Kind, str]:
    if info.issym() or info.islnk():
        return "other", "a link"
    if info.size < 0:
        return "other", "a file of less than nothing"
    if info.isdir():
        return "folder", "a folder"
    return ("file", "a file") if info.isreg() else ("other", "a device or a pipe")


def _refuse_no_tar(stream: WaryStream, path: Path, head: bytes) -> None:
    try:
        tarfile.TarInfo.frombuf(stream.read(tarfile.BLOCKSIZE), tarfile.ENCODING, "surrogateescape")
    except tarfile.TarError as error:
        known = [what for start, what in _OTHER_FORMATS.items() if head.lower().startswith(start)]
        received = (known or ["something else"])[0] if head else "an empty file"
        by_hand = "Unpack it by hand into the corpus folder." if "archive" in received else "Download the file again."
        raise DataError(expected="a zip or tar archive", received=received, where=path, fix=by_hand) from error
    stream.seek(0)
