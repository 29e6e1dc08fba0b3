"""What every estimator promises, whatever its kind."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_blobs

from ser.models.base import EstimatorSpec

NAMES = ["svm", "kernel_ridge", "logistic", "lda", "random_forest", "gradient_boosting", "knn", "mlp_sklearn"]
RANDOM = ["random_forest", "mlp_sklearn"]


def blobs(classes: int, *, width: int = 6, spread: float = 6.0) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping classes, each larger than the one before."""
    counts = [15 * (label + 1) for label in range(classes)]
    x, y = make_blobs(counts, n_features=width, cluster_std=spread, random_state=0)
    return (x / x.std(axis=0)).astype(np.float32), y.astype(np.int64)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("classes", [2, 3, 7])
def test_probabilities_agree_with_predictions(name: str, classes: int, estimators: dict[str, EstimatorSpec]) -> None:
    (x, y), spec = blobs(classes), estimators[name]
    fitted = spec.build(0, [2, 4]).fit(x[::2], y[::2])
    shares = spec.probabilities(fitted, x)
    assert (shares.shape, shares.dtype) == ((len(x), classes), np.float64)
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(shares.argmax(axis=1), fitted.predict(x))


@pytest.mark.parametrize("name", NAMES)
def test_well_apart_classes_are_told_apart(name: str, estimators: dict[str, EstimatorSpec]) -> None:
    (x, y), spec = blobs(3, spread=0.5), estimators[name]
    fitted = spec.build(0, [6]).fit(x[::2], y[::2])
    np.testing.assert_array_equal(fitted.predict(x[1::2]), y[1::2])


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_the_same_bits(name: str, estimators: dict[str, EstimatorSpec]) -> None:
    (x, y), spec = blobs(3), estimators[name]
    one, two, other = (spec.probabilities(spec.build(seed, [6]).fit(x, y), x) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, two)
    assert np.array_equal(one, other) == (name not in RANDOM)


@pytest.mark.parametrize("name", ["svm", "kernel_ridge", "logistic", "lda", "random_forest", "gradient_boosting"])
def test_balanced_weights_find_more_of_the_rare_class(name: str, estimators: dict[str, EstimatorSpec]) -> None:
    x, y = make_blobs([200, 20], n_features=6, cluster_std=8.0, random_state=1)
    rows = (x / x.std(axis=0)).astype(np.float32)
    found = []
    for class_weight in (None, "balanced"):
        changed = type(estimators[name])(**{**vars(estimators[name]), "class_weight": class_weight})
        found.append((changed.build(0, [6]).fit(rows[::2], y[::2]).predict(rows[1::2]) == 1).sum())
    assert found[1] > found[0]
