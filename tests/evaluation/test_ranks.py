"""Ranks of several models, against Demsar's worked example and tables (JMLR 7, 2006) and scipy's Friedman test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from ser.evaluation.ranks import critical_difference, rank

# AUC of C4.5, C4.5+m, C4.5+cf and C4.5+m+cf on 14 data sets: Demsar's table 6. In the last row but one it prints 0.975
# twice; the ranks it gives show that the third was the larger before rounding.
AUC = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
).T


def test_the_worked_example_of_demsar() -> None:
    found = rank(AUC, higher_is_better=True, alpha=0.10)
    assert found is not None
    assert found.average == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=0.001)
    assert found.critical == pytest.approx(1.12, abs=0.005)
    # C4.5 is told apart from both that tune m, and nothing else is.
    assert found.alike() == [[3, 1, 2], [2, 0]]
    assert rank(-AUC, higher_is_better=False, alpha=0.10) == found


def test_the_critical_values_are_those_of_the_published_table() -> None:
    published = {
        0.05: [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164],
        0.10: [1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920],
    }
    for alpha, values in published.items():
        for models, value in enumerate(values, start=2):
            blocks = models * (models + 1)
            assert critical_difference(models, blocks, alpha) * np.sqrt(6) == pytest.approx(value, abs=0.0015)


@pytest.mark.parametrize("digits", [1, 8])
def test_the_p_value_is_that_of_scipy_with_and_without_ties(digits: int) -> None:
    scores = np.random.default_rng(0).random((5, 11)).round(digits)
    found = rank(scores, higher_is_better=True, alpha=0.05)
    assert found is not None
    assert found.p_value == pytest.approx(friedmanchisquare(*scores).pvalue)


def test_models_that_tie_everywhere_are_alike() -> None:
    found = rank(np.ones((3, 5)), higher_is_better=True, alpha=0.05)
    assert found is not None
    assert (found.average, found.p_value, found.alike()) == ([2, 2, 2], 1, [[0, 1, 2]])


def test_models_far_apart_are_not_alike() -> None:
    found = rank(np.arange(3)[:, None] + np.zeros((3, 50)), higher_is_better=True, alpha=0.05)
    assert found is not None
    assert found.alike() == []


def test_blocks_without_a_score_are_left_out_and_one_block_ranks_nothing() -> None:
    scores = np.random.default_rng(0).random((3, 6))
    scores[1, 2:] = np.nan
    found = rank(scores, higher_is_better=True, alpha=0.05)
    assert found is not None
    assert found.blocks == 2
    assert rank(scores[:, 1:], higher_is_better=True, alpha=0.05) is None
