"""Files are loaded whole or refused, and clips do not know of each other."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ser.arrays import Float32, Ragged
from ser.errors import ConfigError, DataError, StoreError
from ser.export.litert import file, library
from ser.export.litert.graph import rounded
from ser.export.litert.model import write
from ser.export.litert.runtime import LiteRTModel
from ser.models.lstm import LSTM
from ser.models.trained import TrainedNetwork

FRAMES = 21
SPEC = LSTM(name="lstm", values_per_step=1, units=[8], bidirectional=False, pooling="last", hidden=[], dropout=0.0)


@pytest.fixture
def content(trained: Callable[..., TrainedNetwork]) -> bytes:
    metadata = {"classes": '["é", "b\\n\\""]', "": "x" * 5000, "recipe": "mfcc_sequence"}
    return write(trained(SPEC, "sequence"), frames=FRAMES, form="dynamic", calibration=None, metadata=metadata)


def test_metadata_and_shape_survive(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(content)
    for source in (content, tmp_path / "model.tflite"):
        model = LiteRTModel.load(source)
        assert model.metadata == {"classes": '["é", "b\\n\\""]', "": "x" * 5000, "recipe": "mfcc_sequence"}
        assert (model.shape, model.classes, model.given, model.result) == ((FRAMES, 13), 4, None, None)


def test_an_int8_file_carries_how_features_are_standardised(
    trained: Callable[..., TrainedNetwork], clips: Callable[..., Ragged]
) -> None:
    network, features = trained(SPEC, "sequence"), clips("sequence")
    model = LiteRTModel.load(write(network, frames=FRAMES, form="int8", calibration=features, metadata={}))
    np.testing.assert_array_equal(model.mean, network.network.scaler.mean.numpy())
    np.testing.assert_array_equal(model.scale, network.network.scaler.scale.numpy())
    scaled = (features.values - model.mean) / model.scale
    assert model.given is not None
    assert model.result is not None
    # 256 steps span what the training clips held, zero included; probabilities are steps of 1/256 from 0.
    assert 255 * model.given.scale == pytest.approx(scaled.max() - scaled.min(), rel=0.01)
    assert (model.result.scale, model.result.zero) == (1 / 256, -128)


def test_a_clip_gives_the_same_alone_and_after_others(
    content: bytes, clips: Callable[..., Ragged], stacked: Callable[[Ragged], Float32]
) -> None:
    model, values = LiteRTModel.load(content), stacked(clips("sequence"))
    together = model.probabilities(values)
    np.testing.assert_array_equal(together[::-1], model.probabilities(values[::-1]))
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)
    assert model.probabilities(values[:0]).shape == (0, 4)


def test_clips_of_another_shape_are_refused(content: bytes) -> None:
    with pytest.raises(DataError, match=r"clips of shape \[21, 13\], but got \[20, 13\]"):
        LiteRTModel.load(content).probabilities(np.zeros((1, 20, 13), np.float32))


def test_damaged_and_foreign_files_are_refused(content: bytes, tmp_path: Path) -> None:
    broken = [b"", b"RIFF", b"x" * 1000, content[:100], content[: len(content) // 2], content[:-10]]
    random = np.random.default_rng(0)
    for _ in range(20):
        # Where tables and offsets lie; among the weights a changed bit is only another model.
        spoiled = bytearray(content)
        spoiled[random.integers(0, 60)] ^= 0xFF
        broken.append(bytes(spoiled))
    for part in broken[:6]:
        with pytest.raises(StoreError, match="Export the run again"):
            LiteRTModel.load(part)
    for part in broken[6:]:
        # A changed byte that nothing reads does no harm.
        with contextlib.suppress(StoreError):
            LiteRTModel.load(part)
    with pytest.raises(StoreError, match=r"none\.tflite"):
        LiteRTModel.load(tmp_path / "none.tflite")


def test_an_entry_that_points_nowhere_and_foreign_operators_are_refused(content: bytes) -> None:
    def changed(change: Callable[[Any], None]) -> bytes:
        model = file.unpacked(content)
        change(model)
        return file.packed(model, {})

    def astray(model: Any) -> None:
        model.metadata[0].buffer = 9999

    def tanh(model: Any) -> None:
        operators = library.schema().BuiltinOperator
        (code,) = (code for code in model.operatorCodes if code.builtinCode == operators.SOFTMAX)
        code.builtinCode = code.deprecatedBuiltinCode = operators.TANH

    with pytest.raises(StoreError, match="index out of range"):
        LiteRTModel.load(changed(astray))
    with pytest.raises(StoreError, match="operators that no model of ser has: TANH"):
        LiteRTModel.load(changed(tanh))


def test_without_the_extra_it_says_what_to_install(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ConfigError, match=r"pip install 'ser\[litert\]'"):
        LiteRTModel.load(content)


def test_rounding_is_within_half_a_step_by_row_or_as_a_whole() -> None:
    values = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32) * np.float32([[1], [2], [3], [9], [0]])
    for rows, count in ((True, 5), (False, 1)):
        scales, whole = rounded(values, rows=rows)
        assert (len(scales), np.abs(whole).max()) == (count, 127)
        assert (np.abs(whole * scales[:, None] - values) <= 0.501 * scales[:, None]).all()
