"""Unpacking an archive that a stranger made: all of it is checked before any of it is written."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NoReturn

from ser.errors import DataError
from ser.fetch.archive import CHUNK, Member, opened, read_plainly
from ser.fetch.part import on_disk, refuse_full_disk
from ser.progress import track

_DEVICE = re.compile(r"(con|nul|aux|prn|conin\$|conout\$|(com|lpt)[0-9]) *(\..*)?", re.IGNORECASE | re.DOTALL)
"""What Windows takes for a device, whatever suffix follows."""
_LONGEST_PART = 255
"""Bytes of a file or folder name that file systems take."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories of characters that show as nothing, or turn the writing round."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What no honest corpus archive exceeds.

    Attributes:
        entries: files and folders.
        size: bytes, all files unpacked.
        ratio: bytes unpacked for each byte of the archive.
        free: bytes unpacked from which the ratio counts.
        depth: folders within folders.
    """

    entries: int
    size: int
    ratio: float
    free: int
    depth: int


# The largest of the eleven corpora has some 40,000 files with all side files; speech is packed to a half at best.
LIMITS = Limits(entries=60_000, size=64 << 30, ratio=100.0, free=64 << 20, depth=20)


def unpack(archive: Path, folder: Path, limits: Limits) -> int:
    """Unpack a zip or tar archive into a folder.

    Nothing is written before every entry has been checked: no path leads out of the folder, nothing is a link, a device
    or encrypted, no name can be taken for another, and the whole is of honest size. Files are written without the
    archive's permissions. A second copy of a file under a name that differs in case or in Unicode form only (archives
    made on other systems hold such) is passed over when its content is the same. Archives inside stay as they are.

    Args:
        archive: the archive, told by its content.
        folder: where to; must hold nothing that the archive also holds. Parts of a failed unpacking may remain, so let
            it be a temporary one.
        limits: what is too much.

    Returns:
        The number of files written.

    Raises:
        DataError: when the archive is unfit, damaged or hostile; the message names the entry.
        StoreError: when the disk has too little room.
    """
    with opened(archive, limits.entries) as members:
        files = _checked(members, archive, limits)
        with on_disk(folder):
            folder.mkdir(parents=True, exist_ok=True)
        refuse_full_disk(folder, sum(member.size for _, member in files))
        written: dict[str, Path] = {}
        for relative, member in track(files, total=len(files), what=f"unpacking {archive.name}"):
            key = _folded(relative)
            if key in written:
                _same(member, written[key], archive)
                continue
            written[key] = folder / relative
            _write(member, written[key], archive)
    return len(written)


def _checked(members: Iterator[Member], archive: Path, limits: Limits) -> list[tuple[PurePosixPath, Member]]:
    """Return the files with their paths below the target; raise for the first entry that is unfit."""
    packed = archive.stat().st_size
    files: list[tuple[PurePosixPath, Member]] = []
    sizes: dict[str, int] = {}
    folders: set[str] = set()
    total = 0
    for count, member in enumerate(members, 1):
        total += member.size + member.header
        if count > limits.entries:
            _refuse(archive, f"at most {limits.entries} entries", "more")
        if total > min(limits.size, max(limits.free, limits.ratio * packed)):
            _refuse(archive, "contents of an honest size", f"more than {total} bytes packed into {packed}")
        if member.kind == "other":
            _refuse(archive, "files and folders only", f"{member.what}: {_shown(member.name)}")
        relative = _safe(member.name, archive, limits)
        folders.update(_folded(parent) for parent in relative.parents)
        if member.kind == "folder":
            folders.add(_folded(relative))
        elif sizes.setdefault(_folded(relative), member.size) != member.size:
            _refuse(archive, "one content for each name", f"two for {_shown(member.name)}")
        else:
            files.append((relative, member))
    both = folders & sizes.keys()
    if both:
        _refuse(archive, "files and folders of different names", f"both called {_shown(min(both))}")
    if not files:
        _refuse(archive, "files", "none at all")
    return files


def _safe(name: str, archive: Path, limits: Limits) -> PurePosixPath:
    """Return an entry's path below the target, or refuse it."""
    slashed = name.replace("\\", "/")
    unseen = any(unicodedata.category(character) in _UNSEEN for character in name)
    if unseen or slashed.startswith("/"):
        _refuse(archive, "names in plain characters, below the archive's root", _shown(name))
    parts = [part for part in slashed.split("/") if part not in ("", ".")]
    if ".." in parts:
        _refuse(archive, "names that stay below the archive's root", _shown(name))
    if any(len(part.encode()) > _LONGEST_PART for part in parts) or len(parts) > limits.depth:
        _refuse(archive, "names that a file system takes", f"{_shown(name)}, too long or too deep")
    if any(_means_else_on_windows(part) for part in parts):
        _refuse(archive, "names that every file system takes as they are", _shown(name))
    return PurePosixPath(*parts)


def _means_else_on_windows(part: str) -> bool:
    """Tell a drive, a second stream of a file, a device, or a name that loses its end there.

    Example:
        >>> [_means_else_on_windows(part) for part in ("c:", "a.wav:b", "NUL.txt", "com\u00b9", "a. ", "console.wav")]
        [True, True, True, True, True, False]
    """
    return ":" in part or part[-1] in ". " or bool(_DEVICE.fullmatch(unicodedata.normalize("NFKC", part)))


def _folded(path: PurePosixPath) -> str:
    """Return what a path is on a file system that knows neither case nor Unicode forms."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(path)).casefold())


def _write(member: Member, target: Path, archive: Path) -> None:
    with on_disk(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        stream = target.open("xb")
    with stream:
        for chunk in _chunks(member, archive):
            with on_disk(target):
                stream.write(chunk)


def _same(member: Member, first: Path, archive: Path) -> None:
    """Refuse a second content under one name."""
    with first.open("rb") as stream:
        for chunk in _chunks(member, archive):
            if stream.read(len(chunk)) != chunk:
                _refuse(archive, "one content for each name", f"two for {_shown(member.name)}")


def _chunks(member: Member, archive: Path) -> Iterator[bytes]:
    """Read a member; neither less nor more comes than it declares."""
    left = member.size
    with read_plainly(archive), contextlib.closing(member.open()) as stream:
        while left > 0 and (chunk := stream.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
        longer = stream.read(1)  # Reaching the end is also what compares the checksum of a zip's member.
    if left or longer:
        _refuse(archive, f"{member.size} bytes in {_shown(member.name)}, as declared", "more" if longer else "fewer")


def _shown(name: str) -> str:
    return ascii(name if len(name) <= 80 else f"{name[:77]}...")


def _refuse(archive: Path, expected: str, received: str) -> NoReturn:
    raise DataError(
        expected=f"an archive with {expected}",
        received=received,
        where=archive,
        fix="Nothing unpacked from it is kept. Get the file from the publisher again; if it is still so, do not use "
        "it.",
    )
