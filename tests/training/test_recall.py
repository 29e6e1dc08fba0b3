from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from ser.training.recall import uar


def test_uar_is_scikit_learns_balanced_accuracy() -> None:
    random = np.random.default_rng(0)
    labels, predicted = random.integers(0, 5, 300), random.integers(0, 5, 300)
    assert uar(labels, predicted) == pytest.approx(balanced_accuracy_score(labels, predicted))


def test_a_class_that_does_not_occur_does_not_count() -> None:
    assert uar(np.array([0, 0, 2]), np.array([0, 1, 2])) == 0.75
