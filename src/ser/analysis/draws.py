"""What is drawn for the points of the curves: clips that introduce a speaker, speakers to learn from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ser.arrays import Bool, Int64
from ser.protocol.balance import seeded_order

_FITS_A_POINT = 20
_TRIES = 200


def introductions(
    names: Sequence[str], speakers: Sequence[str], eligible: Bool, *, clips: int | None, draw: int
) -> list[tuple[int, ...]]:
    """Choose, for each clip, the clips that introduce its speaker: never the clip itself, so that all can be scored.

    Every speaker has one order a draw, of which each of his clips is given the first few others. So the clips behind a
    point with more of them hold those behind a point with fewer.

    Args:
        names: different ids of n clips.
        speakers: who speaks in each.
        eligible: which may introduce, bool, shape [n].
        clips: how many; None for all. A speaker with fewer others gives all he has.
        draw: chooses the order.

    Returns:
        For each clip, positions in `names`, rising.

    Example:
        >>> import numpy as np
        >>> introductions(["a", "b", "c"], ["x", "x", "x"], np.array([True, True, True]), clips=2, draw=0)
        [(1, 2), (0, 2), (0, 1)]
    """
    order = seeded_order(names, "enrolment", draw)
    of_speaker: dict[str, list[int]] = {}
    for position in order[eligible[order]].tolist():
        of_speaker.setdefault(speakers[position], []).append(position)
    chosen = []
    for position, speaker in enumerate(speakers):
        others = [other for other in of_speaker.get(speaker, []) if other != position]
        chosen.append(tuple(sorted(others[:clips])))
    return chosen


def draws_of(folds: int) -> int:
    """Say how often the speakers of a point are drawn: every fold draws anew, so that few draws do for many folds.

    Example:
        >>> draws_of(5), draws_of(10), draws_of(91)
        (4, 2, 2)
    """
    return max(2, math.ceil(_FITS_A_POINT / folds))


def sizes_below(speakers: int) -> list[int]:
    """List the numbers of speakers on a curve that doubles from 1, below the number that there is.

    Example:
        >>> sizes_below(8), sizes_below(9)
        ([1, 2, 4], [1, 2, 4, 8])
    """
    return [2**power for power in range(speakers.bit_length()) if 2**power < speakers]


def speaker_sets(
    counts: Int64, names: Sequence[str], *, size: int, draws: int, key: Sequence[object]
) -> list[list[str]]:
    """Draw different sets of speakers who together say every class that there is.

    Args:
        counts: utterances of each speaker and class, int64, shape [speakers, classes].
        names: of the speakers, all different.
        size: speakers in a set.
        draws: how many sets.
        key: plain values that choose the draws.

    Returns:
        Sorted names; fewer sets than asked for, or none, where there are not as many.
    """
    said = counts > 0
    found: dict[tuple[str, ...], None] = {}
    for order in _orders(names, key):
        chosen = order[:size]
        if (said[chosen].any(axis=0) == said.any(axis=0)).all():
            found[tuple(sorted(names[position] for position in chosen.tolist()))] = None
        if len(found) == draws:
            break
    return [list(speakers) for speakers in found]


def _orders(names: Sequence[str], key: Sequence[object]) -> Iterator[Int64]:
    return (seeded_order(names, "speakers", *key, attempt) for attempt in range(_TRIES))
