from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

import numpy as np
import pytest
import soundfile

from ser.corpora.base import Corpus, Facts, Labels, Speaker

Speak = Callable[..., Path]


@dataclass(frozen=True, kw_only=True)
class Toy(Corpus):
    """Two speakers, two emotions: `ann_happy_1.wav`."""

    facts: ClassVar[Facts] = Facts(
        id="toy",
        title="The toy corpus",
        language="en",
        licence="CC0-1.0",
        citation="Nobody, 2000.",
        how_to_get="Fetch it from the attic and put it into toy.",
        benchmark=True,
        classes={"happy": 4, "sad": 4},
        speakers={"ann": Speaker(gender="female", age=30), "bob": Speaker(gender=None, age=None)},
        texts={str(number): f"Sentence {number}." for number in range(1, 5)},
        sample_rates_hz=(8000,),
        channels=(1,),
        formats={"ann_sad_2": (16000, 2)},
        side_folders=("laryngo",),
        known_bad={"bob_sad_4": "the microphone was off"},
        notes=("Bob was tired.",),
    )

    def parse(self, relative: PurePosixPath) -> Labels | None:
        name = re.fullmatch(r"(ann|bob|cleo)_(happy|sad)_(\d)", relative.stem.lower())
        if name is None:
            return None
        return Labels(
            name=name[0],
            speaker=name[1],
            emotion_native=name[2],
            text_id=name[3],
            intensity=None,
            repetition=None,
            session=None,
        )


@pytest.fixture
def toy() -> Toy:
    return Toy(folder=None)


@pytest.fixture
def noise() -> Speak:
    """Write a short clip of noise; the same seed gives the same bytes."""

    def write(path: Path, seed: int = 0, *, seconds: float = 0.1, channels: int = 1, level: float = 0.1) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(seed)
        samples = level * rng.standard_normal((round(8000 * seconds), channels)).clip(-3, 3)
        soundfile.write(path, samples, 8000)
        return path

    return write


@pytest.fixture
def attic(tmp_path: Path, noise: Speak) -> Path:
    """The toy corpus, whole but for the file known to be bad."""
    root = tmp_path / "raw" / "toy"
    names = [
        f"{speaker}_{emotion}_{text}" for speaker in ("ann", "bob") for emotion in ("happy", "sad") for text in (1, 2)
    ]
    for seed, name in enumerate(names):
        noise(root / "wav" / f"{name}.wav", seed, seconds=0.1 + 0.01 * seed)
    return root
