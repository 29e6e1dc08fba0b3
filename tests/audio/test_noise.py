from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from ser.audio.noise import standard_normal


def test_numbers_are_normally_distributed() -> None:
    drawn = standard_normal(np.random.default_rng(0), 20_000)
    assert drawn.dtype == np.float32
    assert scipy.stats.kstest(drawn, "norm").pvalue > 0.01
    assert abs(np.corrcoef(drawn[:10_000], drawn[10_000:])[0, 1]) < 0.03


@pytest.mark.parametrize("count", [0, 1, 7])
def test_as_many_as_asked_for(count: int) -> None:
    assert standard_normal(np.random.default_rng(0), count).shape == (count,)
