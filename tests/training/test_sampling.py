from __future__ import annotations

import numpy as np
import torch

from ser.training.sampling import balanced, permuted

LABELS = torch.from_numpy(np.random.default_rng(0).permutation(np.repeat([0, 1, 3], [70, 25, 5])))


def drawn(seed: int = 0) -> torch.Tensor:
    return balanced(LABELS, torch.Generator().manual_seed(seed))


def test_an_order_holds_every_clip_once() -> None:
    assert sorted(permuted(50, torch.Generator().manual_seed(0)).tolist()) == list(range(50))


def test_every_stretch_holds_the_classes_evenly() -> None:
    labels = LABELS[drawn()].tolist()
    assert len(labels) == 100
    for start in range(80):
        counts = [labels[start : start + 20].count(label) for label in (0, 1, 3)]
        assert max(counts) - min(counts) <= 2


def test_no_clip_comes_again_before_the_others_of_its_class() -> None:
    order = drawn()
    for label, clips in ((0, 70), (1, 25), (3, 5)):
        own = order[LABELS[order] == label]
        for start in range(0, len(own), clips):
            stretch = own[start : start + clips]
            assert len(stretch.unique()) == len(stretch)


def test_frequent_clips_that_wait_come_in_other_epochs() -> None:
    seen = torch.cat([drawn(seed) for seed in range(12)]).unique()
    assert len(seen) == 100
    assert not torch.equal(drawn(0), drawn(1))
    assert torch.equal(drawn(0), drawn(0))
