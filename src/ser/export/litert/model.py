"""From a trained network to the bytes of a LiteRT file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np

from ser.arrays import Float32, Ragged
from ser.errors import ConfigError, one_of
from ser.export.litert import file, library, networks
from ser.export.litert.graph import Graph
from ser.export.litert.layers import array
from ser.models.trained import TrainedModel

FORMS = ("float32", "float16", "dynamic", "int8")
"""How numbers are stored and computed; docs/small_devices.md says what each costs and where it runs."""
_WEIGHTS = {"float32": "float32", "float16": "float16", "dynamic": "int8", "int8": "float32"}


def write(
    model: TrainedModel, *, frames: int | None, form: str, calibration: Ragged | None, metadata: Mapping[str, str]
) -> bytes:
    """Write a trained network as a LiteRT file.

    All shapes are fixed: one clip at a time, of `frames` rows, all of them true.

    Args:
        model: an MLP, an LSTM, a CNN or a CNN-LSTM.
        frames: rows of each clip; None for vectors.
        form: "float32"; "float16", weights of half the size, computed in float32; "dynamic", int8 weights, and
            activations rounded to int8 as they go, input and output float32; "int8", everything int8, input and output
            too. The int8 form takes features that were standardised before they were rounded: its file holds how.
        calibration: features of training clips, for "int8" only: the largest values that they meet become the ranges
            of what is rounded.
        metadata: texts that the file carries along.

    Returns:
        The file. Equal arguments give equal bytes.

    Raises:
        ConfigError: when the form is not known, the model or its scaling cannot be exported, or frames or calibration
            do not go with them.
    """
    one_of(form, FORMS, what="a form of LiteRT files", where="form")
    whole = form == "int8"
    network = networks.exportable(model, rounded=whole)
    shape = networks.input_shape(network.shape, frames)
    if whole != (calibration is not None):
        raise ConfigError(
            expected="features of training clips for int8, and for no other form",
            received="none" if whole else "some",
            where="calibration",
            fix="Pass the features that the model was trained on." if whole else "Leave it out.",
        )
    entries = {file.METADATA: json.dumps(dict(metadata), ensure_ascii=False).encode()}
    graph = Graph(_WEIGHTS[form])
    given = graph.value(shape)
    result = networks.add(graph, given, network, scaled=whole)
    if calibration is None:
        return graph.packed(given, result, entries)
    mean, scale = (array(part) for part in (network.network.scaler.mean, network.network.scaler.scale))
    clips = [((clip - mean) / scale).astype(np.float32) for clip in _clips(calibration, shape)]
    rounded = file.unpacked(_rounded(graph.packed(given, result, {}), clips))
    return file.packed(rounded, entries | {file.SCALING: np.stack([mean, scale]).tobytes()})


def _clips(features: Ragged, shape: tuple[int, ...]) -> list[Float32]:
    """Cut clips to the shape of the model's input, and leave out those that are shorter."""
    rows = 1 if features.kind == "vector" else shape[1]
    found = [clip[:rows].reshape(shape) for clip in features if len(clip) >= rows]
    if not found:
        raise ConfigError(
            expected=f"at least one training clip of {rows} frames to calibrate with",
            received=f"{len(features)} shorter ones",
            where="frames",
            fix="Export for shorter clips.",
        )
    return found


def _rounded(content: bytes, clips: Sequence[Float32]) -> bytes:
    """Round weights and activations to int8, by the ranges that clips meet."""
    wrapper = library.calibration()
    # Held by a name for as long as the calibrator lives, which reads it in place and holds it by none.
    watched = wrapper.AddIntermediateTensors(content)
    calibrator = wrapper.CalibrationWrapper(watched, [], [])
    for clip in clips:
        # Preparing again also sets the states of recurrent layers back to zero.
        calibrator.Prepare([list(clip.shape)])
        calibrator.FeedTensor([clip])
    int8, int32 = np.dtype(np.int8).num, np.dtype(np.int32).num
    # A scale for each output of a convolution, but one for a whole linear layer: of that the kernels for
    # microcontrollers long read no more than the first.
    return bytes(calibrator.QuantizeModel(int8, int8, False, int8, int32, False, True))
