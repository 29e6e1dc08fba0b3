"""The fixed ways in which clips are degraded."""

from __future__ import annotations

import numpy as np

from ser.analysis.degraded import CLEAN, augmentation, key, kinds
from ser.audio.augment import augment, variants_of


def test_every_level_is_one_copy_in_the_store() -> None:
    asked = kinds(16_000)
    keys = [key(level) for kind in asked for level in kind.levels if level is not CLEAN]
    assert len(set(keys)) == len(keys)
    assert {variant.key for variant in variants_of(augmentation(asked))} == set(keys)
    assert key(CLEAN) is None
    assert all(CLEAN in kind.levels for kind in asked)


def test_bands_that_the_clips_do_not_have_are_left_out() -> None:
    names = {kind.name: [level.label for level in kind.levels] for kind in kinds(8000)}
    assert names["low-pass"] == ["clean", "2000", "1000"]
    assert "telephone" in names
    assert "telephone" not in {kind.name for kind in kinds(6000)}


def test_every_degradation_of_the_lowest_rate_can_be_carried_out() -> None:
    clip = (0.1 * np.sin(np.arange(4000) / 5)).astype(np.float32)
    made = augmentation(kinds(6000))
    for variant in variants_of(made):
        degraded = augment(clip, 6000, variant, made, "0" * 64)
        assert np.isfinite(degraded).all()
        assert not np.array_equal(degraded, clip)
