from __future__ import annotations

import numpy as np
import onnx
import pytest

import trained
from ser.arrays import Float32
from ser.errors import ConfigError, DataError
from ser.export import quantised, writing
from ser.export.checking import largest_difference
from ser.features.recipes import Functionals
from ser.models.gradient_boosting import GradientBoosting
from ser.models.mlp import MLP
from ser.models.svm import SVM
from ser.models.trained import TrainedModel
from ser.serving.engine import TrainedEngine
from trained import BANDS, CNN_, CNN_LSTM_, FIXED, LSTM_, MLP_, PLAIN_, RATE_HZ, VECTORS, Export


def voice(seconds: float, seed: int = 0) -> Float32:
    """A hum that wavers, in noise."""
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    hum = 0.3 * np.sin(2 * np.pi * 150 * time + np.sin(9 * time)) * (1 + np.sin(5 * time))
    return (hum + np.random.default_rng(seed).normal(0, 0.01, len(time))).astype(np.float32)


def test_networks_and_estimators_of_vectors_in_one_file(exported: Export) -> None:
    boosting = GradientBoosting(
        name="gradient_boosting",
        learning_rate=0.1,
        max_iter=2,
        max_leaf_nodes=3,
        min_samples_leaf=2,
        l2_regularization=0.0,
        max_bins=15,
        class_weight=None,
    )
    members: list[TrainedModel] = [trained.network(spec, "vector") for spec in (MLP_, CNN_LSTM_)]
    members += [trained.estimator(SVM(name="svm", kernel="rbf", C=1.0, gamma=None, class_weight=None))]
    members += [trained.estimator(boosting)]
    engine, features = exported(members, VECTORS), trained.clips("vector", 17)
    found = engine.classify(list(features))
    assert largest_difference(found, trained.mean_of(members, features)) < 1e-5
    assert engine.record.input.kind == "vector"
    assert engine.facts == trained.facts(members=4)

    # As programs see it that know nothing of ser.
    model = onnx.load(str(engine._where))
    onnx.checker.check_model(model, full_check=True)
    assert [value.name for value in model.graph.input] == ["features"]
    assert [value.name for value in model.graph.output] == ["log_probabilities", "probabilities"]
    assert [entry.key for entry in model.metadata_props] == ["ser"]


def test_sequences_of_any_length_alone_and_in_batches(exported: Export) -> None:
    members: list[TrainedModel] = [trained.network(spec, "sequence") for spec in (CNN_, LSTM_)]
    features = trained.clips("sequence", 31)
    engine, expected = exported(members, BANDS), trained.mean_of(members, features)
    assert largest_difference(engine.classify(list(features)), expected) < 1e-5
    alone = np.concatenate([engine.classify([clip]) for clip in features])
    assert largest_difference(alone, expected) < 1e-5


def test_audio_in_gives_what_the_recipe_and_the_model_give(exported: Export) -> None:
    members: list[TrainedModel] = [trained.network(PLAIN_, "sequence")]
    engine, run = exported(members, FIXED, audio=True), TrainedEngine(trained.facts(), FIXED, members)
    assert engine.record.input.rates_hz == [22_050, RATE_HZ]
    for seconds in (0.01, 0.3, 1.234):
        for rate in (RATE_HZ, 44_100):
            samples = voice(seconds)
            found, expected = (each.classify([each.represent(samples, rate)]) for each in (engine, run))
            assert largest_difference(found, expected) < 1e-4
    several = [voice(0.5), voice(0.25, 1), np.zeros(4000, np.float32)]
    found, expected = (each.classify([each.represent(clip, RATE_HZ) for clip in several]) for each in (engine, run))
    assert largest_difference(found, expected) < 1e-4
    for extreme in (1e30, np.nan):
        with pytest.raises(DataError, match="finite"):
            engine.represent(np.full(4000, extreme, np.float32), RATE_HZ)


def test_functionals_with_their_tuning_are_computed_in_the_file(exported: Export) -> None:
    recipe = Functionals(name="functionals", mode="parity", sample_rate_hz=RATE_HZ, offset_s=0.0, duration_s=None)
    member = trained.network(MLP(name="mlp", hidden=[], dropout=0.0), "vector", width=recipe.width)
    assert writing.takes_audio(recipe, "onnx")
    engine, run = exported([member], recipe, audio=True), TrainedEngine(trained.facts(), recipe, [member])
    for seconds in (0.2, 0.777):
        found, expected = (each.classify([each.represent(voice(seconds), RATE_HZ)]) for each in (engine, run))
        assert largest_difference(found, expected) < 1e-4


def test_int8_convolutions_are_smaller_and_near_in_answers(exported: Export) -> None:
    member, features = trained.network(CNN_, "sequence"), trained.clips("sequence", 20)
    engine = exported([member], BANDS, "onnx-int8", calibration=list(features))
    weights = {tensor.data_type for tensor in onnx.load(str(engine._where)).graph.initializer if len(tensor.dims) > 2}
    assert weights == {onnx.TensorProto.INT8}
    difference = np.abs(engine.classify(list(features)) - member.predict_proba(features)).max()
    assert 0 < difference < 0.1


def test_int8_is_for_networks() -> None:
    svm = trained.estimator(SVM(name="svm", kernel="linear", C=1.0, gamma=None, class_weight=None))
    with pytest.raises(ConfigError, match=r"a network: .*svm"):
        quantised.way(svm)
