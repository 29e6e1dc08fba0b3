"""Files say what the network says: exactly in float32, within stated bounds in the others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from ser.arrays import Float32, Kind, Ragged, ragged
from ser.errors import ConfigError
from ser.export.litert import file
from ser.export.litert.model import write
from ser.export.litert.runtime import LiteRTModel
from ser.models.base import NetworkSpec
from ser.models.cnn import CNN
from ser.models.cnn_lstm import CNNLSTM
from ser.models.convolution import ConvLayout
from ser.models.lstm import LSTM
from ser.models.mlp import MLP
from ser.models.trained import TrainedNetwork

FRAMES = 21
MLP_SPEC = MLP(name="mlp", hidden=[32, 16], dropout=0.1)


def _lstm(pooling: str = "last", *, bidirectional: bool = False, values_per_step: int = 3) -> LSTM:
    return LSTM(
        name="lstm",
        values_per_step=values_per_step,
        units=[8, 6],
        bidirectional=bidirectional,
        pooling=pooling,
        hidden=[16],
        dropout=0.1,
    )


def _conv(pool: int = 2, stride: int = 2, *, batch_norm: bool = True) -> ConvLayout:
    channels, kernels = [8, 12], [5, 4]
    return ConvLayout(
        channels=channels, kernels=kernels, dropouts=[0.0, 0.1], pool=pool, stride=stride, batch_norm=batch_norm
    )


def _cnn(pooling: str, conv: ConvLayout, *, dense_batch_norm: bool = False) -> CNN:
    return CNN(name="cnn", conv=conv, pooling=pooling, hidden=[16], dense_batch_norm=dense_batch_norm, dropout=0.1)


CNN_LSTM = CNNLSTM(
    name="cnn_lstm", conv=_conv(), units=[8], bidirectional=True, pooling="mean", hidden=[16], dropout=0.1
)
CASES: dict[str, tuple[NetworkSpec, Kind]] = {
    "mlp": (MLP_SPEC, "vector"),
    "lstm-last": (_lstm(), "sequence"),
    "lstm-both-ways-last": (_lstm(bidirectional=True), "sequence"),
    "lstm-mean": (_lstm("mean"), "sequence"),
    "lstm-mean_std": (_lstm("mean_std", bidirectional=True), "sequence"),
    "lstm-attention": (_lstm("attention", bidirectional=True), "sequence"),
    "lstm-vector": (_lstm(values_per_step=4), "vector"),
    "cnn-mean": (_cnn("mean", _conv()), "sequence"),
    "cnn-wide-windows": (_cnn("mean_std", _conv(5, batch_norm=False)), "sequence"),
    "cnn-attention": (_cnn("attention", _conv(5), dense_batch_norm=True), "sequence"),
    "cnn-vector": (_cnn("mean", _conv(3, 1), dense_batch_norm=True), "vector"),
    "cnn_lstm": (CNN_LSTM, "sequence"),
    "cnn_lstm-vector": (CNN_LSTM, "vector"),
}


def _frames(kind: Kind) -> int | None:
    return FRAMES if kind == "sequence" else None


def _apart(model: TrainedNetwork, form: str, features: Ragged, values: Float32) -> float:
    calibration = features if form == "int8" else None
    content = write(model, frames=_frames(features.kind), form=form, calibration=calibration, metadata={})
    found = LiteRTModel.load(content).probabilities(values)
    return float(np.abs(found - model.predict_proba(features)).max())


# Probabilities of 20 clips that the network tells apart by one standard deviation of a logit.
BOUNDS = {"float32": 1e-5, "float16": 3e-3, "dynamic": 0.08, "int8": 0.15}


@pytest.mark.parametrize("form", BOUNDS)
@pytest.mark.parametrize("case", CASES)
def test_every_family_says_what_the_network_says(
    case: str,
    form: str,
    trained: Callable[..., TrainedNetwork],
    clips: Callable[..., Ragged],
    stacked: Callable[[Ragged], Float32],
) -> None:
    spec, kind = CASES[case]
    model, features = trained(spec, kind), clips(kind)
    if form == "int8" and "attention" in case:
        with pytest.raises(ConfigError, match=r"pooling=attention.* in steps of 1/256"):
            _apart(model, form, features, stacked(features))
        return
    assert model.predict_proba(features).std(axis=0).max() > 0.1, "the network tells clips apart"
    assert _apart(model, form, features, stacked(features)) < BOUNDS[form]


def test_int8_needs_features_that_were_standardised_before(
    trained: Callable[..., TrainedNetwork], clips: Callable[..., Ragged], stacked: Callable[[Ragged], Float32]
) -> None:
    features = clips("sequence")
    # One column of another size, as the first MFCC is.
    features.values[:, 0] = 30 * features.values[:, 0] - 2000
    scaled, plain = trained(_lstm(), "sequence"), trained(_lstm(), "sequence", standardize=False)
    scaled.network.fit(features.values)
    _take_in(plain, scaled)
    values = stacked(features)
    assert _apart(scaled, "float32", features, values) < 1e-5
    # The same function of the features as they come.
    np.testing.assert_allclose(plain.predict_proba(features), scaled.predict_proba(features), atol=1e-3)
    assert _apart(plain, "float32", features, values) < 1e-3
    kept, lost = (_apart(model, "int8", features, values) for model in (scaled, plain))
    assert lost > 5 * kept, (kept, lost)


def _take_in(plain: TrainedNetwork, scaled: TrainedNetwork) -> None:
    """Give a network without scaling the weights of one with it, and take the scaling into its first layer."""
    scaler = scaled.network.scaler
    plain.network.network.load_state_dict(scaled.network.network.state_dict())
    weights = dict(plain.network.network.named_parameters())
    first, bias = weights["lstm.forwards.0.weight_ih_l0"], weights["lstm.forwards.0.bias_ih_l0"]
    with torch.no_grad():
        first.div_(scaler.scale)
        bias.sub_(first @ scaler.mean)


def test_forms_are_small(trained: Callable[..., TrainedNetwork], clips: Callable[..., Ragged]) -> None:
    spec = LSTM(
        name="tiny_lstm",
        values_per_step=1,
        units=[128, 64],
        bidirectional=False,
        pooling="last",
        hidden=[64],
        dropout=0.3,
    )
    model, features = trained(spec, "sequence"), clips("sequence", 3)
    weights = sum(values.numel() for values in model.network.parameters())
    assert weights == 127_300  # four classes, 13 coefficients
    sizes = {
        form: len(write(model, frames=FRAMES, form=form, calibration=features if form == "int8" else None, metadata={}))
        for form in ("float32", "float16", "dynamic", "int8")
    }
    assert sizes["float32"] < 4 * weights + 5_000
    assert sizes["float16"] < 2 * weights + 10_000
    assert max(sizes["dynamic"], sizes["int8"]) < 140_000


def test_equal_arguments_give_equal_bytes(trained: Callable[..., TrainedNetwork], clips: Callable[..., Ragged]) -> None:
    model, features = trained(MLP_SPEC, "vector"), clips("vector")
    first, second = (
        write(model, frames=None, form="int8", calibration=features, metadata={"a": "b"}) for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("form", ["dynamic", "int8"])
def test_constants_lie_where_devices_can_read_them_in_place(
    form: str, trained: Callable[..., TrainedNetwork], clips: Callable[..., Ragged]
) -> None:
    calibration = clips("sequence") if form == "int8" else None
    content = write(
        trained(_lstm(), "sequence"), frames=FRAMES, form=form, calibration=calibration, metadata={"a": "b"}
    )
    contents = [bytes(buffer.data) for buffer in file.unpacked(content).buffers if buffer.data is not None]
    large = [data for data in contents if len(data) >= 64]
    assert len(large) > 5
    for data in large:
        assert content.index(data) % 16 == 0


def test_longer_clips_calibrate_too_and_shorter_ones_are_left_out(
    trained: Callable[..., TrainedNetwork], clips: Callable[..., Ragged]
) -> None:
    model, features = trained(_lstm(), "sequence"), clips("sequence")
    uneven = ragged([clip[: 5 + 4 * i] for i, clip in enumerate(features)], "sequence")
    even = ragged([clip[:9] for clip in list(features)[1:]], "sequence")
    assert write(model, frames=9, form="int8", calibration=uneven, metadata={}) == write(
        model, frames=9, form="int8", calibration=even, metadata={}
    )


def test_what_cannot_be_exported_is_refused(
    trained: Callable[..., TrainedNetwork], clips: Callable[..., Ragged]
) -> None:
    mlp, lstm = trained(MLP_SPEC, "vector"), trained(_lstm(), "sequence")
    wide = _cnn("mean", _conv(9, 1))
    refusals: list[tuple[TrainedNetwork, int | None, str, Ragged | None, str]] = [
        (mlp, None, "int4", None, "a form of LiteRT files"),
        (mlp, 5, "float32", None, "no number of frames"),
        (lstm, None, "float32", None, "a number of frames, at least 1"),
        (lstm, 0, "float32", None, "a number of frames, at least 1"),
        (mlp, None, "int8", None, "features of training clips for int8"),
        (mlp, None, "dynamic", clips("vector"), "features of training clips for int8"),
        (lstm, FRAMES + 1, "int8", clips("sequence"), "at least one training clip of 22 frames"),
        (trained(MLP_SPEC, "vector", l2=True), None, "float32", None, "normalise.l2"),
        (trained(MLP_SPEC, "vector", signed_sqrt=True), None, "float32", None, "normalise.signed_sqrt"),
        (trained(wide, "sequence"), 3, "float32", None, "at least 4 steps"),
    ]
    for model, frames, form, calibration, said in refusals:
        with pytest.raises(ConfigError, match=said):
            write(model, frames=frames, form=form, calibration=calibration, metadata={})
