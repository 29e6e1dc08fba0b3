"""Exports of small models, read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_limits

import trained
from ser.export import writing
from ser.export.engine import FileEngine
from ser.export.reading import engine_from
from ser.export.writing import Source
from ser.features.base import Recipe
from ser.models.trained import TrainedModel


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    with threadpool_limits(1):
        yield


@pytest.fixture
def source() -> Callable[..., Source]:
    def make(members: Sequence[TrainedModel], recipe: Recipe) -> Source:
        told = trained.facts(members[0].classes, len(members))
        return Source(facts=told, members=members, recipe=recipe, settings={"n_mfcc": trained.WIDTH})

    return make


@pytest.fixture
def exported(tmp_path: Path, source: Callable[..., Source]) -> Callable[..., FileEngine]:
    """Write models as a file and read it back."""

    def export(members: Sequence[TrainedModel], recipe: Recipe, to: str = "onnx", **options: Any) -> FileEngine:
        path = tmp_path / "model"
        settings = {"audio": False, "form": "float32", "calibration": [], **options}
        path.write_bytes(writing.content(source(members, recipe), to, **settings))

        def build_recipe(told: Mapping[str, Any]) -> Recipe:
            assert told == {"n_mfcc": trained.WIDTH}
            return recipe

        return engine_from(path, trusted=True, build_recipe=build_recipe)

    return export
