"""The feature store: what was computed once is found again by what it is.

A *space* holds the features of any number of clips under one description (recipe, loading, augmentation, code). Its
name is the hash of that description, so that a changed setting or a changed line of code never meets old values.
Within a space a clip is found by the hash of its audio file.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.arrays import Float32, Kind, Ragged
from ser.errors import StoreError
from ser.features import pack as packs
from ser.features.pack import DamagedPackError, Pack
from ser.files import digest, locked, write_json

_log = logging.getLogger(__name__)

# Packs smaller than this are merged by `compact`; larger ones stay, so that a large space is not rewritten whenever
# a few clips are added.
_SMALL_BYTES = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class Store:
    """All spaces below one folder.

    Attributes:
        root: the folder; it need not exist yet.
    """

    root: Path

    def space(self, description: Mapping[str, object], *, kind: Kind, width: int) -> Space:
        """Name the space of a description; nothing is read or written.

        Args:
            description: everything that decides the values, as plain data.
            kind: "vector" or "sequence".
            width: values a row.
        """
        return Space(folder=self.root / digest(description), description=dict(description), kind=kind, width=width)


@dataclass(frozen=True, kw_only=True)
class Space:
    """Features of clips under one description.

    Reading needs no lock. Whoever writes (`add`, `compact`, `verify`) holds `lock`.

    Attributes:
        folder: where its packs lie; the last part is the hash of the description.
        description: everything that decides the values.
        kind: "vector" or "sequence".
        width: values a row.
    """

    folder: Path
    description: dict[str, object]
    kind: Kind
    width: int

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the space for writing; others wait. A killed holder lets go.

        What a killed writer left half-made is cleared first, and damaged packs are removed.
        """
        with locked(self.folder):
            if not (self.folder / "space.json").exists():
                write_json(self.folder / "space.json", self.description)
            for leftover in self.folder.glob(f".{packs.PREFIX}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            for folder in self._folders():
                _remove_when_damaged(folder)
            yield

    def missing(self, keys: Iterable[str]) -> list[str]:
        """List the clips that are not here, each once, in the order given."""
        here = {key for pack in self._packs() for key in pack.keys}
        return [key for key in dict.fromkeys(keys) if key not in here]

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
        opened = self._packs()
        found = {key: rows for pack in opened for key, rows in pack.clips()}
        absent = sum(key not in found for key in keys)
        if absent:
            raise StoreError(
                expected=f"the features of {len(keys)} clips",
                received=f"{absent} of them missing",
                where=self.folder,
                fix="Run `ser features` with the same overrides to compute them.",
            )
        lengths = [len(found[key]) for key in keys]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        values = _side_by_side(keys, opened)
        if values is None:
            values = np.empty((int(offsets[-1]), self.width), np.float32)
            for index, key in enumerate(keys):
                values[offsets[index] : offsets[index + 1]] = found[key]
        return Ragged(values=values, offsets=offsets, kind=self.kind)

    def compact(self) -> None:
        """Merge the small packs that an extraction leaves into one, clips sorted by hash.

        Raises:
            StoreError: when the disk is full; the small packs stay.
        """
        small = [pack for pack in self._packs() if pack.values.nbytes < _SMALL_BYTES]
        if len(small) < 2:
            return
        clips = {key: rows for pack in small for key, rows in pack.clips()}
        merged = self._write({key: clips[key] for key in sorted(clips)})
        for pack in small:
            if pack.folder != merged:
                packs.remove(pack.folder)

    def verify(self) -> list[str]:
        """Read every pack in full, and remove those that are damaged, so that the next extraction makes them again.

        Returns:
            What was wrong, a line for each damaged pack.
        """
        problems = [_remove_when_damaged(folder, in_full=True) for folder in self._folders()]
        return [problem for problem in problems if problem]

    def _write(self, clips: Mapping[str, Float32]) -> Path:
        lengths = [len(rows) for rows in clips.values()]
        return packs.write(self.folder, list(clips), lengths, self.width, clips.values())

    def _folders(self) -> list[Path]:
        return sorted(self.folder.glob(f"{packs.PREFIX}*"))

    def _packs(self) -> list[Pack]:
        """Open all packs; damaged ones are left out, with a warning."""
        while True:
            try:
                return [pack for folder in self._folders() if (pack := _opened(folder))]
            except FileNotFoundError:
                # Merged away between listing and opening: the list is old.
                continue


def _opened(folder: Path) -> Pack | None:
    try:
        return packs.read(folder)
    except DamagedPackError as damage:
        _log.warning("%s is damaged and is not used: %s.", folder, damage)
        return None


def _remove_when_damaged(folder: Path, *, in_full: bool = False) -> str | None:
    """Open a pack, and compare its bytes with their hash if wanted. Returns what was wrong."""
    try:
        pack = packs.read(folder)
        if in_full:
            packs.verify(pack)
    except DamagedPackError as damage:
        packs.remove(folder)
        _log.warning("%s was damaged and has been removed, to be computed again: %s.", folder, damage)
        return f"{folder}: {damage}"
    return None


def _side_by_side(keys: Sequence[str], opened: list[Pack]) -> Float32 | None:
    for pack in opened:
        if keys and keys[0] in pack.keys:
            first = pack.keys.index(keys[0])
            end = first + len(keys)
            if pack.keys[first:end] == list(keys):
                return pack.values[pack.offsets[first] : pack.offsets[end]]
    return None
