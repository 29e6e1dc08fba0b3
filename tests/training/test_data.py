from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ser.arrays import ragged
from ser.errors import DataError, ProtocolError
from ser.models.batches import clips_of
from ser.training.data import FoldDataModule, TrainingBatches, check, seed_of


def batches(fold: Any, *, size: int, seed: int = 0, clips: int = 33) -> TrainingBatches:
    data = fold(clips=clips)()
    return TrainingBatches(clips_of(data.train), torch.arange(clips), size, seed)


def labels_of(source: TrainingBatches) -> list[int]:
    return [int(label) for _, _, labels in source for label in labels]


def test_an_epoch_passes_every_clip_once_with_its_own_label(fold: Any) -> None:
    source, rows = batches(fold, size=16), fold(clips=33)().train.values
    seen = [(x, label) for xs, _, labels in source for x, label in zip(xs, labels, strict=True)]
    assert sorted(int(label) for _, label in seen) == list(range(33))
    for x, label in seen:
        np.testing.assert_array_equal(x.numpy(), rows[int(label)])


def test_no_batch_is_a_single_clip(fold: Any) -> None:
    source = batches(fold, size=16)
    assert [len(labels) for _, _, labels in source] == [11, 11, 11]
    assert len(source) == 3


def test_the_order_follows_from_seed_and_epoch_alone(fold: Any) -> None:
    first, again, other = batches(fold, size=8), batches(fold, size=8), batches(fold, size=8, seed=1)
    opening = labels_of(first)
    first.set_epoch(3)
    third = labels_of(first)
    assert opening == labels_of(again)
    again.set_epoch(3)
    assert third == labels_of(again)
    assert len({tuple(opening), tuple(third), tuple(labels_of(other))}) == 3


def test_seeds_of_neighbouring_epochs_do_not_meet() -> None:
    seeds = {seed_of(seed, epoch) for seed in range(30) for epoch in range(30)}
    assert len(seeds) == 900
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_sequences_are_padded_to_the_longest_of_their_batch(fold: Any) -> None:
    data = fold(kind="sequence")()
    for x, lengths, _ in FoldDataModule(data, 8, 0).train_dataloader():
        assert x.shape[1] == int(lengths.max())
        for clip, length in zip(x, lengths, strict=True):
            assert clip[:length].abs().sum(dim=1).min() > 0
            assert clip[length:].abs().sum() == 0


def test_development_clips_keep_their_order(fold: Any) -> None:
    data = fold()()
    rows = torch.cat([x for x, _, _ in FoldDataModule(data, 8, 0).val_dataloader()])
    np.testing.assert_array_equal(rows.numpy(), data.dev.values)


def test_a_class_without_training_clips_is_named(fold: Any, classes: list[str], tmp_path: Path) -> None:
    data = dataclasses.replace(fold()(), train_labels=np.zeros(60, np.int64))
    with pytest.raises(ProtocolError, match="none of happy, sad"):
        check(data, classes, tmp_path)


def test_labels_that_do_not_match_are_refused(fold: Any, classes: list[str], tmp_path: Path) -> None:
    data = dataclasses.replace(fold()(), dev_labels=np.zeros(59, np.int64))
    with pytest.raises(DataError, match="one label for each of 60 clips, but got '59 labels'"):
        check(data, classes, tmp_path)


def test_a_fold_without_development_part_is_refused(fold: Any, classes: list[str], tmp_path: Path) -> None:
    whole = fold()()
    nothing = dataclasses.replace(whole.dev, values=whole.dev.values[:0], offsets=np.zeros(1, np.int64))
    with pytest.raises(ProtocolError, match="a development part"):
        check(dataclasses.replace(whole, dev=nothing, dev_labels=np.zeros(0, np.int64)), classes, tmp_path)


def test_infinite_features_and_empty_clips_are_refused(fold: Any, classes: list[str], tmp_path: Path) -> None:
    data = fold()()
    data.test.values[7, 0] = np.inf
    with pytest.raises(DataError, match=r"\(test\): .* in clip 7"):
        check(data, classes, tmp_path)
    clips = [np.ones((length, 6), np.float32) for length in [2, 0] + [1] * 58]
    with pytest.raises(DataError, match=r"\(train\): .* 'none in clip 1'"):
        check(dataclasses.replace(data, train=ragged(clips, "sequence")), classes, tmp_path)
