"""How many clips a second the batched recipes give, beside the recipes themselves clip by clip.

Run from the repository's root:  python benchmarks/batched.py [--clips N] [--rounds N]

On the processor all work in one thread, by CPU time; where there is a GPU, it takes part by wall time, the way of the
samples there and of the values back included. All contestants take turns, round by round, on clips of 1.5 to 2.5 s that
are loaded before; a figure is the median over rounds. Printed and written to `benchmarks/batched.json`.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from recipes import RATE_HZ
from references import write_clips

from ser.arrays import Float32
from ser.config import load
from ser.features.base import Recipe
from ser.features.batched import BatchedRecipe, compute_batched
from ser.pipeline.environment import processor

RESULT = Path(__file__).with_suffix(".json")
RECIPES = ("functionals", "mfcc_mean", "mfcc_sequence", "log_mel")
CLIP_BY_CLIP = "clip by clip"
# Samples a batch: one clip, a few that stay in the cache, and as many as keep a GPU busy.
ON_PROCESSOR, ON_GPU = (1, 4 * 2 * RATE_HZ, 32 * 2 * RATE_HZ), (32 * 2 * RATE_HZ, 512 * 2 * RATE_HZ)


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """One way to compute the features of all clips, and the clock that tells how long it takes, in seconds."""

    work: Callable[[], object]
    clock: Callable[[], float]


def contestants(recipe: Recipe, clips: list[Float32]) -> dict[str, Contestant]:
    """List the ways to compute a recipe; the recipe itself is the first."""
    found = {
        CLIP_BY_CLIP: Contestant(
            work=lambda: [recipe.compute(clip, RATE_HZ) for clip in clips], clock=time.process_time
        )
    }
    devices = {"cpu": (ON_PROCESSOR, time.process_time)}
    if torch.cuda.is_available():
        devices["cuda"] = ON_GPU, time.perf_counter
    for device, (sizes, clock) in devices.items():
        for double in (True, False):
            module = BatchedRecipe(recipe, RATE_HZ, double=double).to(device)
            for size in sizes:
                name = f"{device}, {'double' if double else 'single'}, {max(1, round(size / RATE_HZ / 2))} at once"
                found[name] = Contestant(
                    # Values come back to the processor, so that the clock is not stopped before the GPU is done.
                    work=lambda module=module, size=size: compute_batched(module, clips, batch_samples=size),
                    clock=clock,
                )
    return found


def race(entrants: dict[str, Contestant], rounds: int) -> dict[str, float]:
    """Let all take turns. Returns the median seconds of each."""
    spent: dict[str, list[float]] = {name: [] for name in entrants}
    # The first round compiles and fills tables and is not counted.
    for turn in range(rounds + 1):
        for name, entrant in entrants.items():
            start = entrant.clock()
            entrant.work()
            if turn:
                spent[name].append(entrant.clock() - start)
    return {name: statistics.median(seconds) for name, seconds in spent.items()}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    facts = {"processor": processor(), "clips": arguments.clips, "rounds": arguments.rounds}
    if torch.cuda.is_available():
        facts["gpu"] = torch.cuda.get_device_name()
    recipes = {name: load([f"features={name}", f"features.sample_rate_hz={RATE_HZ}"]).features for name in RECIPES}
    with tempfile.TemporaryDirectory() as folder:
        clips = [recipes["functionals"].load(path)[0] for path in write_clips(Path(folder), arguments.clips)]
    results: dict[str, dict[str, dict[str, float]]] = {}
    for name, recipe in recipes.items():
        seconds = race(contestants(recipe, clips), arguments.rounds)
        results[name] = {
            way: {"clips_a_second": round(len(clips) / spent), "times_faster": round(seconds[CLIP_BY_CLIP] / spent, 2)}
            for way, spent in seconds.items()
        }
        print(f"\n{name}")
        for way, figures in results[name].items():
            print(f"  {way:30} {figures['clips_a_second']:8} clips/s {figures['times_faster']:8.2f}x")
    RESULT.write_text(json.dumps({**facts, "results": results}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
