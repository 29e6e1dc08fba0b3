"""What holds for every shipped operation, as it is configured."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ser import config
from ser.arrays import Float32
from ser.audio.operations.base import Operation

SHIPPED = config.load([]).augment.operations
RATES_HZ = (8_000, 16_000, 22_050, 44_100)


def apply(operation: Operation, samples: Float32, rate_hz: int = 16_000, seed: int = 0) -> Float32:
    return operation.apply(samples, rate_hz, np.random.default_rng(seed))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_clip_is_changed_and_left_as_it_was(voiced: Float32, name: str) -> None:
    before = voiced.copy()
    changed = apply(SHIPPED[name], voiced)
    np.testing.assert_array_equal(voiced, before)
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    assert not np.array_equal(changed, before)
    if name != "stretch":
        assert len(changed) == len(voiced)


@pytest.mark.parametrize("name", SHIPPED)
def test_only_chance_makes_two_copies_differ(voiced: Float32, name: str) -> None:
    first, again, other = (apply(SHIPPED[name], voiced, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.array_equal(first, other) is not SHIPPED[name].random


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("name", SHIPPED)
def test_every_common_rate_silence_and_shortness_will_do(voiced: Float32, name: str, rate_hz: int) -> None:
    for clip in (voiced, np.zeros(4000, np.float32), voiced[:50]):
        assert np.isfinite(apply(SHIPPED[name], clip, rate_hz)).all()


@pytest.mark.parametrize("name", SHIPPED)
def test_settings_are_part_of_the_identity(name: str) -> None:
    operation = SHIPPED[name]
    (first, value), *_ = dataclasses.asdict(operation).items()
    changed = dataclasses.replace(operation, **{first: value * 0.9 if isinstance(value, float) else value * 2})
    assert operation.identity() != changed.identity()
    assert operation.identity() == dataclasses.replace(operation).identity()
