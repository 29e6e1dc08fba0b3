import itertools

import numpy as np

from ser.arrays import Int64
from ser.protocol.balance import balanced_groups, seeded_order


def cost(block: Int64, group: Int64, groups: int) -> float:
    shares = np.stack([block[group == index].sum(axis=0) for index in range(groups)]) / block.sum(axis=0)
    return np.square(shares - 1 / groups).sum()


def test_finds_the_best_of_all_splits_of_a_small_corpus() -> None:
    random = np.random.default_rng(1)
    for case in range(5):
        block = random.integers(0, 20, size=(8, 3))
        names = [f"s{index}" for index in range(8)]
        found = balanced_groups(names, [block], [4, 4], guarded=2, key=[case])
        every = [np.isin(np.arange(8), chosen).astype(int) for chosen in itertools.combinations(range(8), 4)]
        best = min(cost(block, group, 2) for group in every)
        assert cost(block, found, 2) <= best + 1e-9


def test_groups_have_the_sizes_asked_for() -> None:
    block = np.ones((10, 2), dtype=np.int64)
    group = balanced_groups([str(index) for index in range(10)], [block], [2, 3, 5], guarded=0, key=[0])
    assert np.bincount(group).tolist() == [2, 3, 5]


def test_an_empty_block_counts_for_nothing() -> None:
    block = np.arange(12).reshape(6, 2)
    names = [str(index) for index in range(6)]
    nothing = np.zeros((6, 3), dtype=np.int64)
    alone = balanced_groups(names, [block], [3, 3], guarded=0, key=[0])
    assert (balanced_groups(names, [block, nothing], [3, 3], guarded=0, key=[0]) == alone).all()


def test_a_guarded_group_does_not_take_the_whole_of_a_class() -> None:
    # Half of the speakers go to the guarded group; the two that say class 1 must not both be there.
    block = np.array([[9, 1], [9, 1], [1, 0], [1, 0]])
    for seed in range(10):
        group = balanced_groups(["a", "b", "c", "d"], [block], [2, 2], guarded=1, key=[seed])
        assert set(group[:2]) == {0, 1}


def test_the_seeded_order_is_that_of_the_names_not_of_their_places() -> None:
    names = [f"name{index}" for index in range(50)]
    backwards = names[::-1]
    order = [names[index] for index in seeded_order(names, "split", 3)]
    assert order == [backwards[index] for index in seeded_order(backwards, "split", 3)]
    assert order != [names[index] for index in seeded_order(names, "split", 4)]
    assert sorted(order) == sorted(names)
