"""Dealing speakers into groups that are as alike as whole speakers allow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ser.arrays import Float64, Int64
from ser.files import digest

# Shares are counted in millionths and kept as whole numbers in float64. Sums and products of whole numbers below 2**53
# are exact in any order, so that every machine and every BLAS takes the same swap and finds the same folds.
_SCALE = 1e6
_STARTS = 4


def seeded_order(names: Sequence[str], *key: object) -> Int64:
    """Shuffle names by hash: the same on every machine and library version, and whatever order they come in.

    Args:
        names: different strings, n of them.
        key: plain values that choose the shuffle, such as a seed.

    Returns:
        int64, shape [n]: positions in `names`, in shuffled order.

    Example:
        >>> seeded_order(["a", "b", "c", "d"], 0).tolist()
        [1, 2, 0, 3]
    """
    hashes = [digest([*key, name]) for name in names]
    return np.array(sorted(range(len(names)), key=hashes.__getitem__), dtype=np.int64)


def balanced_groups(
    names: Sequence[str], blocks: Sequence[Int64], sizes: Sequence[int], *, guarded: int, key: Sequence[object]
) -> Int64:
    """Deal speakers into groups of given sizes so that each group holds its share of everything counted.

    From a few shuffled starts the best exchange of two speakers is made until none helps; the best end wins. What is
    minimised is the squared distance of each group's share of each column from its share of speakers, where every
    block weighs the same whatever its number of columns. Memory grows with the square of the number of speakers.

    Args:
        names: speaker ids, S of them, all different.
        blocks: int64 counts of shape [S, any]; the first holds utterances by class.
        sizes: speakers in each group; they sum to S.
        guarded: the first `guarded` groups should not hold all utterances of any class, since training would lack it.
        key: plain values that choose the shuffles.

    Returns:
        int64, shape [S]: the group of each speaker, from 0.
    """
    values = np.hstack([_shares(block) for block in blocks if block.sum() > 0])
    shares = np.asarray(sizes, dtype=np.float64) / len(names)
    target = np.rint(shares[:, None] * values.sum(axis=0))
    ends = []
    for start in range(_STARTS):
        group = np.empty(len(names), dtype=np.int64)
        group[seeded_order(names, *key, start)] = np.repeat(np.arange(len(sizes)), sizes)
        group = _guard(values, _exchange(values, group, target), target, blocks[0], guarded)
        cost = float(np.square(_sums(values, group, len(sizes)) - target).sum())
        ends.append((_whole_classes(blocks[0], group, guarded), cost, start, group))
    return min(ends, key=lambda end: end[:3])[3]


def _shares(block: Int64) -> Float64:
    filled = block[:, block.sum(axis=0) > 0].astype(np.float64)
    shares: Float64 = np.rint(filled / filled.sum(axis=0) * (_SCALE / np.sqrt(filled.shape[1])))
    return shares


def _sums(values: Float64, group: Int64, groups: int) -> Float64:
    return np.stack([values[group == index].sum(axis=0) for index in range(groups)])


def _whole_classes(class_counts: Int64, group: Int64, guarded: int) -> int:
    totals = class_counts.sum(axis=0)
    return sum(int((class_counts[group == index].sum(axis=0) == totals)[totals > 0].sum()) for index in range(guarded))


def _exchange(values: Float64, group: Int64, target: Float64) -> Int64:
    """Make the exchange of two speakers that lowers the cost most, until none lowers it."""
    while True:
        change = _changes(values, group, target)
        best = int(change.argmin())
        if change.flat[best] >= 0:
            return group
        group = _exchanged(group, best)


def _guard(values: Float64, group: Int64, target: Float64, class_counts: Int64, guarded: int) -> Int64:
    """Make the cheapest exchange that frees a class from a guarded group, until none does."""
    while whole := _whole_classes(class_counts, group, guarded):
        tries = (
            _exchanged(group, int(pair)) for pair in _changes(values, group, target).argsort(axis=None, kind="stable")
        )
        freed = next((other for other in tries if _whole_classes(class_counts, other, guarded) < whole), None)
        if freed is None:
            break
        group = freed
    return group


def _changes(values: Float64, group: Int64, target: Float64) -> Float64:
    """Compute what exchanging each pair of speakers adds to the cost: float64, shape [S, S].

    With residuals r = sums - target, exchanging i of group a with j of group b adds
    2 (v_j - v_i) . (r_a - r_b) + 2 |v_i - v_j|^2, here halved; within one group that is never below zero.
    """
    residual = (_sums(values, group, len(target)) - target)[group]
    cross = _inner(values, residual)
    own = np.diag(cross)
    squares = np.square(values).sum(axis=1)
    distance = squares[:, None] + squares[None, :] - 2 * _inner(values, values)
    change: Float64 = cross + cross.T - own[:, None] - own[None, :] + distance
    return change


def _inner(one: Float64, other: Float64) -> Float64:
    """Multiply rows by rows. Tables this small are not worth the threads of BLAS, which crawl on a busy machine."""
    return np.asarray(np.einsum("ik,jk->ij", one, other), dtype=np.float64)


def _exchanged(group: Int64, pair: int) -> Int64:
    one, other = divmod(pair, len(group))
    swapped = group.copy()
    swapped[[one, other]] = group[[other, one]]
    return swapped
