from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from ser.models.lda import LDA
from ser.models.sets import set_scales


def blobs(classes: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    counts = [10 * (label + 1) for label in range(classes)]
    x, y = make_blobs(counts, n_features=width, cluster_std=8.0, random_state=0)
    return x.astype(np.float32), y.astype(np.int64)


@pytest.mark.parametrize("width", [5, 80], ids=["more rows than values", "more values than rows"])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("class_weight", ["balanced", None])
@pytest.mark.parametrize("shrinkage", [0.2, 1.0])
def test_posteriors_are_those_of_scikit_learn(
    width: int, classes: int, class_weight: str | None, shrinkage: float
) -> None:
    x, y = blobs(classes, width)
    widths = [2, width - 2]
    scaled = x / set_scales(widths)
    priors = None if class_weight is None else np.full(classes, 1 / classes)
    plain = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage, priors=priors).fit(scaled, y)
    spec = LDA(name="lda", shrinkage=shrinkage, class_weight=class_weight)
    ours = spec.probabilities(spec.build(0, widths).fit(x, y), x)
    np.testing.assert_allclose(ours, plain.predict_proba(scaled), atol=1e-8)


def test_values_that_never_vary_within_a_class_are_no_fault() -> None:
    x, y = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0), np.repeat(np.arange(3), 4)
    fitted = LDA(name="lda", shrinkage=0.5, class_weight="balanced").build(0, [3]).fit(x, y)
    np.testing.assert_array_equal(fitted.predict(x), y)
