"""A model small enough to know its answers: tones below and above 1 kHz."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from ser.arrays import Float32
from ser.audio.stream import Limits
from ser.serving.engine import Engine
from ser.serving.facts import Facts, Learned, Score
from ser.serving.predictor import Predictor
from ser.serving.windows import Windows

LIMITS = Limits(seconds=None, channels=8, lowest_rate_hz=4000, highest_rate_hz=192_000)


def facts(**changed: object) -> Facts:
    """Facts of a model that is not, for tests that need some."""
    whole: dict[str, object] = {
        "run_id": "0123456789ab",
        "name": "tones zero_crossings ear",
        "classes": ["low", "high"],
        "features": "zero_crossings",
        "protocol": "speaker-independent 5-fold cross-validation",
        "cautions": [],
        "score": Score(uar=0.75, low=0.7, high=0.8, words="UAR 0.750 (95 % interval 0.700 to 0.800)"),
        "learned": Learned(
            languages=["de"],
            lowest_rate_hz=16_000,
            highest_rate_hz=16_000,
            shortest_s=1.0,
            longest_s=4.0,
            licences={"tones": "none needed"},
        ),
        "members": 1,
        "card": "# tones\n",
    }
    return Facts(**{**whole, **changed})  # type: ignore[arg-type]


class Ear(Engine):
    """Tells a low tone from a high one by its zero crossings, and notes the clips it was given."""

    def __init__(self, told: Facts | None = None) -> None:
        self.facts = told or facts()
        self.offset_s, self.duration_s = 0.0, None
        self.heard: list[tuple[Float32, int]] = []

    def represent(self, samples: Float32, sample_rate_hz: int) -> Float32:
        self.heard.append((samples, sample_rate_hz))
        crossings = np.count_nonzero(np.diff(np.signbit(samples)))
        return np.array([[crossings * sample_rate_hz / 2 / len(samples)]], np.float32)

    def classify(self, clips: Sequence[Float32]) -> Float32:
        high = np.array([1 / (1 + np.exp((1000 - clip[0, 0]) / 100)) for clip in clips])
        return np.stack([1 - high, high], axis=1).astype(np.float32)


def predictor(engine: Engine, *, window_s: float = 1.0, hop_s: float = 0.5, whole_s: float = 4.0) -> Predictor:
    windows = Windows(window_s=window_s, hop_s=hop_s, whole_s=whole_s)
    return Predictor(engine=engine, windows=windows, limits=LIMITS, language="de")


def tone(frequency_hz: float, seconds: float, rate_hz: int = 16_000, peak: float = 0.5) -> Float32:
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return (peak * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32)


def written(file: Path, samples: Float32, rate_hz: int = 16_000) -> Path:
    soundfile.write(file, samples, rate_hz, subtype="FLOAT")
    return file
