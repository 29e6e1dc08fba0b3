"""Statistics are traced to the rows they were taken of."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from ser.arrays import Float32
from ser.protocol.fitted import origin

RANDOM = np.random.default_rng(0)


def rows(count: int, centre: float) -> Float32:
    values = RANDOM.normal(centre, 1, (count, 6)) * [1, 10, 0.1, 1, 1, 0] + [0, 5, 1e4, 0, 0, 3]
    return values.astype(np.float32)


PARTS = {"train": rows(300, 0.0), "dev": rows(60, 0.1), "test": rows(90, 0.2)}


@pytest.mark.parametrize("parts", ["train", "train+dev", "dev", "train+dev+test", "train+test", "dev+test", "test"])
@pytest.mark.parametrize("divisor", ["n", "n - 1"])
def test_the_rows_behind_a_scaler_are_named(parts: str, divisor: str) -> None:
    values = np.concatenate([PARTS[name] for name in parts.split("+")])
    fitted = StandardScaler().fit(values.astype(np.float64))
    scale = fitted.scale_ if divisor == "n" else values.std(axis=0, ddof=1, dtype=np.float64)
    # As a model keeps them.
    found = origin(fitted.mean_.astype(np.float32).astype(np.float64), scale, PARTS)
    assert found.parts == parts
    assert found.certain
    assert found.leaks == ("test" in parts)


def test_statistics_of_other_rows_are_nobodys() -> None:
    found = origin(PARTS["train"].mean(axis=0) + 0.5, PARTS["train"].std(axis=0), PARTS)
    assert not found.certain
    assert not found.leaks


def test_where_test_rows_change_nothing_nobody_is_accused() -> None:
    train = PARTS["train"]
    found = origin(
        train.mean(axis=0, dtype=np.float64), train.std(axis=0, dtype=np.float64), {"train": train, "test": train}
    )
    assert found.parts == "train"
    constant = np.ones((4, 2), np.float32)
    assert origin(np.ones(2), np.ones(2), {"train": constant, "dev": constant[:0], "test": constant}).parts == "train"


def test_without_training_rows_there_is_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match="training rows"):
        origin(np.ones(6), np.ones(6), {"test": PARTS["test"]})
