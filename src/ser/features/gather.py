"""Gathering the features of some clips from open packs: a view where they lie side by side, else one copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ser.arrays import Float32, Int64, Kind, Ragged
from ser.features.pack import Pack


def gather(opened: Sequence[Pack], keys: Sequence[str], *, kind: Kind, width: int) -> Ragged:
    """Give the features of some clips in the order asked for.

    Args:
        opened: the packs of a space.
        keys: hashes of the clips' audio; one may come more than once.
        kind: "vector" or "sequence".
        width: values a row.

    Returns:
        Values that are a view of the memory map where all clips lie side by side in one pack, and a copy otherwise.

    Raises:
        KeyError: when some are in none of the packs; its argument is how many.
    """
    found = _side_by_side(opened, keys, kind)
    if found is not None:
        return found
    numbers, indices = _located(opened, keys)
    lengths = np.empty(len(keys), np.int64)
    chosen = {number: np.flatnonzero(numbers == number) for number in np.unique(numbers).tolist()}
    for number, clips in chosen.items():
        lengths[clips] = np.diff(opened[number].offsets)[indices[clips]]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    values = np.empty((int(offsets[-1]), width), np.float32)
    for number, clips in chosen.items():
        rows = _rows(opened[number].offsets[indices[clips]], lengths[clips])
        taken: Float32 = np.asarray(opened[number].values()).take(rows, axis=0)
        if len(chosen) == 1:
            values = taken
        else:
            values[_rows(offsets[clips], lengths[clips])] = taken
    return Ragged(values=values, offsets=offsets, kind=kind)


def _side_by_side(opened: Sequence[Pack], keys: Sequence[str], kind: Kind) -> Ragged | None:
    for pack in opened:
        first = pack.places.get(keys[0]) if keys else None
        if first is None:
            continue
        end = first + len(keys)
        if pack.keys[first:end] == list(keys):
            offsets = pack.offsets[first : end + 1]
            return Ragged(values=pack.values()[offsets[0] : offsets[-1]], offsets=offsets - offsets[0], kind=kind)
    return None


def _located(opened: Sequence[Pack], keys: Sequence[str]) -> tuple[Int64, Int64]:
    """Say in which pack each clip lies, and where in it: int64 of shape [keys] each."""
    starts = np.cumsum([0, *(len(pack.keys) for pack in opened)])
    places: Mapping[str, int] = opened[0].places if len(opened) == 1 else _joined(opened, starts.tolist())
    joint = np.fromiter((places.get(key, -1) for key in keys), np.int64, len(keys))
    absent = int(np.count_nonzero(joint < 0))
    if absent:
        raise KeyError(absent)
    numbers: Int64 = np.searchsorted(starts, joint, side="right") - 1
    return numbers, joint - starts[numbers]


def _joined(opened: Sequence[Pack], starts: Sequence[int]) -> dict[str, int]:
    """Number all clips as if the packs lay end to end."""
    places: dict[str, int] = {}
    for pack, start in zip(opened, starts, strict=False):
        places.update(zip(pack.keys, range(start, start + len(pack.keys)), strict=True))
    return places


def _rows(firsts: Int64, lengths: Int64) -> Int64:
    """List the rows of clips one after the other.

    Args:
        firsts: each clip's first row, int64 of shape [clips].
        lengths: how many rows each has, int64 of shape [clips].

    Example:
        >>> _rows(np.array([10, 4]), np.array([3, 2])).tolist()
        [10, 11, 12, 4, 5]
    """
    ends = np.cumsum(lengths)
    rows: Int64 = np.repeat(firsts - ends + lengths, lengths) + np.arange(lengths.sum())
    return rows
