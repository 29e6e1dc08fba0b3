from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ser.arrays import ragged
from ser.errors import DataError, ProtocolError
from ser.training.data import TrainingBatches, check, seed_of
from ser.training.module import FoldDataModule
from ser.training.perturb import SpecAugment
from ser.training.trainer import Trainer

Make = Callable[..., TrainingBatches]


@pytest.fixture
def batches(fold: Any, trainer: Callable[..., Trainer]) -> Callable[..., TrainingBatches]:
    """A function making batches of clips whose labels are their numbers."""

    def make(*, size: int, seed: int = 0, clips: int = 33, versions: int = 1, **changes: object) -> TrainingBatches:
        data = dataclasses.replace(fold(clips=clips)(), train_labels=np.arange(clips), versions=versions)
        return TrainingBatches(data, trainer(batch_size=size, **changes), clips, seed)

    return make


def labels_of(source: TrainingBatches, epoch: int = 0) -> list[int]:
    return [int(label) for _, _, labels, _ in source.of_epoch(epoch) for label in labels]


def test_an_epoch_passes_every_clip_once_with_its_own_label(fold: Any, batches: Make) -> None:
    source, rows = batches(size=16), fold(clips=33)().train.values
    seen = [(x, label) for xs, _, labels, _ in source.of_epoch(0) for x, label in zip(xs, labels, strict=True)]
    assert sorted(int(label) for _, label in seen) == list(range(33))
    for x, label in seen:
        np.testing.assert_array_equal(x.numpy(), rows[int(label)])


def test_no_batch_is_a_single_clip(batches: Make) -> None:
    source = batches(size=16)
    assert [len(labels) for _, _, labels, _ in source.of_epoch(0)] == [11, 11, 11]
    assert len(source) == 3


def test_the_order_follows_from_seed_and_epoch_alone(batches: Make) -> None:
    first, again, other = batches(size=8), batches(size=8), batches(size=8, seed=1)
    opening = labels_of(first)
    third = labels_of(first, 3)
    assert opening == labels_of(again)
    assert third == labels_of(again, 3)
    assert len({tuple(opening), tuple(third), tuple(labels_of(other))}) == 3


def test_one_version_of_each_utterance_is_drawn_an_epoch(batches: Make) -> None:
    source = batches(size=8, clips=300, versions=3, copies="one_per_epoch")
    drawn = np.array(labels_of(source))
    assert sorted(drawn % 100) == list(range(100)), "every utterance once"
    shares = np.bincount(drawn // 100) / 100
    assert shares == pytest.approx(np.full(3, 1 / 3), abs=0.12), "clean as often as each copy"
    other = np.array(labels_of(source, 1))
    assert (np.sort(other) != np.sort(drawn)).any(), "drawn anew"
    again = batches(size=8, clips=300, versions=3, copies="one_per_epoch")
    np.testing.assert_array_equal(labels_of(again, 1), other)


def test_all_versions_are_passed_where_that_is_asked(batches: Make) -> None:
    assert sorted(labels_of(batches(size=8, clips=30, versions=3))) == list(range(30))


@pytest.mark.parametrize("alpha", [0.0, 0.4])
def test_what_clips_count_goes_with_them_into_batches_and_mixtures(
    fold: Any, trainer: Callable[..., Trainer], alpha: float
) -> None:
    """A mixture's weighted target is the mixture of weighted targets: each clip's own class column tells its share."""
    weights = np.linspace(0.2, 3.0, 33).astype(np.float32)
    data = dataclasses.replace(fold(clips=33)(), train_labels=np.arange(33), train_weights=weights)
    for _, _, targets, counts in TrainingBatches(data, trainer(batch_size=8, mixup_alpha=alpha), 33, 0).of_epoch(0):
        assert counts is not None
        if alpha == 0:
            np.testing.assert_array_equal(counts.numpy(), weights[targets])
            continue
        torch.testing.assert_close(targets.sum(dim=1), torch.ones(len(targets)))
        raw = targets * counts[:, None] / torch.from_numpy(weights)
        torch.testing.assert_close(raw.sum(dim=1), torch.ones(len(targets)))


@pytest.mark.parametrize("kind", ["vector", "sequence"])
def test_what_is_drawn_in_an_epoch_follows_from_seed_and_epoch_alone(
    fold: Any, trainer: Callable[..., Trainer], kind: str
) -> None:
    masks = SpecAugment(
        time_masks=2 * (kind == "sequence"), time_frames=3, time_share=0.5, frequency_masks=0, frequency_columns=2
    )
    settings = trainer(mixup_alpha=0.4, spec_augment=masks, batch_size=16)

    def epoch(number: int, seed: int = 0) -> list[torch.Tensor]:
        source = TrainingBatches(fold(kind=kind)(), settings, 3, seed)
        for earlier in range(number):
            list(source.of_epoch(earlier))
        return [tensor for batch in source.of_epoch(number) for tensor in batch[:3]]

    resumed = TrainingBatches(fold(kind=kind)(), settings, 3, 0)
    found = epoch(2)
    for one, other in zip(found, [tensor for batch in resumed.of_epoch(2) for tensor in batch[:3]], strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(found[2], epoch(1)[2])
    assert not torch.equal(found[2], epoch(2, seed=1)[2])
    assert all(targets.sum(dim=1).allclose(torch.ones(len(targets))) for targets in found[2::3])


def test_balanced_batches_hold_rare_classes_as_often_as_frequent_ones(
    fold: Any, trainer: Callable[..., Trainer]
) -> None:
    labels = np.repeat([0, 1, 2], [200, 80, 20])
    data = dataclasses.replace(fold(clips=300)(), train_labels=labels)
    source = TrainingBatches(data, trainer(batch_size=16, balance="batches"), 3, 0)
    batches = [np.bincount(targets, minlength=3) for _, _, targets, _ in source.of_epoch(0)]
    assert [int(counts.sum()) for counts in batches] == [16] * 15 + [15] * 4
    assert all(np.ptp(counts) <= 2 for counts in batches)
    assert np.ptp(np.sum(batches, axis=0)) <= 1
    first, second = (torch.cat([x for x, _, _, _ in source.of_epoch(epoch)]) for epoch in (0, 1))
    assert not torch.equal(first, second)
    assert torch.equal(first, torch.cat([x for x, _, _, _ in source.of_epoch(0)]))


def test_seeds_of_neighbouring_epochs_do_not_meet() -> None:
    seeds = {seed_of(seed, epoch) for seed in range(30) for epoch in range(30)}
    assert len(seeds) == 900
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_sequences_are_padded_to_the_longest_of_their_batch(fold: Any, trainer: Callable[..., Trainer]) -> None:
    data = fold(kind="sequence")()
    for x, lengths, _, _ in TrainingBatches(data, trainer(batch_size=8), 3, 0).of_epoch(0):
        assert x.shape[1] == int(lengths.max())
        for clip, length in zip(x, lengths, strict=True):
            assert clip[:length].abs().sum(dim=1).min() > 0
            assert clip[length:].abs().sum() == 0


def test_development_clips_keep_their_order(fold: Any, trainer: Callable[..., Trainer]) -> None:
    data = fold()()
    rows = torch.cat([x for x, _, _, _ in FoldDataModule(data, trainer(batch_size=8), 3, 0).val_dataloader()])
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
