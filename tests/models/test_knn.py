from __future__ import annotations

import numpy as np
import pytest

from ser.models.knn import KNN


@pytest.mark.parametrize(("metric", "nearest"), [("euclidean", 0), ("manhattan", 1), ("cosine", 2)])
def test_the_distance_is_the_one_that_was_asked_for(metric: str, nearest: int) -> None:
    """From (1, 1): 4.4, 5 and 27 as the crow flies; 6.2, 5 and 38 along the axes; the last in the same direction."""
    rows = np.array([[4, 4.2], [6, 1], [20, 20]], dtype=np.float32)
    fitted = KNN(name="knn", n_neighbors=1, weights="uniform", metric=metric).build(0, [2]).fit(rows, np.arange(3))
    assert fitted.predict(np.ones((1, 2), np.float32)) == [nearest]


def test_votes_are_weighed_by_distance_when_asked() -> None:
    rows, labels = np.array([[0], [4], [6]], dtype=np.float32), np.array([0, 1, 1])
    shares = []
    for weights in ("uniform", "distance"):
        spec = KNN(name="knn", n_neighbors=3, weights=weights, metric="euclidean")
        shares.append(spec.probabilities(spec.build(0, [1]).fit(rows, labels), np.array([[1]], np.float32))[0])
    np.testing.assert_allclose(shares[0], [1 / 3, 2 / 3])
    np.testing.assert_allclose(shares[1], np.array([1, 1 / 3 + 1 / 5]) / (1 + 1 / 3 + 1 / 5))
