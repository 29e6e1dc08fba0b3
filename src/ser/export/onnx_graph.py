"""From modules to ONNX graphs: networks and estimators, and the front end that computes their features."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ser.arrays import Shape
from ser.errors import ConfigError
from ser.export import libraries
from ser.export.ensemble import Ensemble, OfVectors
from ser.export.onnx_file import FEATURES, LENGTHS, OUTPUTS, SAMPLES
from ser.export.onnx_operators import OPSET, translations, with_operators
from ser.features.base import Recipe
from ser.features.batched import BatchedRecipe

# Any size but 0 and 1 would do; longer examples make the export slower.
_BATCH, _FRAMES, _SAMPLES = 2, 6, 5000


def classifier(ensemble: Ensemble, shape: Shape) -> Any:  # noqa: ANN401 - a library without types
    """Write what answers features as a graph.

    Args:
        ensemble: the members.
        shape: of the features.

    Returns:
        An `onnx.ModelProto` of any batch size and any number of frames.
    """
    if shape.kind == "vector":
        return _graph(OfVectors(ensemble), {FEATURES: torch.randn(_BATCH, shape.width)}, OUTPUTS)
    inputs = {FEATURES: torch.randn(_BATCH, _FRAMES, shape.width), LENGTHS: torch.tensor([_FRAMES, _FRAMES - 1])}
    return _graph(ensemble, inputs, OUTPUTS)


class _Front(nn.Module):
    """A recipe in the precision in which it computes clip by clip, giving what :func:`classifier` takes."""

    def __init__(self, recipe: Recipe, sample_rate_hz: int) -> None:
        super().__init__()
        self.recipe = BatchedRecipe(recipe, sample_rate_hz, double=getattr(recipe, "mode", "parity") == "parity")
        self.vectors = recipe.kind == "vector"

    def forward(self, samples: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        rows, counts = self.recipe(samples, lengths)
        return (rows[:, 0] if self.vectors else rows), counts


def with_front_end(graph: Any, recipe: Recipe, sample_rate_hz: int) -> Any:  # noqa: ANN401
    """Put the computation of the features before a graph.

    Args:
        graph: as :func:`classifier` gives it.
        recipe: of the features.
        sample_rate_hz: of the samples that the graph will take.

    Raises:
        ConfigError: when the recipe cannot be written as a graph.
    """
    compose = libraries.onnx("onnx.compose")
    example = {SAMPLES: torch.randn(_BATCH, _SAMPLES), LENGTHS: torch.tensor([_SAMPLES, _SAMPLES - 500])}
    front = _graph(_Front(recipe, sample_rate_hz), example, ("rows", "counts"))
    wanted = {value.name for value in graph.graph.input}
    joints = [(made, taken) for made, taken in (("rows", FEATURES), ("counts", LENGTHS)) if taken in wanted]
    front, graph = compose.add_prefix(front, "front_"), compose.add_prefix(graph, "model_")
    joined = compose.merge_models(
        front, graph, io_map=[(f"front_{made}", f"model_{taken}") for made, taken in joints], outputs=list(_prefixed())
    )
    return _renamed(joined)


def includable(recipe: Recipe) -> bool:
    """Say whether a graph can compute the recipe itself."""
    try:
        BatchedRecipe(recipe, recipe.sample_rate_hz or 16_000)
    except ConfigError:
        return False
    return True


def _prefixed() -> list[str]:
    return [f"model_{name}" for name in OUTPUTS]


def _renamed(model: Any) -> Any:  # noqa: ANN401
    """Give inputs and outputs of a joined graph their own names again."""
    plain = {f"front_{name}": name for name in (SAMPLES, LENGTHS)} | dict(zip(_prefixed(), OUTPUTS, strict=True))
    graph = model.graph
    for value in [*graph.input, *graph.output]:
        value.name = plain[value.name]
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [plain.get(name, name) for name in names]
    return model


def _graph(module: nn.Module, inputs: dict[str, Tensor], outputs: tuple[str, ...]) -> Any:  # noqa: ANN401
    libraries.onnx("onnx")
    libraries.onnx("onnxscript")
    any_size = torch.export.Dim.DYNAMIC
    # The last axis of three is the width, that of samples the time.
    free = [dict.fromkeys(range(_free(name, value)), any_size) for name, value in inputs.items()]
    with libraries.quiet():
        program = torch.onnx.export(
            with_operators(module).eval(),
            tuple(inputs.values()),
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_shapes=(*free,),
            dynamo=True,
            opset_version=OPSET,
            custom_translation_table=translations(),
            external_data=False,
            verbose=False,
        )
    assert program is not None  # noqa: S101 - with dynamo there is one
    model = program.model_proto
    # What exporter and optimiser noted is twice the size of a small graph, and shapes among it stop the quantiser.
    del model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    return model


def _free(name: str, value: Tensor) -> int:
    return value.dim() if name in (SAMPLES, LENGTHS) else value.dim() - 1
