from __future__ import annotations

import numpy as np
import pytest
import torch

import trained
from ser.arrays import Kind, Ragged
from ser.errors import ConfigError
from ser.export.ensemble import Ensemble
from ser.models.base import EstimatorSpec, NetworkSpec
from ser.models.cnn import CNN
from ser.models.gradient_boosting import GradientBoosting
from ser.models.kernel_ridge import KernelRidge
from ser.models.knn import KNN
from ser.models.lda import LDA
from ser.models.logistic import Logistic
from ser.models.lstm import LSTM
from ser.models.mlp_sklearn import MLPSklearn
from ser.models.random_forest import RandomForest
from ser.models.svm import SVM
from ser.models.trained import TrainedModel

NETWORKS: list[NetworkSpec] = [
    trained.MLP_,
    trained.CNN_,
    trained.LSTM_,
    trained.CNN_LSTM_,
    CNN(name="cnn", conv=trained.conv(pool=5), pooling="mean", hidden=[], dense_batch_norm=False, dropout=0.0),
    LSTM(name="lstm", values_per_step=1, units=[4], bidirectional=False, pooling="mean_std", hidden=[], dropout=0.0),
]
ESTIMATORS: list[EstimatorSpec] = [
    *(
        SVM(name=kernel, kernel=kernel, C=1.0, gamma=None, class_weight=None)
        for kernel in ("rbf", "linear", "poly", "sigmoid")
    ),
    KernelRidge(name="kernel_ridge", gamma=0.5, penalty=0.02, class_weight="balanced"),
    Logistic(name="logistic", C=1.0, max_iter=200, class_weight="balanced"),
    LDA(name="lda", shrinkage=0.5, class_weight="balanced"),
    RandomForest(name="random_forest", n_estimators=10, min_samples_leaf=2, class_weight="balanced"),
    GradientBoosting(
        name="gradient_boosting",
        learning_rate=0.1,
        max_iter=4,
        max_leaf_nodes=5,
        min_samples_leaf=2,
        l2_regularization=0.0,
        max_bins=15,
        class_weight=None,
    ),
    MLPSklearn(
        name="mlp_sklearn", hidden_layer_sizes=[8], alpha=0.1, learning_rate_init=0.01, batch_size=None, max_iter=20
    ),
]


def padded(features: Ragged) -> tuple[torch.Tensor, torch.Tensor]:
    """Clips as one batch, with what is no number in the padding: it must not matter."""
    x = np.full((len(features), features.lengths.max(), features.shape.width), 1e9, np.float32)
    for row, clip in zip(x, features, strict=True):
        row[: len(clip)] = clip
    return torch.tensor(x), torch.tensor(features.lengths)


def worst(members: list[TrainedModel], features: Ragged) -> float:
    logs, shares = Ensemble(members)(*padded(features))
    expected = trained.mean_of(members, features)
    np.testing.assert_allclose(shares, expected, atol=1e-6)
    rare = np.maximum(expected, 1e-7)
    np.testing.assert_allclose(np.maximum(logs.exp().numpy(), 1e-7), rare, rtol=1e-4)
    return float(np.abs(logs.exp().numpy() - expected).max())


@pytest.mark.parametrize("spec", NETWORKS, ids=lambda spec: f"{spec.name}-{getattr(spec, 'pooling', '')}")
@pytest.mark.parametrize("kind", ["vector", "sequence"])
def test_a_network_answers_as_it_was_trained_whatever_the_length(spec: NetworkSpec, kind: Kind) -> None:
    if kind in spec.accepts:
        scaled = trained.scaling(signed_sqrt=True, l2=True)
        members: list[TrainedModel] = [trained.network(spec, kind, scaled, seed=1), trained.network(spec, kind)]
        assert worst(members, trained.clips(kind, 23)) < 1e-6


@pytest.mark.parametrize("spec", ESTIMATORS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("classes", [trained.CLASSES, trained.CLASSES[:2]], ids=len)
def test_an_estimator_answers_as_it_was_fitted(spec: EstimatorSpec, classes: list[str]) -> None:
    members: list[TrainedModel] = [trained.estimator(spec, classes, seed) for seed in (0, 1)]
    assert worst(members, trained.clips("vector", 60)) < 1e-6


def test_svm_gives_ties_of_votes_to_the_class_that_scikit_learn_names() -> None:
    spec = SVM(name="svm", kernel="rbf", C=0.1, gamma=2.0, class_weight=None)
    member = trained.estimator(spec)
    features = trained.clips("vector", 300)
    _, shares = Ensemble([member])(*padded(features))
    scaled = member.scaler.rows(features.values)
    np.testing.assert_array_equal(shares.argmax(1), member.estimator.predict(scaled))


def test_what_cannot_be_exported_is_named() -> None:
    member = trained.estimator(KNN(name="knn", n_neighbors=3, weights="uniform", metric="cosine"))
    with pytest.raises(ConfigError, match=r"can be exported: .*SVM.* got 'KNN'"):
        Ensemble([member])
