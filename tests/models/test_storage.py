from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import skops.io
import torch
from sklearn.preprocessing import FunctionTransformer

from ser.arrays import Ragged
from ser.errors import DataError, StoreError
from ser.models import storage
from ser.models.base import EstimatorSpec, NetworkSpec
from ser.models.standardize import Scaler, Scaling, Standardized
from ser.models.trained import TrainedEstimator, TrainedModel, TrainedNetwork

ESTIMATORS = ["svm", "kernel_ridge", "logistic", "lda", "random_forest", "gradient_boosting", "knn", "mlp_sklearn"]
CLASSES = ["angry", "happy", "sad"]
NAMES = ["mlp", "cnn-mean_std", "cnn-attention", "lstm-attention", "lstm-last", "cnn_lstm"]


def scaling(width: int) -> Scaling:
    return Scaling(standardize=True, signed_sqrt=True, l2=True, widths=[1, width - 1], group="speaker", shape="mean")


def trained(spec: NetworkSpec, features: Ragged) -> TrainedNetwork:
    torch.manual_seed(0)
    network = Standardized(spec.build(features.shape, 3), scaling(features.shape.width))
    network.fit(features.values)
    return TrainedNetwork(shape=features.shape, classes=CLASSES, spec=spec, network=network)


def fitted(spec: EstimatorSpec, features: Ragged) -> TrainedEstimator:
    scaler = Scaler(scaling(features.shape.width))
    scaler.fit(features.values)
    labels = np.arange(len(features)) % 3
    estimator = spec.build(0, scaler.scaling.widths).fit(scaler.rows(features.values), labels)
    return TrainedEstimator(shape=features.shape, classes=CLASSES, spec=spec, scaler=scaler, estimator=estimator)


def edit(folder: Path, **changes: object) -> None:
    told = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**told, **changes}))


@pytest.fixture
def saved(tmp_path: Path, networks: dict[str, NetworkSpec], vectors: Callable[..., Ragged]) -> Path:
    storage.save(tmp_path / "model", trained(networks["mlp"], vectors(8, 4)))
    return tmp_path / "model"


@pytest.mark.parametrize("name", NAMES)
def test_a_network_comes_back_bit_for_bit(
    name: str,
    networks: dict[str, NetworkSpec],
    sequences: Callable[..., Ragged],
    vectors: Callable[..., Ragged],
    tmp_path: Path,
) -> None:
    features = vectors(8, 4) if name == "mlp" else sequences(8, 4)
    model = trained(networks[name], features)
    storage.save(tmp_path / "model", model)
    loaded = storage.load(tmp_path / "model")
    assert (loaded.shape, loaded.classes) == (model.shape, CLASSES)
    np.testing.assert_array_equal(loaded.predict_proba(features), model.predict_proba(features))
    assert isinstance(loaded, TrainedNetwork)
    assert loaded.spec == model.spec


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_comes_back_bit_for_bit(
    name: str, estimators: dict[str, EstimatorSpec], vectors: Callable[..., Ragged], tmp_path: Path
) -> None:
    features = vectors(30, 4)
    model = fitted(estimators[name], features)
    storage.save(tmp_path / "model", model)
    loaded = storage.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(features), model.predict_proba(features))
    assert loaded.scaling == model.scaling == scaling(4)


def test_only_the_model_s_own_types_are_trusted(
    estimators: dict[str, EstimatorSpec], vectors: Callable[..., Ragged], tmp_path: Path
) -> None:
    storage.save(tmp_path / "svm", fitted(estimators["svm"], vectors(30, 4)))
    storage.save(tmp_path / "ridge", fitted(estimators["kernel_ridge"], vectors(30, 4)))
    (tmp_path / "ridge" / "estimator.skops").replace(tmp_path / "svm" / "estimator.skops")
    with pytest.raises(StoreError, match="DualRidge"):
        storage.load(tmp_path / "svm")


@pytest.mark.parametrize("kind", ["vector", "sequence"])
def test_the_batch_size_changes_nothing(
    kind: str,
    networks: dict[str, NetworkSpec],
    estimators: dict[str, EstimatorSpec],
    sequences: Callable[..., Ragged],
    vectors: Callable[..., Ragged],
) -> None:
    features = vectors(33, 20) if kind == "vector" else sequences(33, 6)
    models: list[TrainedModel] = [trained(spec, features) for spec in networks.values() if kind in spec.accepts]
    models += [fitted(spec, features) for spec in estimators.values() if kind in spec.accepts]
    for model in models:
        whole = model.predict_proba(features, batch_size=33)
        assert whole.dtype == np.float32
        np.testing.assert_allclose(whole.sum(axis=1), 1.0, rtol=1e-5)
        for size in (1, 2, 7, 64):
            np.testing.assert_allclose(model.predict_proba(features, batch_size=size), whole, atol=1e-6, rtol=0)


def test_no_clips_give_no_rows(saved: Path) -> None:
    nothing = Ragged(values=np.empty((0, 4), np.float32), offsets=np.zeros(1, np.int64), kind="vector")
    assert storage.load(saved).predict_proba(nothing).shape == (0, 3)


def test_features_of_another_recipe_are_refused(saved: Path, vectors: Callable[..., Ragged]) -> None:
    with pytest.raises(DataError, match="width 4, as in training, but got 'vector features of width 5'"):
        storage.load(saved).predict_proba(vectors(2, 5))


def test_values_that_are_no_numbers_are_refused_by_clip(saved: Path, vectors: Callable[..., Ragged]) -> None:
    features = vectors(5, 4)
    features.values[3, 1] = np.nan
    with pytest.raises(DataError, match="clip 3"):
        storage.load(saved).predict_proba(features)


@pytest.mark.parametrize(
    "named",
    [
        "os.system",
        "subprocess.Popen",
        "ser.files.write_text",
        "ser.models_of_mine.MLP",
        "ser.models.storage.json",
        "ser.models.mlp.Missing",
        "ser.models.mlp.MLPNetwork",
        "ser.models.nowhere.MLP",
        "MLP",
    ],
)
def test_another_class_in_the_description_is_refused(saved: Path, named: str) -> None:
    edit(saved, model=named)
    with pytest.raises(StoreError, match=r"expected a model class of ser\.models, but got"):
        storage.load(saved)


def test_a_foreign_module_is_not_even_imported(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outsider.py").write_text("raise SystemExit('was run')\n")
    monkeypatch.syspath_prepend(tmp_path)
    edit(saved, model="outsider.Model")
    with pytest.raises(StoreError):
        storage.load(saved)


def test_a_trusted_package_may_be_named(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vectors: Callable[..., Ragged]
) -> None:
    (tmp_path / "mylab.py").write_text("from ser.models.mlp import MLP\nclass Deeper(MLP):\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    edit(saved, model="mylab.Deeper")
    with pytest.raises(StoreError, match=r"name it: load\(folder, trusted="):
        storage.load(saved)
    assert storage.load(saved, trusted=["mylab"]).predict_proba(vectors(2, 4)).shape == (2, 3)


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": {"name": "mlp", "hidden": [7], "dropout": 0.1}},
        {"settings": {"name": "mlp", "hidden": [0], "dropout": 0.1}},
        {"settings": {"name": "mlp", "colour": "red"}},
        {"settings": None},
        {"shape": {"kind": "vector"}},
        {"classes": ["one"]},
        {"scaling": None},
        {"format": 1},
    ],
)
def test_a_description_that_does_not_fit_is_refused(saved: Path, changes: dict[str, object]) -> None:
    edit(saved, **changes)
    with pytest.raises(StoreError):
        storage.load(saved)


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_damaged_files_are_refused(saved: Path, name: str, damage: str) -> None:
    path = saved / name
    content = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    with pytest.raises(StoreError):
        storage.load(saved)


def test_a_broken_estimator_is_refused(
    estimators: dict[str, EstimatorSpec], vectors: Callable[..., Ragged], tmp_path: Path
) -> None:
    storage.save(tmp_path / "model", fitted(estimators["svm"], vectors(30, 4)))
    path = tmp_path / "model" / "estimator.skops"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(StoreError):
        storage.load(tmp_path / "model")


def test_an_estimator_of_another_type_is_refused(
    estimators: dict[str, EstimatorSpec], vectors: Callable[..., Ragged], tmp_path: Path
) -> None:
    storage.save(tmp_path / "model", fitted(estimators["svm"], vectors(30, 4)))
    path = tmp_path / "model" / "estimator.skops"
    skops.io.dump(FunctionTransformer(func=np.testing.assert_equal), path)
    assert zipfile.is_zipfile(path)
    with pytest.raises(StoreError, match=r"estimator\.skops"):
        storage.load(tmp_path / "model")


def test_saving_again_replaces_the_model(
    saved: Path, estimators: dict[str, EstimatorSpec], vectors: Callable[..., Ragged]
) -> None:
    storage.save(saved, fitted(estimators["svm"], vectors(30, 4)))
    assert sorted(path.name for path in saved.iterdir()) == ["estimator.skops", "model.json", "weights.safetensors"]
    assert isinstance(storage.load(saved), TrainedEstimator)
