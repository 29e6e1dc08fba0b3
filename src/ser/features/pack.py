"""A pack: the features of some clips in one folder, written once, read memory-mapped.

`values.npy` holds the rows end to end (float32); `index.json` says which clip has which rows, how long the values
file is and what its hash is. A pack is made aside and renamed, so it is whole or absent. What happens to it later is
found: a broken index and values of another length (a truncated copy) whenever it is opened; a flipped bit in the values
by `check`, which an extraction asks of every pack it relies on, and by `verify`.

A process keeps what it knows of a pack for as long as the pack's files keep their inode, size and time of change: an
opened index, and the hash of the values.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ser.arrays import Float32, Int64
from ser.errors import StoreError
from ser.files import digest, folder_written_aside, sha256_of_file

PREFIX = "pack-"
_VALUES, _INDEX = "values.npy", "index.json"
# An open index of 36,000 clips takes 9 MB. A merged space has few packs; one of many small ones will be merged.
_KEPT_OPEN = 64
_KEPT_HASHES = 65_536

_State: TypeAlias = tuple[int, int, int]
"""Inode, size in bytes and time of change in ns of a file: equal as long as it is the same file, untouched."""


class DamagedPackError(Exception):
    """A pack is not what its index says, or has no index. The text says how."""


@dataclass(frozen=True, kw_only=True)
class Pack:
    """The features of some clips. No file is held open: a space may have more packs than a process may open files.

    Attributes:
        folder: where it lies.
        keys: hashes of the clips' audio.
        offsets: int64 of shape [clips + 1]; the rows of clip i are `offsets[i]:offsets[i + 1]`.
        width: values a row.
        checksum: sha256 of the values file.
    """

    folder: Path
    keys: list[str]
    offsets: Int64
    width: int
    checksum: str

    @functools.cached_property
    def places(self) -> dict[str, int]:
        """Where in `keys` each key stands."""
        return {key: index for index, key in enumerate(self.keys)}

    @property
    def bytes(self) -> int:
        """Size of the values in bytes."""
        return int(self.offsets[-1]) * self.width * 4

    def values(self) -> Float32:
        """Map the values into memory, float32 of shape [rows, width]; the file stays open as long as they are used.

        Raises:
            DamagedPackError: when they are not as the index says.
            FileNotFoundError: when the pack is gone: another process merged it into a larger one.
            StoreError: when the machine does not let them be read, which says nothing about what they are.
        """
        with _told(self.folder, _VALUES):
            values: Float32 = np.lib.format.open_memmap(self.folder / _VALUES, mode="r")
        if values.shape != (self.offsets[-1], self.width) or values.dtype != np.float32:
            wanted = (int(self.offsets[-1]), self.width)
            raise DamagedPackError(f"{_VALUES} holds {values.dtype} {values.shape}, not {wanted}")
        return values

    def clips(self) -> Iterator[tuple[str, Float32]]:
        """Give each key with its rows, float32 of shape [rows of the clip, width]. Raises as :meth:`values`."""
        values = self.values()
        for index, key in enumerate(self.keys):
            yield key, values[self.offsets[index] : self.offsets[index + 1]]


def write(space: Path, keys: list[str], lengths: list[int], width: int, clips: Iterable[Float32]) -> Path:
    """Write one pack into the folder of a space, unless it is there: what the same clips give is the same.

    Args:
        space: the folder.
        keys: hashes of the clips' audio.
        lengths: rows of each clip.
        width: values a row.
        clips: float32 of shape [rows, width] for each key, drawn one by one, so that memory holds one at a time.

    Returns:
        The pack's folder, named after its keys.

    Raises:
        StoreError: when the disk is full or the folder cannot be written; nothing is left behind.
    """
    folder = space / f"{PREFIX}{digest(' '.join(keys))}"
    # Were it replaced, a kill between two renames would take away what was there.
    with contextlib.suppress(FileNotFoundError, DamagedPackError):
        return read(folder).folder
    with folder_written_aside(folder) as aside:
        with (aside / _VALUES).open("wb") as stream:
            header = {"descr": "<f4", "fortran_order": False, "shape": (sum(lengths), width)}
            np.lib.format.write_array_header_1_0(stream, header)
            # Written through a stream and not a memory map: a full disk is then an error and not a dead process.
            for rows in clips:
                stream.write(rows.astype("<f4").tobytes())
        body = {"width": width, "keys": keys, "lengths": lengths, "values_sha256": sha256_of_file(aside / _VALUES)}
        (aside / _INDEX).write_text(_signed(json.dumps(body)), encoding="utf-8")
    return folder


def read(folder: Path) -> Pack:
    """Open a pack, its index checked in full and its values by their size; one that is open already costs a look.

    Raises:
        DamagedPackError: when it is not as it was written.
        FileNotFoundError: when the folder is gone: another process merged it into a larger pack.
        StoreError: when the machine does not let it be read, which says nothing about what it is.
    """
    with _told(folder, _INDEX):
        index = _state(folder / _INDEX)
    with _told(folder, _VALUES):
        values = _state(folder / _VALUES)
    return _opened(folder, index, values)


def check(pack: Pack) -> None:
    """Compare a pack's values with the hash taken when they were written: once in a process. Raises as :func:`verify`.

    Hashing takes about a second for a gigabyte or two.
    """
    with _told(pack.folder, _VALUES):
        found = _values_hash(pack.folder / _VALUES, _state(pack.folder / _VALUES))
    _compare(pack, found)


def verify(pack: Pack) -> None:
    """Compare a pack's values, byte by byte, with the hash taken when they were written, whatever was seen before.

    Raises:
        DamagedPackError: when they differ.
        FileNotFoundError: when the pack is gone.
        StoreError: when they cannot be read.
    """
    with _told(pack.folder, _VALUES):
        found = sha256_of_file(pack.folder / _VALUES)
    _compare(pack, found)


def remove(folder: Path) -> None:
    """Take a folder away at once, so that no reader meets half of it. One that is gone already is no error."""
    gone = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.gone")
    with contextlib.suppress(FileNotFoundError):
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


@contextlib.contextmanager
def _told(folder: Path, name: str) -> Iterator[None]:
    """Tell damage from a pack that is gone and from a machine that is out of order: only damage may be removed."""
    try:
        yield
    except OSError as error:
        # A network filesystem says ESTALE of what another machine removed.
        if error.errno == errno.ESTALE or not folder.is_dir():
            raise FileNotFoundError(folder) from error
        if isinstance(error, FileNotFoundError):
            raise DamagedPackError(f"{name} is missing") from error
        raise StoreError(
            expected="features that can be read",
            received=f"{error.strerror or error}",
            where=folder / name,
            fix="Look at the rights and the state of this disk; if the folder is beyond repair, remove it, and it is "
            "computed again.",
        ) from error
    except (ValueError, EOFError, KeyError, AttributeError, TypeError) as error:
        raise DamagedPackError(f"{name} cannot be read ({error})") from error


def _state(file: Path) -> _State:
    found = os.stat(file)
    return found.st_ino, found.st_size, found.st_mtime_ns


@functools.lru_cache(maxsize=_KEPT_OPEN)
def _opened(folder: Path, index_state: _State, values_state: _State) -> Pack:
    """Open a pack whose files are in these states. Raises as :func:`read`; a pack that raised is tried again."""
    del index_state, values_state
    with _told(folder, _INDEX):
        text = (folder / _INDEX).read_text(encoding="utf-8")
        index: dict[str, Any] = json.loads(text)
        sound = text == _signed("{" + text.partition("\n")[2])
    if not sound:
        raise DamagedPackError(f"{_INDEX} does not match its checksum")
    offsets = np.concatenate([[0], np.cumsum(index["lengths"])]).astype(np.int64)
    # Whoever reads the pack in this process is given this array.
    offsets.flags.writeable = False
    pack = Pack(
        folder=folder,
        keys=index["keys"],
        offsets=offsets,
        width=index["width"],
        checksum=index["values_sha256"],
    )
    pack.values()
    return pack


@functools.lru_cache(maxsize=_KEPT_HASHES)
def _values_hash(file: Path, state: _State) -> str:
    del state
    return sha256_of_file(file)


def _compare(pack: Pack, found: str) -> None:
    if found != pack.checksum:
        raise DamagedPackError(f"{_VALUES} does not match its checksum")


def _signed(body: str) -> str:
    """Put the hash of an index before it, as a line of the same JSON object: parsing takes no second writing."""
    rest = body.removeprefix("{")
    return f'{{"sha256": "{hashlib.sha256(rest.encode()).hexdigest()}",\n{rest}'
