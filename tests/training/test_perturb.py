from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ser.errors import ConfigError
from ser.models.cnn import CNN
from ser.models.mlp import MLP
from ser.training.fit import fit
from ser.training.perturb import SpecAugment, masked, mixed
from ser.training.trainer import Trainer

WIDTH = 20
FILL = torch.full((WIDTH,), -7.0)


def masks(**changes: float) -> SpecAugment:
    settings: dict[str, Any] = {
        "time_masks": 0,
        "time_frames": 10,
        "time_share": 0.5,
        "frequency_masks": 0,
        "frequency_columns": 6,
    }
    return SpecAugment(**{**settings, **changes})


def padded(lengths: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.zeros(len(lengths), max(lengths), WIDTH)
    for clip, length in zip(x, lengths, strict=True):
        clip[:length] = 1
    return x, torch.tensor(lengths)


def test_time_masks_are_whole_spans_of_frames_no_longer_than_allowed() -> None:
    x, lengths = padded([8, 40] * 200)
    hidden = masked(x, lengths, masks(time_masks=1), FILL, np.random.default_rng(0)) == -7
    assert torch.equal(hidden.all(dim=2), hidden.any(dim=2))
    spans = hidden.all(dim=2).sum(dim=1)
    assert set(spans[0::2].tolist()) == set(range(5)), "half of eight frames at most"
    assert set(spans[1::2].tolist()) == set(range(11))
    edges = np.diff(hidden.all(dim=2).numpy().astype(int), axis=1, prepend=0)
    assert (edges == 1).sum(axis=1).max() == 1, "one span"
    starts = {int(row.argmax()) for row in hidden.all(dim=2)[1::2].int() if row.any()}
    assert min(starts) == 0
    assert max(starts) >= 35


def test_frequency_masks_are_whole_spans_of_columns() -> None:
    x, lengths = padded([8, 40] * 200)
    hidden = masked(x, lengths, masks(frequency_masks=1), FILL, np.random.default_rng(0)) == -7
    for clip, length in zip(hidden, lengths, strict=True):
        assert torch.equal(clip[:length].all(dim=0), clip[:length].any(dim=0))
        assert not clip[length:].any(), "padding stays as it is"
    assert set(hidden[:, 0].sum(dim=1).tolist()) == set(range(7))


def test_several_masks_hide_more_and_none_hide_nothing() -> None:
    x, lengths = padded([40] * 300)
    hidden = [
        (masked(x, lengths, masks(time_masks=count), FILL, np.random.default_rng(0)) == -7).float().mean()
        for count in (0, 1, 2)
    ]
    assert hidden[0] == 0
    assert hidden[1] == pytest.approx(5 / 40, rel=0.1)
    assert 1.6 * hidden[1] < hidden[2] < 2 * hidden[1]


def test_vectors_have_nothing_to_mask() -> None:
    masks().check("vector")
    masks(time_masks=1).check("sequence")
    with pytest.raises(ConfigError, match=r"^trainer\.spec_augment: expected sequence features"):
        masks(frequency_masks=1).check("vector")


@pytest.mark.parametrize(("key", "value"), [("time_masks", -1), ("frequency_columns", -1), ("time_share", 0.0)])
def test_masks_out_of_range_are_refused_by_key(key: str, value: float) -> None:
    with pytest.raises(ConfigError, match=rf"^trainer\.spec_augment\.{key}: "):
        masks(**{key: value})


def test_targets_are_mixed_in_the_share_of_the_clips() -> None:
    one_hot = torch.eye(16)
    for seed in range(20):
        x, _, targets = mixed(
            one_hot, torch.ones(16, dtype=torch.int64), one_hot, 0.4, torch.zeros(16), np.random.default_rng(seed)
        )
        assert torch.equal(x, targets)
        assert torch.allclose(targets.sum(dim=1), torch.ones(16))
        assert (targets > 0).sum(dim=1).max() <= 2


def test_shares_are_of_the_beta_distribution() -> None:
    pair, ones = torch.eye(2), torch.ones(2, dtype=torch.int64)
    drawn = [mixed(pair, ones, pair, 0.4, torch.zeros(2), np.random.default_rng(seed))[2] for seed in range(600)]
    shares = np.array([float(targets[0, 0]) for targets in drawn if targets[0, 1] > 0])
    assert shares.mean() == pytest.approx(0.5, abs=0.06)
    # Of Beta(a, a): 1 / (4 (2a + 1)).
    assert shares.var() == pytest.approx(1 / (4 * 1.8), rel=0.1)


def test_a_mixture_is_as_long_as_the_longer_clip_the_shorter_one_filled_up() -> None:
    x, lengths = padded([2, 5, 9])
    for seed in range(10):
        mixture, longer, targets = mixed(x, lengths, torch.eye(3), 1.0, FILL, np.random.default_rng(seed))
        for clip, length, target in zip(mixture, longer, targets, strict=True):
            partners = torch.nonzero(target).flatten()
            assert int(length) == int(lengths[partners].max())
            assert clip[length:].abs().sum() == 0
            for frame in range(int(length)):
                sounding = lengths[partners] > frame
                expected = torch.where(sounding, 1.0, -7.0) @ target[partners]
                assert torch.allclose(clip[frame], expected.expand(WIDTH), atol=1e-5)


def test_a_network_learns_from_mixed_and_masked_batches_and_does_so_again(
    fold: Any, cnn: CNN, trainer: Callable[..., Trainer], classes: list[str], tmp_path: Path
) -> None:
    data = fold(kind="sequence", noise=0.5)()
    settings = trainer(
        max_epochs=12, mixup_alpha=0.2, spec_augment=masks(time_masks=1, frequency_masks=1, frequency_columns=2)
    )
    result = fit(data, cnn, settings, classes=classes, seed=0, folder=tmp_path / "a")
    assert (result.test.argmax(axis=1) == data.train_labels).mean() > 0.8
    again = fit(data, cnn, settings, classes=classes, seed=0, folder=tmp_path / "b")
    np.testing.assert_array_equal(result.test, again.test)
    plain = fit(data, cnn, trainer(max_epochs=12), classes=classes, seed=0, folder=tmp_path / "c")
    assert (plain.test != result.test).any()


def test_masks_on_vectors_are_refused_before_training(
    fold: Any, mlp: MLP, trainer: Callable[..., Trainer], classes: list[str], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"trainer\.spec_augment"):
        fit(fold()(), mlp, trainer(spec_augment=masks(time_masks=1)), classes=classes, seed=0, folder=tmp_path)
