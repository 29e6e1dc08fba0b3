"""What a training clip counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_blobs

from ser.errors import ConfigError
from ser.models.base import EstimatorSpec, NetworkSpec, check_self_training, check_weighing

WEIGHING = ["svm", "kernel_ridge", "logistic", "lda", "random_forest", "gradient_boosting", "mlp_sklearn"]


def blobs() -> tuple[np.ndarray, np.ndarray]:
    x, y = make_blobs([20, 30, 50], n_features=4, cluster_std=6.0, random_state=0)
    return (x / x.std(axis=0)).astype(np.float32), y.astype(np.int64)


def changed(spec: EstimatorSpec, **settings: Any) -> EstimatorSpec:
    return type(spec)(**{**vars(spec), **settings})


@pytest.mark.parametrize(
    ("name", "settings", "tolerance"),
    [
        ("kernel_ridge", {"class_weight": "balanced"}, 1e-6),
        ("kernel_ridge", {"class_weight": None}, 1e-6),
        ("lda", {"class_weight": "balanced"}, 1e-9),
        ("lda", {"class_weight": None}, 1e-9),
        ("logistic", {"class_weight": "balanced"}, 1e-3),
        ("svm", {"class_weight": None, "gamma": 0.3}, 2e-3),
    ],
)
def test_a_clip_of_weight_three_is_three_clips(
    name: str, settings: dict[str, Any], tolerance: float, estimators: dict[str, EstimatorSpec]
) -> None:
    (x, y), spec = blobs(), changed(estimators[name], **settings)
    counts = np.random.default_rng(0).integers(1, 4, len(y))
    weighted = spec.fit(spec.build(0, [1, 3]), x, y, counts.astype(np.float32))
    repeated = spec.fit(spec.build(0, [1, 3]), np.repeat(x, counts, axis=0), np.repeat(y, counts), None)
    plain = spec.fit(spec.build(0, [1, 3]), x, y, None)
    shares = spec.probabilities(weighted, x)
    np.testing.assert_allclose(shares, spec.probabilities(repeated, x), atol=tolerance)
    assert np.abs(shares - spec.probabilities(plain, x)).max() > 10 * tolerance


@pytest.mark.parametrize("name", WEIGHING)
def test_wrong_labels_of_little_weight_do_little_harm(name: str, estimators: dict[str, EstimatorSpec]) -> None:
    x, truth = make_blobs([120, 120], n_features=4, cluster_std=1.0, random_state=0)
    rows, wrong = (x / x.std(axis=0)).astype(np.float32), np.arange(240) % 2 == 0
    labels = np.where(wrong, 1, truth).astype(np.int64)
    weights = np.where(wrong, 0.001, 1.0).astype(np.float32)
    spec = changed(estimators[name], **({"class_weight": None} if hasattr(estimators[name], "class_weight") else {}))
    right = [
        (spec.probabilities(spec.fit(spec.build(0, [4]), rows, labels, given), rows).argmax(axis=1) == truth).mean()
        for given in (weights, None)
    ]
    assert right[0] > 0.97
    assert right[0] > right[1]


def test_models_that_cannot_weigh_clips_name_those_that_can(estimators: dict[str, EstimatorSpec]) -> None:
    assert [name for name, spec in estimators.items() if spec.weighs] == WEIGHING
    for name in WEIGHING:
        check_weighing(estimators[name], weighing_models=WEIGHING)
    with pytest.raises(ConfigError, match=r"(?s)protocol\.corpus_weights: .*model=knn.*Models that can: svm, kernel"):
        check_weighing(estimators["knn"], weighing_models=WEIGHING)


def test_networks_take_weights_and_refuse_self_training(
    estimators: dict[str, EstimatorSpec], networks: dict[str, NetworkSpec]
) -> None:
    check_weighing(networks["mlp"], weighing_models=WEIGHING)
    check_self_training(estimators["knn"])
    with pytest.raises(ConfigError, match=r"protocol\.self_training: .*model=mlp, a network: .*model=kernel_ridge"):
        check_self_training(networks["mlp"])
