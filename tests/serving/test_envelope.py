from __future__ import annotations

import numpy as np
import pytest

from ser.serving.envelope import Envelope


@pytest.mark.parametrize("length", [100, 640, 3000, 10_000, 33_333])
def test_the_outline_holds_the_extremes_of_each_stretch(length: int) -> None:
    samples = np.random.default_rng(length).standard_normal(length).astype(np.float32)
    envelope = Envelope(points=20, stretch=8)

    for start in range(0, length, 777):
        envelope.add(samples[start : start + 777])

    assert len(envelope.low) == len(envelope.high) <= 20
    covered = len(envelope.low) * envelope.stretch
    assert length - covered < envelope.stretch
    rows = samples[:covered].reshape(-1, envelope.stretch)
    assert np.array_equal(envelope.low, rows.min(axis=1))
    assert np.array_equal(envelope.high, rows.max(axis=1))
