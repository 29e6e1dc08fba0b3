from __future__ import annotations

import numpy as np
import pytest

from ser.arrays import Float32


@pytest.fixture
def voiced() -> Float32:
    """1.5 s at 16 kHz: a gliding harmonic tone that swells and fades, over a little noise."""
    time = np.arange(24_000) / 16_000
    pitch_hz = 140 + 60 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / 16_000
    tone = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 25))
    noise = np.random.default_rng(0).standard_normal(len(time))
    return (0.2 * np.hanning(len(time)) * tone + 0.002 * noise).astype(np.float32)
