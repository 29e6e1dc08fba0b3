"""Feature sets side by side, as one row a clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ser.arrays import Float32, Kind
from ser.errors import ConfigError
from ser.features.base import Recipe, demand
from ser.features.clip import Clip
from ser.features.descriptor_set import DescriptorSet


@dataclass(frozen=True, kw_only=True)
class Combined(Recipe):
    """Any recipes of one row a clip, joined. Sets of different widths weigh alike through `blocks`.

    Attributes:
        parts: the recipes, by the name that stands before their values' names. The sets of descriptors among them
            share one analysis of the clip.
    """

    kind: ClassVar[Kind] = "vector"
    parts: dict[str, Recipe]

    def __post_init__(self) -> None:
        super().__post_init__()
        demand(bool(self.parts), "at least one recipe", "none", "features.parts")
        for name, part in self.parts.items():
            where = f"features.parts.{name}"
            demand(part.kind == "vector", "a recipe of one row a clip", f"{part.kind} features", where)
            for setting in ("sample_rate_hz", "offset_s", "duration_s"):
                mine, its = getattr(self, setting), getattr(part, setting)
                if mine != its:
                    raise ConfigError(
                        expected=f"{mine}, as features.{setting} says: the clip is decoded once",
                        received=its,
                        where=f"{where}.{setting}",
                        fix=f"Set {where}.{setting}={'null' if mine is None else mine}.",
                    )

    def names(self) -> list[str]:
        """Name the values: the part, a dot, and the part's own name."""
        return [f"{key}.{name}" for key, part in self.parts.items() for name in part.names()]

    def blocks(self) -> list[tuple[str, int]]:
        """Give the blocks of all parts, each by the part's name, and its own where a part has several."""
        return [
            (key if len(part.blocks()) == 1 else f"{key}.{name}", width)
            for key, part in self.parts.items()
            for name, width in part.blocks()
        ]

    def modules(self) -> list[str]:
        """List the modules of the parts too."""
        return sorted({*super().modules(), *(name for part in self.parts.values() for name in part.modules())})

    def identity(self) -> dict[str, object]:
        """Say what the parts are, in order. See :meth:`Recipe.identity`."""
        return {**super().identity(), "parts": [[key, part.identity()] for key, part in self.parts.items()]}

    def notices(self, corpora: Sequence[str]) -> list[str]:
        """Say what is to be known of the parts, each sentence once. See :meth:`Recipe.notices`."""
        return list(dict.fromkeys(notice for part in self.parts.values() for notice in part.notices(corpora)))

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute all parts, float32 of shape [1, width]. See :meth:`Recipe.compute`."""
        clip = Clip(samples, sample_rate_hz)
        rows = [
            part.describe(clip)[None] if isinstance(part, DescriptorSet) else part.compute(samples, sample_rate_hz)
            for part in self.parts.values()
        ]
        return np.hstack(rows).astype(np.float32)
