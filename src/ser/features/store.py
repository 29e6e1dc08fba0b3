"""The feature store: what was computed once is found again by what it is.

A *space* holds the features of any number of clips under one description (recipe, loading, augmentation, code). Its
name is the hash of that description, so that a changed setting or a changed line of code never meets old values.
Within a space a clip is found by the hash of its audio file.

What keeps it whole is that packs are written aside, renamed, and never changed. The lock saves work, so that nobody
computes what another is computing; where it does not reach, as on a network filesystem mounted without locks, work
may be done twice and no value is lost or wrong. On such filesystems a reader must not hold the map of a pack while
another machine's extraction ends and merges it: there, and not on local disks, a removed file is gone for its readers.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ser.arrays import Float32, Kind, Ragged
from ser.errors import StoreError
from ser.features import pack as packs
from ser.features.gather import gather
from ser.features.pack import DamagedPackError, Pack
from ser.files import digest, lock_if_free, locked, read_json, write_json

Found = TypeVar("Found")

_log = logging.getLogger(__name__)

# Packs smaller than this are merged by `compact`; larger ones stay, so that a large space is not rewritten whenever
# a few clips are added. As much again is merged at a time, which bounds memory.
_SMALL_BYTES = 64 * 2**20
# Every pack that is merged is an open file, of which a process may have few (often 1024).
_MERGED_AT_ONCE = 128
# What is half-made for so long was left by a killed process. A younger one may still be writing, where a lock does not
# reach it: on another machine, or orphaned.
_ABANDONED_S = 3600
_RECORD = "space.json"
_NAME = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, kw_only=True)
class Store:
    """All spaces below one folder.

    Attributes:
        root: the folder; it need not exist yet.
    """

    root: Path

    def space(self, description: Mapping[str, object], *, kind: Kind, width: int, about: Mapping[str, object]) -> Space:
        """Name the space of a description; nothing is read or written.

        Args:
            description: everything that decides the values, as plain data.
            kind: "vector" or "sequence".
            width: values a row.
            about: what listings say of it, as plain data; no part of its name.
        """
        folder = self.root / digest(description)
        return Space(folder=folder, description=dict(description), kind=kind, width=width, about=dict(about))

    def spaces(self) -> list[Space]:
        """List the spaces that are here, in order of their names.

        One whose record is lost, or was written in another form, has an empty description.
        """
        folders = sorted(path for path in self.root.glob("*") if path.is_dir() and _NAME.fullmatch(path.name))
        unknown: dict[str, Any] = {"description": {}, "kind": "vector", "width": 0, "about": {}}
        return [Space(folder=folder, **(_record(folder) or unknown)) for folder in folders]


@dataclass(frozen=True, kw_only=True)
class Space:
    """Features of clips under one description.

    Reading needs no lock. Whoever writes (`add`, `compact`) holds `lock`, or works for a process that does.

    Attributes:
        folder: where its packs lie; the last part is the hash of the description.
        description: everything that decides the values.
        kind: "vector" or "sequence".
        width: values a row.
        about: what listings say of it.
    """

    folder: Path
    description: dict[str, object]
    kind: Kind
    width: int
    about: dict[str, object]

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the space for writing, cleared of what is damaged; others wait. A killed holder lets go."""
        with locked(self.folder):
            if _record(self.folder) is None:
                record = {"description": self.description, "kind": self.kind, "width": self.width, "about": self.about}
                write_json(self.folder / _RECORD, record)
            self._touch()
            _clear_abandoned(self.folder)
            for folder in self._folders():
                _remove_when_damaged(folder, packs.check)
            yield

    def missing(self, keys: Iterable[str]) -> list[str]:
        """List the clips that are not here, or not as they were written, each once, in the order given.

        The first time in a process every pack is read in full: whoever asks means to rely on the others.
        """
        here = _settled(lambda: {key for pack in self._packs(packs.check) for key in pack.keys})
        return [key for key in dict.fromkeys(keys) if key not in here]

    def keys(self) -> set[str]:
        """Give the clips that are here, by the packs' indices alone."""
        return _settled(lambda: {key for pack in self._packs() for key in pack.keys})

    def add(self, clips: Mapping[str, Float32]) -> None:
        """Write the features of some clips as one pack.

        Args:
            clips: audio hash -> float32 of shape [rows, width].

        Raises:
            StoreError: when the disk is full or the folder cannot be written; nothing half-written is left.
        """
        self._write(clips)

    def read(self, keys: Sequence[str]) -> Ragged:
        """Gather the features of some clips, in the order given.

        Clips that lie side by side in one pack are given as a view of the memory map, others are copied together.

        Args:
            keys: hashes of the clips' audio; one may come more than once.

        Raises:
            StoreError: when some are not here.
        """
        self._touch()
        return _settled(lambda: self._gathered(keys))

    def compact(self, order: Sequence[str] = ()) -> None:
        """Merge the small packs that an extraction leaves. Damaged ones are removed instead.

        Args:
            order: clips that are to lie side by side, in the order in which they will be read; others come behind them.

        Raises:
            StoreError: when the disk is full; the small packs stay.
        """
        while len(small := self._mergeable()) > 1:
            # What is gone was merged by another process that the lock does not reach.
            with contextlib.suppress(FileNotFoundError):
                self._merge(small, {key: place for place, key in enumerate(order)})

    def verify(self) -> list[str]:
        """Read every pack in full, and remove those that are damaged, so that the next extraction makes them again.

        Takes the lock itself, and does not count as use.

        Returns:
            What was wrong, a line for each damaged pack.
        """
        with locked(self.folder):
            _clear_abandoned(self.folder)
            problems = [_remove_when_damaged(folder, packs.verify) for folder in self._folders()]
        return [problem for problem in problems if problem]

    def damaged(self) -> int:
        """Count the packs that cannot be opened. A flipped bit is left to `missing` and `verify`, which read all."""
        return _settled(lambda: sum(map(_is_damaged, self._folders())))

    def remove(self) -> bool:
        """Take the space away, unless a process writes to it. Readers keep what they have mapped.

        Returns:
            Whether it is gone.
        """
        with lock_if_free(self.folder) as free:
            if free:
                packs.remove(self.folder)
            return free

    def used(self) -> float:
        """Say when it was last written to or read, in seconds since 1970; 0 when nobody knows."""
        try:
            return (self.folder / _RECORD).stat().st_mtime
        except OSError:
            return 0.0

    def _gathered(self, keys: Sequence[str]) -> Ragged:
        try:
            return gather(list(self._packs()), keys, kind=self.kind, width=self.width)
        except KeyError as absent:
            raise StoreError(
                expected=f"the features of {len(keys)} clips",
                received=f"{absent} of them missing",
                where=self.folder,
                fix="Run `ser features` with the same overrides to compute them.",
            ) from None

    def _mergeable(self) -> list[Pack]:
        """List small packs to merge now: sound to the last byte, since a merged pack vouches for what it was given."""
        found: list[Pack] = []
        for pack in self._packs():
            enough = len(found) > 1 and sum(each.bytes for each in found) >= _SMALL_BYTES
            if enough or len(found) == _MERGED_AT_ONCE:
                break
            if pack.bytes < _SMALL_BYTES and not _remove_when_damaged(pack.folder, packs.check):
                found.append(pack)
        return found

    def _merge(self, small: list[Pack], places: Mapping[str, int]) -> None:
        clips = {key: rows for pack in small for key, rows in pack.clips()}
        ordered = sorted(clips, key=lambda key: (places.get(key, len(places)), key))
        merged = self._write({key: clips[key] for key in ordered})
        for pack in small:
            if pack.folder != merged:
                packs.remove(pack.folder)

    def _write(self, clips: Mapping[str, Float32]) -> Path:
        lengths = [len(rows) for rows in clips.values()]
        return packs.write(self.folder, list(clips), lengths, self.width, clips.values())

    def _touch(self) -> None:
        # A store that others may only read says nothing of when it was read.
        with contextlib.suppress(OSError):
            os.utime(self.folder / _RECORD)

    def _folders(self) -> list[Path]:
        return sorted(path for path in self.folder.glob(f"{packs.PREFIX}*") if path.is_dir())

    def _packs(self, look: Callable[[Pack], None] = lambda _: None) -> Iterator[Pack]:
        """Open all packs, one by one, each looked at; damaged ones are left out, with a warning."""
        for folder in self._folders():
            try:
                pack = packs.read(folder)
                look(pack)
                yield pack
            except DamagedPackError as damage:
                _log.warning("%s is damaged and is not used: %s.", folder, damage)


def _settled(look: Callable[[], Found]) -> Found:
    """Look until no pack is merged away between listing and reading."""
    while True:
        with contextlib.suppress(FileNotFoundError):
            return look()


def _record(folder: Path) -> dict[str, Any] | None:
    """Read what a space says of itself: description, kind, width, about. None when that is lost."""
    try:
        record = read_json(folder / _RECORD)
    except StoreError:
        return None
    return record if isinstance(record, dict) and set(record) == {"description", "kind", "width", "about"} else None


def _clear_abandoned(folder: Path) -> None:
    for leftover in folder.glob(".*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - leftover.lstat().st_mtime > _ABANDONED_S:
                packs.remove(leftover)


def _is_damaged(folder: Path) -> bool:
    try:
        packs.read(folder)
    except DamagedPackError:
        return True
    return False


def _remove_when_damaged(folder: Path, look: Callable[[Pack], None]) -> str | None:
    """Open a pack and look at it, by `packs.check` or `packs.verify`. Returns what was wrong."""
    try:
        look(packs.read(folder))
    except DamagedPackError as damage:
        packs.remove(folder)
        _log.warning("%s was damaged and has been removed, to be computed again: %s.", folder, damage)
        return f"{folder}: {damage}"
    except FileNotFoundError:
        _log.debug("%s was merged by a process that the lock does not reach.", folder)
    return None
