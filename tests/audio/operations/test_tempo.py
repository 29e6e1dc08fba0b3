from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ser.audio.operations.tempo import Pitch, Shift, Stretch
from ser.errors import ConfigError


def test_shift_rolls_by_at_most_its_limit_either_way() -> None:
    clip, rng = np.zeros(16_000, np.float32), np.random.default_rng(0)
    clip[8000] = 1
    operation = Shift(max_s=0.2)
    moves = np.array([np.argmax(operation.apply(clip, 16_000, rng)) for _ in range(100)]) - 8000
    assert np.abs(moves).max() <= 0.2 * 16_000
    assert moves.min() < -2500
    assert moves.max() > 2500


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: Shift(max_s=-1.0), "shift.max_s"),
        (lambda: Stretch(rate=0.0), "stretch.rate"),
        (lambda: Pitch(semitones=99.0), "pitch.semitones"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_key(make: Callable[[], object], where: str) -> None:
    with pytest.raises(ConfigError) as error:
        make()
    assert error.value.where == f"augment.operations.{where}"
