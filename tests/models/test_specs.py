"""Settings: the reference systems can be stated, and nonsense is refused by key."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml
from torch import nn

from ser.arrays import Shape
from ser.errors import ConfigError
from ser.models.base import NetworkSpec, check_pairing
from ser.models.cnn import CNN
from ser.models.layers import ConvLayout
from ser.models.lstm import LSTM
from ser.models.mlp import MLP
from ser.models.svm import SVM


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_four_corpora_cnn_has_its_published_parameter_count() -> None:
    conv = ConvLayout(
        channels=[256, 256, 128, 128, 64],
        kernels=[5] * 5,
        dropouts=[0.0, 0.0, 0.2, 0.2, 0.0],
        pool=5,
        stride=2,
        batch_norm=False,
    )
    spec = CNN(name="cnn", conv=conv, pooling="mean", hidden=[32], dropout=0.3)
    assert parameters(spec.build(Shape(kind="vector", width=162), 8)) == 629_096


def test_the_microcontroller_lstm_has_its_parameter_count_in_pytorch() -> None:
    """126,532 in Keras, whose LSTM has one bias vector; PyTorch's has two, 4 × (128 + 64) values more."""
    spec = LSTM(
        name="lstm", values_per_step=1, units=[128, 64], bidirectional=False, pooling="last", hidden=[64], dropout=0.3
    )
    assert parameters(spec.build(Shape(kind="sequence", width=13), 4)) == 126_532 + 4 * (128 + 64)


def test_the_eleven_corpora_lstm_has_its_parameter_count_in_pytorch() -> None:
    """About 281 thousand in Keras; 4 × 256 more here."""
    spec = LSTM(
        name="lstm", values_per_step=1, units=[256], bidirectional=False, pooling="last", hidden=[64], dropout=0.0
    )
    assert parameters(spec.build(Shape(kind="vector", width=162), 7)) == 281_095 + 4 * 256


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
    ("change", "key"),
    [
        ({"kernel": "cubic"}, "model.kernel"),
        ({"C": 0.0}, "model.C"),
        ({"gamma": -1.0}, "model.gamma"),
        ({"class_weight": "inverse"}, "model.class_weight"),
    ],
)
def test_svm_settings_out_of_range_are_refused_by_key(change: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError, match=f"^{key}: "):
        dataclasses.replace(SVM(name="svm", kernel="rbf", C=1.0, gamma=None, class_weight=None), **change)  # type: ignore[arg-type]


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


def test_every_shipped_model_file_names_its_class_and_itself() -> None:
    folder = Path(__file__).parents[2] / "conf" / "model"
    files = sorted(folder.glob("*.yaml"))
    assert [file.stem for file in files] == ["cnn", "cnn_lstm", "kernel_ridge", "lstm", "mlp", "svm"]
    for file in files:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert settings["name"] == file.stem
        assert re.fullmatch(rf"ser\.models\.{file.stem}\.[A-Za-z]+", settings["_target_"])
