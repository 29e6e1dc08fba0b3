"""Whether an exported file answers as the models it was made from, and what it takes to do so."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser.arrays import Float32
from ser.export.engine import FileEngine
from ser.export.reading import BuildRecipe, engine_from
from ser.files import write_json
from ser.serving.engine import Engine

LIMIT = 1e-4
"""Largest difference of log-probabilities between a faithful file and the models."""
SMALLEST = 1e-7
"""Probabilities below are taken for this one: in float32, 1 less such a number is 1."""
CLIP_S = 3.0
_ROUNDS = 30


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A recording to compare answers on.

    Attributes:
        samples: float32, shape [samples], full scale 1.
        sample_rate_hz: their rate.
    """

    samples: Float32
    sample_rate_hz: int


def answers(engine: Engine, clips: Sequence[Clip]) -> Float32:
    """Ask an engine, clip by clip, as whoever uses it does. Returns [clips, classes]."""
    found = [engine.classify([engine.represent(clip.samples, clip.sample_rate_hz)])[0] for clip in clips]
    return np.array(found, np.float32)


def largest_difference(one: Float32, other: Float32) -> float:
    """Compare probabilities by their logarithms.

    Args:
        one: shape [clips, classes].
        other: of the same clips.

    Example:
        >>> largest_difference(np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]]))
        0.693...
    """
    logs = [np.log(np.maximum(values.astype(np.float64), SMALLEST)) for values in (one, other)]
    return float(np.abs(logs[0] - logs[1]).max())


def measure(path: Path, build_recipe: BuildRecipe, out: Path) -> None:
    """Load a file, answer, and write what it took: `latency_ms` (median of a clip of 3 s, warm) and `memory_bytes`.

    To be called in a process of its own: the memory is the most that the process held, libraries included.

    Args:
        path: the file; it is trusted.
        build_recipe: see :func:`ser.export.reading.engine_from`.
        out: the JSON.
    """
    engine = engine_from(path, trusted=True, build_recipe=build_recipe)
    rate_hz = _rate_of(engine)
    samples = np.random.default_rng(0).normal(0, 0.1, int(CLIP_S * rate_hz)).astype(np.float32)
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        engine.classify([engine.represent(samples, rate_hz)])
        times.append(time.perf_counter() - start)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    write_json(out, {"latency_ms": 1000 * float(np.median(times)), "memory_bytes": most})


def _rate_of(engine: FileEngine) -> int:
    if engine.recipe is None:
        return engine.record.input.rates_hz[-1]
    return engine.recipe.sample_rate_hz or 16_000
