"""How far the 162 functionals lie from librosa's, in both modes, and the augmented copies beside librosa's own error.

Run from the repository's root:  python benchmarks/parity.py [--clips N]

Writes `docs/parity.md`.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from pathlib import Path

import librosa
import numpy as np
from recipes import RATE_HZ, SEMITONES, STRETCH, functionals
from references import librosa_parts, librosa_pitch, librosa_stretch, write_clips

from ser.arrays import Float32, Float64
from ser.audio.vocoder import pitch_shift, time_stretch

RESULT = Path(__file__).resolve().parents[1] / "docs" / "parity.md"
# A clip whose chroma differ by more was tuned to another hundredth of a semitone.
TUNING_JUMPED = 1e-3
HEAD = """# Parity with librosa

Written by `python benchmarks/parity.py`: {clips} made clips of 1.5 to 2.5 s, 16 to 48 kHz, loaded at 22,050 Hz; librosa
{version}, in its usual single precision.

## The 162 functionals

The relative error is that of each value; where a value passes through zero, as MFCC means do, it says little. The
tolerance is 1e-4 of the value plus 1e-5 of its standard deviation over the clips. Clips whose tuning estimate fell into
another of 100 bins are counted apart, and their chroma left out.

| mode | feature | median | 99.9 % | largest | largest / deviation | outside the tolerance |
|---|---|---:|---:|---:|---:|---:|
"""
COPIES = """
Tuned otherwise than librosa: {parity} clips of {clips} in the mode `parity`, {fast} in `fast`.

## Augmented copies

The phase vocoder is ill-conditioned: librosa's own copies in single and in double precision differ. Relative distance
of whole signals, in the mode `parity`, from librosa's copy in double precision:

| copy | ser, median | ser, largest | librosa, median | librosa, largest |
|---|---:|---:|---:|---:|
"""


def distance(signal: Float32, reference: Float64) -> float:
    """Relative distance of two signals."""
    return float(np.linalg.norm(signal - reference) / np.linalg.norm(reference))


def rows_of(mode: str, ours: dict[str, Float64], theirs: dict[str, Float64]) -> tuple[list[str], int]:
    """Compare all clips. Returns the table's rows for a mode, and how many clips are tuned otherwise."""
    rows = []
    jumped = np.any(np.abs(ours["chroma"] - theirs["chroma"]) > TUNING_JUMPED, axis=1)
    for feature, reference in theirs.items():
        kept = ~jumped if feature == "chroma" else slice(None)
        error = np.abs(ours[feature] - reference)[kept]
        size, deviation = np.abs(reference)[kept], reference.std(axis=0)
        relative = error / size
        outside = int(np.sum(error > 1e-4 * size + 1e-5 * deviation))
        figures = [np.median(relative), np.quantile(relative, 0.999), relative.max(), (error / deviation).max()]
        shown = " | ".join(f"{figure:.1e}" for figure in figures)
        rows.append(f"| {mode} | {feature} ({reference.shape[1]}) | {shown} | {outside} of {error.size} |")
    return rows, int(jumped.sum())


def stacked(clips: list[dict[str, Float32]]) -> dict[str, Float64]:
    """Gather each feature of all clips, float64 of shape [clips, values]."""
    return {name: np.stack([np.atleast_1d(clip[name]) for clip in clips]).astype(np.float64) for name in clips[0]}


def split(values: Float32, like: dict[str, Float32]) -> dict[str, Float32]:
    """Cut the 162 values into features."""
    ends = np.cumsum([np.size(part) for part in like.values()])[:-1]
    return dict(zip(like, np.split(values, ends), strict=True))


def copies(samples: list[Float32]) -> list[str]:
    """Compare stretched and pitched signals. Returns the table's rows."""
    ways = {
        f"stretch {STRETCH}": (
            lambda clip: time_stretch(clip, rate=STRETCH),
            librosa_stretch,
        ),
        f"pitch {SEMITONES}": (
            lambda clip: pitch_shift(clip, sample_rate_hz=RATE_HZ, semitones=SEMITONES),
            librosa_pitch,
        ),
    }
    rows = []
    for name, (ser, theirs) in ways.items():
        exact = [theirs(clip.astype(np.float64)) for clip in samples]
        errors = [
            [distance(way(clip), reference) for clip, reference in zip(samples, exact, strict=True)]
            for way in (ser, theirs)
        ]
        shown = " | ".join(f"{figure(values):.1e}" for values in errors for figure in (np.median, np.max))
        rows.append(f"| {name} | {shown} |")
    return rows


def main() -> None:
    """Compare, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=200)
    count = parser.parse_args().clips
    warnings.filterwarnings("ignore", message="Trying to estimate tuning")
    with tempfile.TemporaryDirectory() as folder:
        samples = [functionals("parity").load(path)[0] for path in write_clips(Path(folder), count)]
    theirs = [librosa_parts(clip) for clip in samples]
    rows: list[str] = []
    jumped: dict[str, int] = {}
    for mode in ("parity", "fast"):
        ours = [split(functionals(mode).compute(clip, RATE_HZ)[0], theirs[0]) for clip in samples]
        found, jumped[mode] = rows_of(mode, stacked(ours), stacked(theirs))
        rows += found
    lines = [
        HEAD.format(clips=count, version=librosa.__version__) + "\n".join(rows) + "\n",
        COPIES.format(clips=count, **jumped) + "\n".join(copies(samples[:40])) + "\n",
    ]
    RESULT.write_text("".join(lines), encoding="utf-8")
    print("".join(lines))


if __name__ == "__main__":
    main()
