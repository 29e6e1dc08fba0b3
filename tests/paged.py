"""A web page whose models are loudness meters, so that a test knows what it must show."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence

import numpy as np
import soundfile

from ser.arrays import Float32
from ser.audio.stream import Limits
from ser.errors import StoreError
from ser.serving.engine import Engine
from ser.serving.facts import Facts, Learned, Score
from ser.serving.predictor import Predictor
from ser.serving.web.site import Choice, Site
from ser.serving.windows import Windows

RATE = 16_000
LARGEST_BYTES = 2_000_000
FACTS = Facts(
    run_id="0123456789ab",
    name="tones meter",
    classes=["angry", "calm", "sad"],
    features="loudness",
    protocol="speaker-independent 5-fold cross-validation; seed 0",
    cautions=[],
    score=Score(uar=0.613, low=0.5, high=0.7, words="UAR 0.613 (95 % interval 0.500 to 0.700) on 20; chance 0.333"),
    learned=Learned(
        languages=["de-DE"], lowest_rate_hz=RATE, highest_rate_hz=RATE, shortest_s=1.0, longest_s=3.0, licences={}
    ),
    members=1,
    card="# tones meter\n\n## Limits\nNone known.\n\n"
    + "|".join(f"a wide column {place}" for place in range(12))
    + "\n"
    + "|".join(["---"] * 12)
    + "\n"
    + "|".join(["1"] * 12),
)
CAUTION = "NOT speaker-independent: these numbers say nothing of new speakers."
LEAKING = dataclasses.replace(FACTS, run_id="ba9876543210", name="leaking meter", cautions=[CAUTION])


class Meter(Engine):
    """Hears anger in what is loud and sadness in what is faint."""

    facts = FACTS
    offset_s, duration_s = 0.0, None

    def represent(self, samples: Float32, sample_rate_hz: int) -> Float32:
        return np.array([[min(1.0, float(np.sqrt(2 * np.mean(np.square(samples)))))]], np.float32)

    def classify(self, clips: Sequence[Float32]) -> Float32:
        loud = np.array([clip[0, 0] for clip in clips], np.float32)
        return np.stack([0.9 * loud, np.full_like(loud, 0.1), 0.9 * (1 - loud)], axis=1)


def predictor(key: str, language: str | None) -> Predictor:
    if key == "broken":
        raise StoreError(expected="a model", received="rubbish", where="runs/*x*", fix="Train again.")
    return Predictor(
        engine=Meter(),
        windows=Windows(window_s=1.0, hop_s=0.5, whole_s=3.0),
        limits=Limits(seconds=60, channels=8, lowest_rate_hz=4000, highest_rate_hz=192_000, bytes=LARGEST_BYTES),
        language=language,
    )


def tone(*parts: tuple[float, float], form: str = "WAV") -> bytes:
    """Write a tone of 440 Hz as a file: for each part, seconds and amplitude."""
    amplitudes = np.concatenate([np.full(round(seconds * RATE), amplitude) for seconds, amplitude in parts])
    samples = amplitudes * np.sin(2 * np.pi * 440 * np.arange(len(amplitudes)) / RATE)
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format=form)
    return file.getvalue()


CHOICES = [
    Choice(key="meter", facts=FACTS, places=["tones-three@speaker_kfold"]),
    Choice(key="leaking", facts=LEAKING, places=[]),
    Choice(key="broken", facts=dataclasses.replace(FACTS, name="broken meter"), places=[]),
]


def site() -> Site:
    return Site(
        choices=lambda: CHOICES,
        predictor=predictor,
        examples={"a loud tone": lambda: tone((2.0, 0.9)), "a faint tone": lambda: tone((2.0, 0.05))},
        largest_bytes=LARGEST_BYTES,
    )
