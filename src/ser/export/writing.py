"""From trained members to the bytes of one file, in each format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ser.arrays import Float32, ragged
from ser.errors import ConfigError
from ser.export import onnx_file, onnx_graph, quantised, torchscript
from ser.export.ensemble import Ensemble
from ser.export.record import AUDIO, KEY, Input, Record
from ser.features.base import Recipe
from ser.features.recipes import MfccSequence
from ser.models.trained import TrainedModel
from ser.serving.facts import Facts

FORMATS = {"onnx": "onnx", "onnx-int8": "int8.onnx", "litert": "tflite", "torchscript": "pt"}
"""What can be written, and how such files are called."""
INT8 = "onnx-int8"


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is to be exported.

    Attributes:
        facts: of the run; they count these members.
        members: they answer together; LiteRT takes the first.
        recipe: of their features.
        settings: of the recipe, as in the run's `config.yaml`.
    """

    facts: Facts
    members: Sequence[TrainedModel]
    recipe: Recipe
    settings: Mapping[str, Any]


def takes_audio(recipe: Recipe, to: str) -> bool:
    """Say whether a file of a format can compute the features itself."""
    return to in ("onnx", INT8) and recipe.sample_rate_hz is not None and onnx_graph.includable(recipe)


def content(source: Source, to: str, *, audio: bool, form: str, calibration: Sequence[Float32]) -> bytes:
    """Write a file.

    Args:
        source: what is exported.
        to: a key of :data:`FORMATS`.
        audio: whether the file is to compute the features; where :func:`takes_audio` says that it can.
        form: of LiteRT files.
        calibration: features of training clips, [rows, width] each, for what is rounded to int8.

    Raises:
        ConfigError: when models of this kind cannot be written so.
    """
    record = _record(source, audio=audio)
    if to == "litert":
        return _litert(source, record, form, calibration)
    ensemble = Ensemble(source.members)
    if to == "torchscript":
        return torchscript.content(ensemble, record)
    shape = source.members[0].shape
    graph = onnx_graph.classifier(ensemble, shape)
    if to == INT8:
        graph = quantised.quantised(graph, shape, quantised.way(source.members[0]), calibration)
    if audio:
        graph = onnx_graph.with_front_end(graph, source.recipe, record.input.rates_hz[-1])
    return onnx_file.content(graph, record)


def _record(source: Source, *, audio: bool) -> Record:
    recipe, shape = source.recipe, source.members[0].shape
    through = [recipe.load_rate_hz] if isinstance(recipe, MfccSequence) else []
    rates = [rate for rate in (*through, recipe.sample_rate_hz) if rate is not None]
    given = (
        Input(kind=AUDIO, width=1, rates_hz=rates) if audio else Input(kind=shape.kind, width=shape.width, rates_hz=[])
    )
    return Record(
        facts=source.facts,
        input=given,
        recipe=dict(source.settings),
        offset_s=recipe.offset_s,
        duration_s=recipe.duration_s,
    )


def _litert(source: Source, record: Record, form: str, calibration: Sequence[Float32]) -> bytes:
    from ser.export.litert.model import write

    model, frames = source.members[0], getattr(source.recipe, "pad_frames", None)
    if model.shape.kind == "sequence" and frames is None:
        raise ConfigError(
            expected="clips of one number of frames, which a LiteRT file needs",
            received=f"features={source.recipe.name}, of which each clip has as many as it is long",
            where=f"run {source.facts.run_id}",
            fix="Train with features=mfcc_sequence features.pad_frames=100, or export with --to onnx.",
        )
    rounding = ragged(list(calibration), model.shape.kind) if form == "int8" else None
    return write(model, frames=frames, form=form, calibration=rounding, metadata={KEY: record.text()})
