from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.arrays import Float32
from ser.features.extract import Clip
from ser.files import sha256_of_file


def signal(kind: str, rate_hz: int) -> Float32:
    """Make a clip of its own kind: "voiced", "noisy", "silent" (digital zeros), "faint", or "broken" by pauses."""
    rng = np.random.default_rng(rate_hz)
    time = np.arange(round(1.3 * rate_hz)) / rate_hz
    pitch_hz = 157 + 40 * np.sin(2 * np.pi * 0.9 * time)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / rate_hz
    tone = 0.1 * np.hanning(len(time)) * sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 20))
    noise = rng.standard_normal(len(time))
    made = {
        "voiced": tone + 0.001 * noise,
        "noisy": tone + 0.1 * noise,
        "silent": np.zeros(len(time)),
        "faint": 1e-4 * tone,
        "broken": tone * (np.sin(2 * np.pi * 3 * time) > 0),
    }
    return made[kind].astype(np.float32)


@pytest.fixture(params=[16_000, 22_050, 44_100])
def rate_hz(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(params=["voiced", "noisy", "silent", "faint", "broken"])
def samples(request: pytest.FixtureRequest, rate_hz: int) -> Float32:
    return signal(str(request.param), rate_hz)


@pytest.fixture
def clips(tmp_path: Path) -> Callable[[int], list[Clip]]:
    """Write any number of different clips of 0.3 to 0.6 s at 16 kHz."""

    def write(count: int) -> list[Clip]:
        made = []
        for number in range(count):
            rng = np.random.default_rng(number)
            time = np.arange(int(rng.integers(4800, 9600))) / 16_000
            tone = 0.3 * np.sin(2 * np.pi * rng.uniform(100, 400) * time) + 0.01 * rng.standard_normal(len(time))
            path = tmp_path / "audio" / f"{number:03d}.wav"
            path.parent.mkdir(exist_ok=True)
            soundfile.write(path, tone, 16_000, subtype="PCM_16")
            made.append(Clip(utterance_id=f"made/{number:03d}", path=path, sha256=sha256_of_file(path)))
        return made

    return write
