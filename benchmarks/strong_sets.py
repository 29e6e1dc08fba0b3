"""The built-in strong sets beside openSMILE's sets and Praat's voice report, clip by clip."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import parselmouth
import scipy.fft
from parselmouth.praat import call
from rows import Row, at_most, compared, race

from ser.arrays import Float32
from ser.config import load
from ser.features.clip import Clip
from ser.features.combined import Combined
from ser.features.descriptor_set import DescriptorSet

CONTEST = "strong sets: values of a loaded clip, 16 kHz"
RATE_HZ, TARGET_MS = 16_000, 15.0
FLOOR_HZ, CEILING_HZ = 75, 600
# The whole clip; shortest and longest period in seconds; largest ratio of neighbours.
PERIODS = (0, 0, 1e-4, 0.02, 1.3)
ANALYSES = {
    "power": "power spectrum",
    "log_mel": "mel bands",
    "level_db": "level",
    "pitch": "pitch and harmonicity",
    "voiced_formants": "formants",
    "perturbation": "jitter and shimmer",
}
"""What the sets share, by its name in `Clip`, in words."""


def praat(samples: Float32) -> None:
    """Have Praat find pitch, harmonicity, formants, jitter and shimmer."""
    sound = parselmouth.Sound(samples.astype(np.float64), RATE_HZ)
    pitch = sound.to_pitch_ac(time_step=0.01, pitch_floor=FLOOR_HZ, pitch_ceiling=CEILING_HZ)
    sound.to_harmonicity_ac(0.01, FLOOR_HZ)
    sound.to_formant_burg(time_step=0.01)
    marks = call([sound, pitch], "To PointProcess (cc)")
    for measure in ("local", "rap", "ppq5"):
        call(marks, f"Get jitter ({measure})", *PERIODS)
    for measure in ("local", "apq3", "apq5"):
        call([sound, marks], f"Get shimmer ({measure})", *PERIODS, 1.6)


def floor(samples: Float32) -> None:
    """Transform the frames of 25 ms once, and copy the clip."""
    clip = Clip(samples.copy(), RATE_HZ)
    for start in range(0, len(clip.frames), 64):
        scipy.fft.rfft(clip.frames[start : start + 64], n=clip.n_fft, axis=1)


def parts(strong: Combined) -> dict[str, Callable[[Clip], object]]:
    """List the analyses that the sets share, then the sets, each without what came before it."""
    found: dict[str, Callable[[Clip], object]] = {
        said: lambda clip, name=name: getattr(clip, name) for name, said in ANALYSES.items()
    }
    for name, part in strong.parts.items():
        if isinstance(part, DescriptorSet):
            found[f"{name}, of what is shared"] = part.describe
    return found


def profile(strong: Combined, clips: Sequence[Float32], rounds: int) -> list[Row]:
    """Time each step of one whole analysis; a clip remembers what was computed of it, so each has a fresh one."""
    steps = parts(strong)
    totals: list[dict[str, float]] = []
    for _ in range(rounds):
        spent = dict.fromkeys(["trimming", *steps], 0.0)
        for samples in clips:
            start = time.process_time()
            clip = Clip(samples, RATE_HZ)
            spent["trimming"] += time.process_time() - start
            for name, step in steps.items():
                start = time.process_time()
                step(clip)
                spent[name] += time.process_time() - start
        totals.append(spent)
    means = {name: 1000 * statistics.median(spent[name] for spent in totals) / len(clips) for name in totals[0]}
    return [Row(contest=f"{CONTEST}: where the time goes", what=what, value=round(ms, 4)) for what, ms in means.items()]


def measure(paths: Sequence[Path], rounds: int) -> tuple[list[Row], dict[str, str]]:
    """Run the contest. Returns its rows, and the versions of the others."""
    recipes = {name: load([f"features={name}"]).features for name in ("egemaps", "compare", "strong")}
    strong = recipes["strong"]
    assert isinstance(strong, Combined)  # noqa: S101 - for the reader; conf/features/strong.yaml says so
    clips = [strong.load(path)[0] for path in paths]
    contestants: dict[str, Callable[[Float32], object]] = {
        "openSMILE eGeMAPSv02": lambda samples: recipes["egemaps"].compute(samples, RATE_HZ),
        "openSMILE ComParE_2016": lambda samples: recipes["compare"].compute(samples, RATE_HZ),
        "Praat: pitch, harmonicity, formants, jitter, shimmer": praat,
        "ser: strong, all sets": lambda samples: strong.compute(samples, RATE_HZ),
    }
    for name, part in strong.parts.items():
        contestants[f"ser: {name} alone"] = lambda samples, part=part: part.compute(samples, RATE_HZ)
    contestants["floor: FFT of each frame once, one copy"] = floor
    rows = compared(CONTEST, race(contestants, clips, rounds))
    rows = [at_most(row, TARGET_MS) if row.what == "ser: strong, all sets" else row for row in rows]
    widths = {f"ser: {name} alone": f"{part.width} values" for name, part in strong.parts.items()}
    widths |= {"ser: strong, all sets": f"{strong.width} values"}
    rows = [dataclasses.replace(row, note=widths.get(row.what, "")) for row in rows]
    versions = {name: importlib.metadata.version(name) for name in ("opensmile", "praat-parselmouth")}
    return [*rows, *profile(strong, clips, rounds)], versions
