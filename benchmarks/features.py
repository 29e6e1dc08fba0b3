"""How long features take beside librosa, openSMILE and Praat; what a corpus costs; how fast it is read again.

Run from the repository's root:  python benchmarks/features.py [--clips N] [--rounds N] [--scaling N]

All contestants take turns clip by clip with one thread, so that whatever else the machine does slows all alike; their
figures are medians over rounds of the CPU time of all clips. The floor beside them is what nobody can do without: to
decode, to transform each frame once, and to copy. What is told of processes and of the store is wall time, and means
something on a machine that does nothing else; `--scaling 0` leaves it out. Printed, with what was asked for, and
written to `benchmarks/features.json`, of which `python benchmarks/speed.py` makes `docs/speed.md`.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import argparse
import dataclasses
import importlib.metadata
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import at_scale
import numpy as np
import scipy.fft
import strong_sets
from recipes import RATE_HZ, STRETCH, augmentation, functionals
from references import librosa_features, librosa_recipe, write_clips
from rows import Row, at_least, compared, race, save, show

from ser.arrays import Float32
from ser.audio.augment import Variant, augment, variants_of
from ser.audio.stft import HOP, N_FFT, Complex64, frame, hann, istft, shared_transforms, stft
from ser.audio.vocoder import resampled_frames
from ser.features import spectral
from ser.features.chroma import chroma, estimate_tuning
from ser.pipeline.environment import processor

RESULT = Path(__file__).with_suffix(".json")
ANY_HASH = "0" * 64
RECIPE, CLEAN = "load, and 162 values of clean, noise, and stretch with pitch", "162 values of a loaded clip"
# At least so many times faster than librosa, and what is aimed at.
TARGETS = {
    (RECIPE, "ser, parity"): (6, 10),
    (RECIPE, "ser, fast"): (12, 20),
    (CLEAN, "ser, parity"): (13, 20),
    (CLEAN, "ser, fast"): (13, 20),
}
NOTES = {
    (CLEAN, "ser, parity"): "asked for without saying in which mode; parity transforms in double precision",
}


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


def contests() -> dict[str, dict[str, Work]]:
    """List what is compared: contest -> contestant -> work; the first contestant is the yardstick."""
    modes = ("parity", "fast")
    return {
        RECIPE: {"librosa": lambda clip: librosa_recipe(clip.path)}
        | {f"ser, {mode}": recipe(mode) for mode in modes}
        | {"floor: load, one FFT a frame, one copy a copy": recipe_floor},
        CLEAN: {"librosa": lambda clip: librosa_features(clip.samples)}
        | {f"ser, {mode}": values(mode) for mode in modes}
        | {"floor: one FFT a frame, one copy": clean_floor},
    }


def parts() -> dict[str, Work]:
    """List the parts of the work, each on what it is given there."""
    settings, noisy = augmentation("fast"), variant("fast", "noise")
    return {
        "load": lambda clip: functionals("fast").load(clip.path),
        "transform, double precision (parity)": lambda clip: stft(clip.samples),
        "transform, single precision (fast)": lambda clip: stft(clip.samples, double=False),
        "floor of the transform: FFT in single precision": lambda clip: forward(clip.windowed),
        "magnitude": lambda clip: np.abs(clip.spectrum),
        "mel bands": lambda clip: spectral.mel_power(clip.magnitude, RATE_HZ, n_mels=128),
        "decibels, before the cosines of MFCC": lambda clip: spectral.power_to_db(clip.mel),
        "tuning": lambda clip: estimate_tuning(clip.magnitude, RATE_HZ),
        "chroma, tuning included": lambda clip: chroma(clip.magnitude, RATE_HZ),
        "zero crossings": lambda clip: spectral.zero_crossing_rate(clip.samples),
        "rms": lambda clip: spectral.rms(clip.samples),
        "noise": lambda clip: augment(clip.samples, RATE_HZ, noisy, settings, ANY_HASH),
        "vocoder between the transforms": lambda clip: resampled_frames(clip.spectrum, STRETCH),
        "inverse transform, stretched": lambda clip: istft(clip.stretched, length=round(len(clip.samples) / STRETCH)),
    }


def forward(frames: Float32) -> None:
    """Transform windowed frames, a few at a time, and keep nothing."""
    for start in range(0, len(frames), 24):
        scipy.fft.rfft(frames[start : start + 24], axis=-1)


def clean_floor(clip: Case) -> None:
    """Do what the clean values cannot do without."""
    clip.samples.copy()
    forward(clip.windowed)


def recipe_floor(clip: Case) -> None:
    """Do what the recipe cannot do without: load, transform clean, noisy and stretched frames, and back."""
    samples, _ = functionals("fast").load(clip.path)
    for _ in range(2):
        samples.copy()
        forward(clip.windowed)
    forward(np.broadcast_to(clip.windowed[:1], (len(clip.stretched), N_FFT)))
    for start in range(0, len(clip.stretched), 24):
        scipy.fft.irfft(clip.stretched[start : start + 24], axis=-1)
    samples.copy()


def measure(cases: list[Case], rounds: int) -> list[Row]:
    """Run the contests with librosa, then the parts in one more."""
    rows = []
    for contest, contestants in contests().items():
        for row in compared(contest, race(contestants, cases, rounds)):
            asked = TARGETS.get((contest, row.what))
            noted = dataclasses.replace(row, note=NOTES.get((contest, row.what), ""))
            rows.append(at_least(noted, asked[0], aim=asked[1]) if asked else noted)
    spent = race(parts(), cases, rounds)
    contest = "162 values: where the time goes, part by part"
    return rows + [Row(contest=contest, what=name, value=round(ms, 4)) for name, ms in spent.items()]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scaling", type=int, default=600, metavar="CLIPS")
    arguments = parser.parse_args()
    # Of the last minute, before any of this: wall times mean something where it is near 0.
    load_before = round(os.getloadavg()[0], 2)
    warnings.filterwarnings("ignore", message="Trying to estimate tuning")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_clips(folder, arguments.clips)
        cases = [case(path) for path in paths]
        rows = measure(cases, arguments.rounds)
        strong, versions = strong_sets.measure(paths, arguments.rounds)
        rows += strong
        if arguments.scaling:
            rows += at_scale.scaling(folder, paths, arguments.scaling, rounds=3)
            rows += at_scale.memory(folder, paths)
            rows += at_scale.reading(folder)
    facts: dict[str, object] = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "load before": load_before,
        "clips": arguments.clips,
        "rounds": arguments.rounds,
        "seconds a clip": round(sum(len(clip.samples) for clip in cases) / RATE_HZ / len(cases), 2),
        "librosa": importlib.metadata.version("librosa"),
        **versions,
    }
    show(facts, rows, ratios="how many times faster than the first of each table")
    save(RESULT, facts, rows)


if __name__ == "__main__":
    main()
