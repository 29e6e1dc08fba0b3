from __future__ import annotations

import numpy as np
from sklearn.datasets import make_blobs
from sklearn.ensemble import RandomForestClassifier

from ser.models.random_forest import RandomForest


def test_probabilities_are_those_of_scikit_learn_with_that_seed() -> None:
    x, y = make_blobs(90, n_features=5, cluster_std=6.0, random_state=0)
    rows = x.astype(np.float32)
    plain = RandomForestClassifier(30, min_samples_leaf=2, class_weight="balanced", random_state=7).fit(rows, y)
    spec = RandomForest(name="random_forest", n_estimators=30, min_samples_leaf=2, class_weight="balanced")
    np.testing.assert_array_equal(spec.probabilities(spec.build(7, [5]).fit(rows, y), rows), plain.predict_proba(rows))
