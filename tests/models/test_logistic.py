from __future__ import annotations

import numpy as np
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression

from ser.models.logistic import Logistic
from ser.models.sets import set_scales


def spec() -> Logistic:
    return Logistic(name="logistic", C=50.0, max_iter=1000, class_weight="balanced")


def blobs() -> tuple[np.ndarray, np.ndarray]:
    x, y = make_blobs([20, 40, 60], n_features=5, cluster_std=6.0, random_state=0)
    return (x / x.std(axis=0)).astype(np.float32), y.astype(np.int64)


def test_probabilities_are_those_of_scikit_learn_on_rows_of_equal_sets() -> None:
    x, y = blobs()
    scaled = (x / set_scales([1, 4])).astype(np.float32)
    plain = LogisticRegression(C=50.0, max_iter=1000, class_weight="balanced").fit(scaled, y)
    ours = spec().probabilities(spec().build(0, [1, 4]).fit(x, y), x)
    np.testing.assert_array_equal(ours, plain.predict_proba(scaled))


def test_the_penalty_means_the_same_for_every_width() -> None:
    """The same values, each repeated, say the same, as far as the solver goes."""
    x, y = blobs()
    wide = np.tile(x, 20)
    narrow = spec().probabilities(spec().build(0, [5]).fit(x, y), x)
    np.testing.assert_allclose(spec().probabilities(spec().build(0, [100]).fit(wide, y), wide), narrow, atol=5e-3)
