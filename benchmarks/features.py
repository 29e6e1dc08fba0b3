"""How long features and augmentation take, beside librosa, in one process with one thread.

Run from the repository's root:  python benchmarks/features.py [--clips N] [--rounds N] [--scaling N]

All contestants take turns clip by clip, so that whatever else the machine does slows all alike; every figure is the
median over rounds of the CPU time of all clips. Printed and written to `benchmarks/features.json`: milliseconds a clip,
how many times faster than the first of each contest, and where the time goes beside the floor: the plain FFT of the
same frames. With `--scaling`, the wall time of that many clips' extraction by one process and by two; it means
something on a machine that does nothing else.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import importlib.util
import json
import resource
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.fft
from references import (
    RATE_HZ,
    STRETCH,
    augmentation,
    functionals,
    librosa_features,
    librosa_recipe,
    librosa_stretch_and_pitch,
    noises,
    pitch_shifts,
    stretches,
    write_clips,
)

from ser.arrays import Float32
from ser.audio.augment import Variant, augment, variants_of
from ser.audio.stft import HOP, N_FFT, Complex64, frame, hann, istft, shared_transforms, stft
from ser.audio.vocoder import resampled_frames
from ser.features import spectral
from ser.features.chroma import chroma, estimate_tuning
from ser.features.engine import Processes
from ser.features.extract import Clip, extract
from ser.files import sha256_of_file
from ser.pipeline.environment import processor

RESULT = Path(__file__).with_suffix(".json")
ANY_HASH = "0" * 64
RECIPE = "load, 162 values of clean, noise, and stretch with pitch"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A clip, and what the parts of the work are given of it."""

    path: Path
    samples: Float32
    spectrum: Complex64
    stretched: Complex64
    magnitude: Float32
    mel: Float32
    windowed: Float32


Work = Callable[[Case], object]
Figures = dict[str, dict[str, float]]


def case(path: Path) -> Case:
    """Compute all that the parts are given."""
    samples, _ = functionals("fast").load(path)
    spectrum = stft(samples)
    magnitude = np.abs(spectrum)
    return Case(
        path=path,
        samples=samples,
        spectrum=spectrum,
        stretched=resampled_frames(spectrum, STRETCH),
        magnitude=magnitude,
        mel=spectral.mel_power(magnitude, RATE_HZ, n_mels=128),
        windowed=frame(np.pad(samples, N_FFT // 2), N_FFT, HOP) * hann(N_FFT).astype(np.float32),
    )


def variant(mode: str, name: str) -> Variant:
    """Find a variant by its name."""
    return next(found for found in variants_of(augmentation(mode)) if found.name == name)


def recipe(mode: str) -> Work:
    """Load a clip and compute the features of it and of two copies, as an extraction does."""
    features, settings = functionals(mode), augmentation(mode)
    copies = [variant(mode, "noise"), variant(mode, "stretch-pitch")]

    def work(clip: Case) -> None:
        samples, rate_hz = features.load(clip.path)
        with shared_transforms(samples):
            features.compute(samples, rate_hz)
            for copy in copies:
                features.compute(augment(samples, rate_hz, copy, settings, ANY_HASH), rate_hz)

    return work


def values(mode: str) -> Work:
    """Compute the features of a loaded clip."""
    features = functionals(mode)
    return lambda clip: features.compute(clip.samples, RATE_HZ)


def copying(mode: str, name: str) -> Work:
    """Make one augmented copy."""
    settings, copy = augmentation(mode), variant(mode, name)
    return lambda clip: augment(clip.samples, RATE_HZ, copy, settings, ANY_HASH)


def on_samples(ways: dict[str, Callable[[Float32], object]]) -> dict[str, Work]:
    """Let ways to change a signal work on a case."""
    return {name: lambda clip, way=way: way(clip.samples) for name, way in ways.items()}


def contests() -> dict[str, dict[str, Work]]:
    """List what is compared: contest -> contestant -> work; the first contestant is the yardstick."""
    modes = ("parity", "fast")
    found: dict[str, dict[str, Work]] = {
        RECIPE: {"librosa": lambda clip: librosa_recipe(clip.path)} | {mode: recipe(mode) for mode in modes},
        "162 values of clean": on_samples({"librosa": librosa_features}) | {mode: values(mode) for mode in modes},
        "noise": on_samples(noises()) | {"ser": copying("fast", "noise")},
    }
    augmented = {
        "stretch": stretches(),
        "pitch": pitch_shifts(),
        "stretch-pitch": {"librosa": librosa_stretch_and_pitch},
    }
    for name, ways in augmented.items():
        found[name] = on_samples(ways) | {mode: copying(mode, name) for mode in modes}
    return found


def parts() -> dict[str, Work]:
    """List the parts of the work, each on what it is given there, and the floor under the whole."""
    return {
        "load": lambda clip: functionals("fast").load(clip.path),
        "transform, double precision": lambda clip: stft(clip.samples),
        "transform, single precision": lambda clip: stft(clip.samples, double=False),
        "floor of the transform: FFT in single precision": lambda clip: forward(clip.windowed),
        "magnitude": lambda clip: np.abs(clip.spectrum),
        "mel bands": lambda clip: spectral.mel_power(clip.magnitude, RATE_HZ, n_mels=128),
        "decibels": lambda clip: spectral.power_to_db(clip.mel),
        "tuning": lambda clip: estimate_tuning(clip.magnitude, RATE_HZ),
        "chroma with tuning": lambda clip: chroma(clip.magnitude, RATE_HZ),
        "zero crossings": lambda clip: spectral.zero_crossing_rate(clip.samples),
        "rms": lambda clip: spectral.rms(clip.samples),
        "noise": copying("fast", "noise"),
        "vocoder between the transforms": lambda clip: resampled_frames(clip.spectrum, STRETCH),
        "inverse transform, stretched": lambda clip: istft(clip.stretched, length=round(len(clip.samples) / STRETCH)),
        "floor of the recipe: load, and FFT of all frames": whole_floor,
    }


def forward(frames: Float32) -> None:
    """Transform windowed frames, a few at a time, and keep nothing."""
    for start in range(0, len(frames), 24):
        scipy.fft.rfft(frames[start : start + 24], axis=-1)


def whole_floor(clip: Case) -> None:
    """Do what the recipe cannot do without: read, and transform clean, noisy and stretched frames, and back."""
    functionals("fast").load(clip.path)
    for _ in range(2):
        forward(clip.windowed)
    forward(np.broadcast_to(clip.windowed[:1], (len(clip.stretched), N_FFT)))
    for start in range(0, len(clip.stretched), 24):
        scipy.fft.irfft(clip.stretched[start : start + 24], axis=-1)


def race(contestants: dict[str, Work], cases: list[Case], rounds: int) -> dict[str, float]:
    """Let contestants take turns on every clip. Returns the median milliseconds of CPU time a clip."""
    for work in contestants.values():
        work(cases[0])
    means: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        spent = dict.fromkeys(contestants, 0.0)
        for clip in cases:
            for name, work in contestants.items():
                start = time.process_time()
                work(clip)
                spent[name] += time.process_time() - start
        for name, seconds in spent.items():
            means[name].append(1000 * seconds / len(cases))
    return {name: statistics.median(values) for name, values in means.items()}


def measure(cases: list[Case], rounds: int) -> dict[str, Figures]:
    """Run all contests, then the parts in one more."""
    results: dict[str, Figures] = {}
    for contest, contestants in contests().items():
        spent = race(contestants, cases, rounds)
        yardstick = next(iter(spent.values()))
        results[contest] = {
            name: {"ms": round(ms, 3), "times_faster": round(yardstick / ms, 1)} for name, ms in spent.items()
        }
    spent = race(parts(), cases, rounds)
    results["where the time goes"] = {name: {"ms": round(ms, 3)} for name, ms in spent.items()}
    return results


def scaling(folder: Path, count: int, rounds: int) -> float:
    """Extract clips and four copies of each by one process and by two in turn.

    Returns:
        How many times faster two are, by wall time.
    """
    clips = [
        Clip(utterance_id=path.stem, path=path, sha256=sha256_of_file(path)) for path in write_clips(folder, count)
    ]
    walls: dict[int, list[float]] = {1: [], 2: []}
    # The first round starts the processes and is not counted.
    for turn in range(rounds + 1):
        for workers, found in walls.items():
            start = time.perf_counter()
            extract(
                clips,
                functionals("parity"),
                augmentation("parity"),
                folder / f"store-{turn}-{workers}",
                engine=Processes(workers=workers),
            )
            found.append(time.perf_counter() - start)
    return statistics.median(walls[1][1:]) / statistics.median(walls[2][1:])


def show(results: dict[str, Figures]) -> None:
    """Print all figures."""
    for contest, table in results.items():
        print(f"\n{contest}")
        for name, figures in table.items():
            times = f"{figures['times_faster']:8.1f}x" if "times_faster" in figures else ""
            print(f"  {name:50} {figures['ms']:8.3f} ms{times}")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scaling", type=int, default=0, metavar="CLIPS")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message="Trying to estimate tuning")
    facts: dict[str, object] = {"processor": processor(), "clips": arguments.clips, "rounds": arguments.rounds}
    with tempfile.TemporaryDirectory() as folder:
        cases = [case(path) for path in write_clips(Path(folder), arguments.clips)]
        facts["seconds_a_clip"] = round(sum(len(clip.samples) for clip in cases) / RATE_HZ / len(cases), 2)
        results = measure(cases, arguments.rounds)
        if arguments.scaling:
            facts["two_processes_times_faster"] = round(scaling(Path(folder), arguments.scaling, arguments.rounds), 2)
    facts["peak_mb_with_all_libraries"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    show(results)
    print()
    for name, value in facts.items():
        print(f"{name}: {value}")
    if not importlib.util.find_spec("audiomentations"):
        print("audiomentations is not installed and was left out.")
    RESULT.write_text(json.dumps({**facts, "results": results}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
