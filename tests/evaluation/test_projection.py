from __future__ import annotations

import importlib.util
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ser.evaluation.projection import neighbourly, parted, principal, standardised

RANDOM = np.random.default_rng(0)


def test_columns_are_standardised_by_the_training_rows_alone() -> None:
    train = RANDOM.normal(5, 3, (50, 4)).astype(np.float32)
    train[:, 3] = 7
    others = RANDOM.normal(0, 1, (9, 4)).astype(np.float32)
    scaled, moved = standardised(train, others)
    np.testing.assert_allclose(scaled[:, :3].mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(scaled[:, :3].std(axis=0), 1)
    assert (scaled[:, 3] == 0).all()
    np.testing.assert_allclose(moved[:, 0], (others[:, 0] - train[:, 0].mean()) / train[:, 0].std(), rtol=1e-4)


def test_the_two_directions_of_largest_variance_are_kept() -> None:
    train = RANDOM.normal(0, [10, 5, 0.1], (200, 3))
    left, right, share = principal(train, train[:3])
    np.testing.assert_allclose(np.abs(np.corrcoef(left[:, 0], train[:, 0])[0, 1]), 1, atol=0.01)
    np.testing.assert_allclose(right, left[:3])
    variances = np.linalg.eigvalsh(np.cov(train.T))
    assert share == pytest.approx(variances[1:].sum() / variances.sum())


def test_groups_that_lie_apart_are_told_from_groups_that_do_not() -> None:
    rows = np.concatenate([RANDOM.normal(0, 1, (30, 2)), RANDOM.normal(20, 1, (30, 2))])
    assert (parted(rows, ["a"] * 30 + ["b"] * 30) or 0) > 0.9
    assert abs(parted(rows, ["a", "b"] * 30) or 1) < 0.05
    assert parted(rows, ["a"] * 60) is None
    assert parted(rows[:2], ["a", "b"]) is None


def test_umap_is_learned_from_the_training_rows_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> object:
        return object() if installed and name == "umap" else None

    class FirstTwo:
        def __init__(self, **options: Any) -> None:
            assert options == {"n_components": 2, "random_state": 0, "n_jobs": 1}

        def fit(self, rows: np.ndarray) -> SimpleNamespace:
            return SimpleNamespace(embedding_=rows[:, :2], transform=lambda others: others[:, :2])

    library = ModuleType("umap")
    library.UMAP = FirstTwo  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "umap", library)
    monkeypatch.setattr(importlib.util, "find_spec", find)
    rows = RANDOM.normal(0, 1, (9, 3))
    installed = False
    assert neighbourly(rows, rows[:4]) is None
    installed = True
    found = neighbourly(rows, rows[:4])
    assert found is not None
    assert [part.shape for part in found] == [(9, 2), (4, 2)]
