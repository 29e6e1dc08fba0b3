from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ser.models.svm import SVM


def blobs(classes: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = make_blobs(300, n_features=5, centers=classes, cluster_std=6.0, random_state=0)
    return StandardScaler().fit(x[:150]).transform(x).astype(np.float32), y.astype(np.int64)


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("class_weight", ["balanced", None])
def test_predictions_are_those_of_plain_scikit_learn(classes: int, class_weight: str | None) -> None:
    """Ties of the one-against-one votes, which the scores break otherwise, among them (centers overlap)."""
    x, y = blobs(classes)
    spec = SVM(name="svm", kernel="rbf", C=10.0, gamma=None, class_weight=class_weight)
    plain = SVC(C=10.0, class_weight=class_weight).fit(x[:150], y[:150])
    ours = spec.probabilities(spec.build(0, [5]).fit(x[:150], y[:150]), x)
    assert ours.shape == (300, classes)
    np.testing.assert_array_equal(ours.argmax(axis=1), plain.predict(x))
    np.testing.assert_allclose(ours.sum(axis=1), 1.0)


def test_ties_of_votes_occur_in_the_data_of_the_test_above() -> None:
    x, y = blobs(7)
    plain = SVC(C=10.0).fit(x[:150], y[:150])
    assert (plain.decision_function(x).argmax(axis=1) != plain.predict(x)).any()


def test_gamma_is_passed_on() -> None:
    x, y = blobs(3)
    spec = SVM(name="svm", kernel="rbf", C=1.0, gamma=0.5, class_weight=None)
    plain = SVC(C=1.0, gamma=0.5).fit(x, y)
    np.testing.assert_array_equal(spec.build(0, [5]).fit(x, y).predict(x), plain.predict(x))
