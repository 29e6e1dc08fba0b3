"""Settings: nonsense is refused by key, and features that do not fit."""

from __future__ import annotations

import dataclasses

import pytest

from ser.errors import ConfigError
from ser.models.base import EstimatorSpec, NetworkSpec, check_pairing
from ser.models.mlp import MLP


@pytest.mark.parametrize(
    ("name", "change", "key"),
    [
        ("mlp", {"hidden": [0]}, "model.hidden"),
        ("mlp", {"dropout": 1.0}, "model.dropout"),
        ("cnn-mean_std", {"pooling": "last"}, "model.pooling"),
        ("cnn-mean_std", {"hidden": [-1]}, "model.hidden"),
        ("lstm-last", {"values_per_step": 0}, "model.values_per_step"),
        ("lstm-last", {"units": []}, "model.units"),
        ("lstm-last", {"pooling": "max"}, "model.pooling"),
        ("cnn_lstm", {"dropout": -0.1}, "model.dropout"),
    ],
)
def test_settings_out_of_range_are_refused_by_key(
    name: str, change: dict[str, object], key: str, networks: dict[str, NetworkSpec]
) -> None:
    with pytest.raises(ConfigError, match=f"^{key}: "):
        dataclasses.replace(networks[name], **change)


@pytest.mark.parametrize(
    ("name", "change", "key"),
    [
        ("svm", {"kernel": "cubic"}, "model.kernel"),
        ("svm", {"C": 0.0}, "model.C"),
        ("svm", {"gamma": -1.0}, "model.gamma"),
        ("svm", {"class_weight": "inverse"}, "model.class_weight"),
        ("kernel_ridge", {"gamma": 0.0}, "model.gamma"),
        ("kernel_ridge", {"penalty": 0.0}, "model.penalty"),
        ("kernel_ridge", {"class_weight": "heavy"}, "model.class_weight"),
        ("logistic", {"C": 0.0}, "model.C"),
        ("logistic", {"max_iter": 0}, "model.max_iter"),
        ("logistic", {"class_weight": "heavy"}, "model.class_weight"),
        ("lda", {"shrinkage": 0.0}, "model.shrinkage"),
        ("lda", {"shrinkage": 1.1}, "model.shrinkage"),
        ("lda", {"class_weight": "heavy"}, "model.class_weight"),
        ("random_forest", {"n_estimators": 0}, "model.n_estimators"),
        ("random_forest", {"min_samples_leaf": 0}, "model.min_samples_leaf"),
        ("random_forest", {"class_weight": "heavy"}, "model.class_weight"),
        ("gradient_boosting", {"learning_rate": 0.0}, "model.learning_rate"),
        ("gradient_boosting", {"max_iter": 0}, "model.max_iter"),
        ("gradient_boosting", {"max_leaf_nodes": 1}, "model.max_leaf_nodes"),
        ("gradient_boosting", {"min_samples_leaf": 0}, "model.min_samples_leaf"),
        ("gradient_boosting", {"l2_regularization": -1.0}, "model.l2_regularization"),
        ("gradient_boosting", {"max_bins": 256}, "model.max_bins"),
        ("gradient_boosting", {"class_weight": "heavy"}, "model.class_weight"),
        ("knn", {"n_neighbors": 0}, "model.n_neighbors"),
        ("knn", {"weights": "closest"}, "model.weights"),
        ("knn", {"metric": "chebyshev"}, "model.metric"),
        ("mlp_sklearn", {"hidden_layer_sizes": []}, "model.hidden_layer_sizes"),
        ("mlp_sklearn", {"alpha": -1.0}, "model.alpha"),
        ("mlp_sklearn", {"learning_rate_init": 0.0}, "model.learning_rate_init"),
        ("mlp_sklearn", {"batch_size": 0}, "model.batch_size"),
        ("mlp_sklearn", {"max_iter": 0}, "model.max_iter"),
    ],
)
def test_estimator_settings_out_of_range_are_refused_by_key(
    name: str, change: dict[str, object], key: str, estimators: dict[str, EstimatorSpec]
) -> None:
    with pytest.raises(ConfigError, match=f"^{key}: "):
        dataclasses.replace(estimators[name], **change)


def test_a_wrong_pairing_is_refused_with_what_would_fit() -> None:
    mlp = MLP(name="mlp", hidden=[], dropout=0.0)
    with pytest.raises(ConfigError) as refusal:
        check_pairing(
            mlp, "sequence", features="log_mel", fitting_models=["cnn", "lstm"], fitting_features=["functionals"]
        )
    message = str(refusal.value)
    assert "expected vector features for model=mlp" in message
    assert "sequence features from features=log_mel" in message
    assert "Models that fit these features: cnn, lstm." in message
    assert "Features that fit this model: functionals." in message


def test_a_fitting_pairing_passes() -> None:
    mlp = MLP(name="mlp", hidden=[], dropout=0.0)
    check_pairing(mlp, "vector", features="functionals", fitting_models=[], fitting_features=[])
