from __future__ import annotations

import numpy as np
import pytest
from sklearn import kernel_ridge as reference
from sklearn.datasets import make_blobs
from sklearn.utils.class_weight import compute_sample_weight

from ser.errors import TrainingError
from ser.models import kernel_ridge
from ser.models.kernel_ridge import DualRidge, KernelRidge


def spec(**changes: object) -> KernelRidge:
    settings: dict[str, object] = {"name": "kernel_ridge", "gamma": 0.5, "penalty": 0.02, "class_weight": "balanced"}
    return KernelRidge(**{**settings, **changes})  # type: ignore[arg-type]


def blobs(classes: int, width: int = 5) -> tuple[np.ndarray, np.ndarray]:
    counts = [20 * (label + 1) for label in range(classes)]
    x, y = make_blobs(counts, n_features=width, cluster_std=6.0, random_state=0)
    return (x / x.std(axis=0)).astype(np.float32), y.astype(np.int64)


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("class_weight", ["balanced", None])
@pytest.mark.parametrize("penalty", [0.02, 1.0])
def test_scores_are_those_of_scikit_learn(classes: int, class_weight: str | None, penalty: float) -> None:
    x, y = blobs(classes)
    scaled = x.astype(np.float64) / np.sqrt(5)
    plain = reference.KernelRidge(kernel="rbf", gamma=0.5, alpha=penalty)
    plain.fit(
        scaled, 2.0 * (y[:, None] == np.arange(classes)) - 1, sample_weight=compute_sample_weight(class_weight, y)
    )
    model = spec(class_weight=class_weight, penalty=penalty)
    fitted = model.build(0, [5]).fit(x, y)
    assert isinstance(fitted, DualRidge)
    np.testing.assert_allclose(fitted.scores(x), plain.predict(scaled), atol=1e-6)
    shares = model.probabilities(fitted, x)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    np.testing.assert_array_equal(shares.argmax(axis=1), fitted.predict(x))


def test_gamma_means_the_same_for_every_width() -> None:
    """The same values, each repeated, have the same distances per width."""
    x, y = blobs(3)
    narrow, wide = spec().build(0, [5]).fit(x, y), spec().build(0, [20]).fit(np.tile(x, 4), y)
    np.testing.assert_allclose(wide.scores(np.tile(x, 4)), narrow.scores(x), atol=1e-6)  # type: ignore[attr-defined]


def test_gamma_means_the_same_for_every_number_of_sets() -> None:
    x, y = blobs(3)
    one, three = spec().build(0, [5]).fit(x, y), spec().build(0, [5, 5, 5]).fit(np.tile(x, 3), y)
    np.testing.assert_allclose(three.scores(np.tile(x, 3)), one.scores(x), atol=1e-6)  # type: ignore[attr-defined]


def test_a_small_feature_set_beside_a_large_one_counts_as_much() -> None:
    (x, y), other = blobs(3), blobs(3, 2)[0]
    small = spec().build(0, [5, 2]).fit(np.hstack([x, other]), y)
    large = spec().build(0, [5, 200]).fit(np.hstack([x, np.tile(other, 100)]), y)
    np.testing.assert_allclose(
        large.scores(np.hstack([x, np.tile(other, 100)])),  # type: ignore[attr-defined]
        small.scores(np.hstack([x, other])),  # type: ignore[attr-defined]
        atol=1e-5,
    )


def test_too_many_rows_are_refused_before_memory_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_ridge, "MOST_ROWS", 10)
    with pytest.raises(TrainingError, match="at most 10 training clips"):
        spec().build(0, [5]).fit(*blobs(3))
