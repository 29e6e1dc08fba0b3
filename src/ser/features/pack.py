"""A pack: the features of some clips in one folder, written once, read memory-mapped.

`values.npy` holds the rows end to end (float32); `index.json` says which clip has which rows, how long the values
file is and what its hash is. A pack is made aside and renamed, so it is whole or absent; what happens to it later
(a truncated copy, a flipped bit) is found by the index.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ser.arrays import Float32, Int64
from ser.errors import StoreError
from ser.files import digest, folder_written_aside, read_json, sha256_of_file

PREFIX = "pack-"
_VALUES, _INDEX = "values.npy", "index.json"


class DamagedPackError(Exception):
    """A pack is not what its index says, or has no index. The text says how."""


@dataclass(frozen=True, kw_only=True)
class Pack:
    """The features of some clips.

    Attributes:
        folder: where it lies.
        keys: hashes of the clips' audio.
        offsets: int64 of shape [clips + 1]; the rows of clip i are `offsets[i]:offsets[i + 1]`.
        values: float32 of shape [rows, width], memory-mapped.
        checksum: sha256 of the values file.
    """

    folder: Path
    keys: list[str]
    offsets: Int64
    values: Float32
    checksum: str

    def clips(self) -> Iterator[tuple[str, Float32]]:
        """Give each key with its rows, float32 of shape [rows of the clip, width]."""
        for index, key in enumerate(self.keys):
            yield key, self.values[self.offsets[index] : self.offsets[index + 1]]


def write(space: Path, keys: list[str], lengths: list[int], width: int, clips: Iterable[Float32]) -> Path:
    """Write one pack into the folder of a space.

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
    with folder_written_aside(folder) as aside:
        with (aside / _VALUES).open("wb") as stream:
            header = {"descr": "<f4", "fortran_order": False, "shape": (sum(lengths), width)}
            np.lib.format.write_array_header_1_0(stream, header)
            # Written through a stream and not a memory map: a full disk is then an error and not a dead process.
            for rows in clips:
                stream.write(rows.astype("<f4").tobytes())
        body = {"width": width, "keys": keys, "lengths": lengths, "values_sha256": sha256_of_file(aside / _VALUES)}
        (aside / _INDEX).write_text(json.dumps({"sha256": digest(body, 64), **body}), encoding="utf-8")
    return folder


def read(folder: Path) -> Pack:
    """Open a pack, its index checked in full and its values by their size.

    Raises:
        DamagedPackError: when it is not as it was written.
        FileNotFoundError: when the folder is gone: another process merged it into a larger pack.
    """
    try:
        return _opened(folder)
    except DamagedPackError:
        if not folder.is_dir():
            raise FileNotFoundError(folder) from None
        raise


def _opened(folder: Path) -> Pack:
    index = _index(folder)
    lengths, width = index["lengths"], index["width"]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    try:
        values = np.load(folder / _VALUES, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DamagedPackError(f"{_VALUES} cannot be read ({error})") from error
    if values.shape != (offsets[-1], width) or values.dtype != np.float32:
        raise DamagedPackError(f"{_VALUES} holds {values.dtype} {values.shape}, not {(int(offsets[-1]), width)}")
    return Pack(folder=folder, keys=index["keys"], offsets=offsets, values=values, checksum=index["values_sha256"])


def remove(folder: Path) -> None:
    """Take a pack away at once, so that no reader meets half of it."""
    gone = folder.with_name(f".{folder.name}.gone")
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def verify(pack: Pack) -> None:
    """Compare a pack's values, byte by byte, with the hash taken when they were written.

    Raises:
        DamagedPackError: when they differ.
    """
    if sha256_of_file(pack.folder / _VALUES) != pack.checksum:
        raise DamagedPackError(f"{_VALUES} does not match its checksum")


def _index(folder: Path) -> dict[str, Any]:
    try:
        index: dict[str, Any] = read_json(folder / _INDEX)
        written = index.pop("sha256")
    except (StoreError, KeyError, AttributeError, TypeError) as error:
        raise DamagedPackError(f"{_INDEX} cannot be read") from error
    if written != digest(index, 64):
        raise DamagedPackError(f"{_INDEX} does not match its checksum")
    return index
