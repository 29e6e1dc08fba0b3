from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from compiled import assert_does_what_its_source_says
from ser.features import kernels

RNG = np.random.default_rng(0)
MAGNITUDE = RNG.uniform(0, 1, (3, 40)).astype(np.float32)
SAMPLES = RNG.standard_normal(30).astype(np.float32)
EDGES = np.linspace(-0.5, 0.5, 101)
RUNS = np.array([0, 3, 9]), np.array([0, 4, 4, 9]), RNG.uniform(0, 1, 9).astype(np.float32)


def vote(semitone: list[float], height: list[float], least: float) -> int:
    return int(kernels.vote(np.float32(semitone), np.float32(height), np.float32(least), EDGES))


CASES: list[tuple[Any, tuple[Any, ...]]] = [
    (kernels.banded_power, (MAGNITUDE, *RUNS, np.zeros((3, 3), np.float32))),
    (
        kernels.find_peaks,
        (MAGNITUDE, np.float32([0, 0.5, 2]), (2, 30), (78, 16_000), np.zeros((2, 60), np.float32)),
    ),
    (kernels.vote, (SAMPLES, SAMPLES**2, np.float32(0.3), EDGES)),
    (kernels.crossings, (SAMPLES, np.float32(1e-10), 8, np.zeros(6, np.int64), np.zeros(6, np.int64))),
    (kernels.energies, (SAMPLES, 8, np.zeros(6, np.float32))),
]


@pytest.mark.parametrize(("kernel", "arguments"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_compiled_loop_does_what_its_source_says(kernel: Any, arguments: tuple[Any, ...]) -> None:
    assert_does_what_its_source_says(kernel, arguments)


def test_filters_without_bins_give_nothing() -> None:
    bands = np.full((3, 3), -1, np.float32)
    kernels.banded_power(MAGNITUDE, *RUNS, bands)
    assert not bands[:, 1].any()
    np.testing.assert_allclose(bands[:, 0], MAGNITUDE[:, :4] ** 2 @ RUNS[2][:4], rtol=1e-6)


def test_the_first_of_the_fullest_bins_wins_and_low_voters_do_not_count() -> None:
    assert vote([60.005, 61.005, 62.115, 63.115, 64.2], [1, 1, 1, 1, 1], 0) == 50
    assert vote([60.005, 61.005, 62.115], [0.1, 0.1, 1], 0.5) == 61


@pytest.mark.parametrize("bin_number", range(100))
def test_an_edge_belongs_to_the_bin_above_it(bin_number: int) -> None:
    just_above = np.nextafter(np.float32(EDGES[bin_number]), np.float32(1))
    assert np.float64(just_above) >= EDGES[bin_number]
    # Not shifted by whole semitones, so that no digit is lost; below 0 that is done by the kernel itself.
    expected, _ = np.histogram(_wrapped(just_above), EDGES)
    assert vote([float(just_above)], [1], 0) == int(np.argmax(expected))


def _wrapped(value: np.float32) -> list[np.float32]:
    above = np.mod(value, np.float32(1))
    return [above - np.float32(1) if above >= 0.5 else above]
