from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from ser.audio.kernels import box_muller
from ser.audio.noise import standard_normal


def test_numbers_are_normally_distributed() -> None:
    drawn = standard_normal(np.random.default_rng(0), 200_000)
    assert drawn.dtype == np.float32
    assert scipy.stats.kstest(drawn, "norm").pvalue > 0.01
    assert scipy.stats.skew(drawn) == pytest.approx(0, abs=0.03)
    assert scipy.stats.kurtosis(drawn) == pytest.approx(0, abs=0.05)
    # Two numbers share their bits: neither they nor their sizes may tell of each other.
    for one, other in ((drawn[::2], drawn[1::2]), (drawn[:-2], drawn[2:])):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.01
        assert abs(np.corrcoef(one**2, other**2)[0, 1]) < 0.01


def test_every_bit_pattern_gives_the_numbers_of_box_and_muller() -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, 5000, dtype=np.uint32)
    bits[:3] = 0, 2**32 - 1, 1 << 14
    normal = np.empty(10_000, np.float32)
    box_muller(bits, normal)
    radius = np.sqrt(-2 * np.log(((bits >> 14) + 0.5) / 2**18))
    quarter, place = (bits >> 12) & 3, bits & 0xFFF
    angle = np.pi / 2 * quarter + (place - 2047.5) / 2048 * np.pi / 4
    pairs = np.sort(np.abs(normal.reshape(-1, 2)), axis=1)
    expected = np.sort(np.abs(np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)), axis=1)
    np.testing.assert_allclose(pairs, expected, atol=3e-5)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_as_many_as_asked_for(count: int) -> None:
    assert standard_normal(np.random.default_rng(0), count).shape == (count,)
