from __future__ import annotations

import numpy as np
import pytest

from features.voices import RATE_HZ, noise, pulses, steady
from ser.arrays import Float32
from ser.features.periods import NAMES, perturbation
from ser.features.pitch import track

HOP = 160


def measured(samples: Float32) -> dict[str, float]:
    values = perturbation(samples, RATE_HZ, track(samples, RATE_HZ, HOP).f0_hz, HOP)
    return dict(zip(NAMES, values.tolist(), strict=True))


def test_a_steady_voice_has_neither_jitter_nor_shimmer() -> None:
    found = measured(steady(125.0, 1.0))
    assert found["jitter_local"] < 2e-3
    assert found["jitter_rap"] < 2e-3
    assert found["shimmer_local"] < 5e-3
    assert found["shimmer_db"] < 0.05


@pytest.mark.parametrize("share", [0.01, 0.02, 0.04])
def test_jitter_is_that_of_the_periods(share: float) -> None:
    period = 0.008 * (1 + share * np.random.default_rng(0).uniform(-1, 1, 120))
    mean = period.mean()
    local = np.abs(np.diff(period)).mean()
    rap = np.abs(period[1:-1] - (period[:-2] + period[1:-1] + period[2:]) / 3).mean()
    found = measured(pulses(period))
    assert found["jitter_local"] == pytest.approx(local / mean, rel=0.15)
    assert found["jitter_absolute_us"] == pytest.approx(1e6 * local, rel=0.15)
    assert found["jitter_rap"] == pytest.approx(rap / mean, rel=0.15)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.15])
def test_shimmer_is_that_of_the_levels(share: float) -> None:
    level = 1 + share * np.random.default_rng(1).uniform(-1, 1, 120)
    found = measured(pulses(np.full(120, 0.008), level))
    assert found["shimmer_local"] == pytest.approx(np.abs(np.diff(level)).mean() / level.mean(), rel=0.1)
    assert found["shimmer_db"] == pytest.approx(np.abs(20 * np.log10(level[1:] / level[:-1])).mean(), rel=0.1)
    windows = np.lib.stride_tricks.sliding_window_view(level, 5)
    assert found["shimmer_apq5"] == pytest.approx(
        np.abs(windows[:, 2] - windows.mean(axis=1)).mean() / level.mean(), rel=0.1
    )


def test_nothing_is_compared_across_a_pause() -> None:
    joined = np.concatenate([steady(100.0, 0.4), np.zeros(4000, np.float32), 0.5 * steady(180.0, 0.4)])
    found = measured(joined)
    assert found["jitter_local"] < 5e-3
    assert found["shimmer_local"] < 0.05


@pytest.mark.parametrize("samples", [np.zeros(8000, np.float32), noise(0.5), np.ones(1, np.float32)])
def test_without_voice_all_measures_are_zero(samples: Float32) -> None:
    values = perturbation(samples, RATE_HZ, np.zeros(1 + len(samples) // HOP), HOP)
    assert values.tolist() == [0.0] * len(NAMES)


@pytest.mark.parametrize("periods", [1, 2, 4, 8])
def test_few_periods_give_what_they_can(periods: int) -> None:
    samples = steady(100.0, periods / 100)
    values = perturbation(samples, RATE_HZ, np.full(1 + len(samples) // HOP, 100.0), HOP)
    assert np.isfinite(values).all()
