from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from compiled import assert_does_what_its_source_says
from ser.audio import kernels

RNG = np.random.default_rng(0)


def noise(*shape: int) -> npt.NDArray[np.float32]:
    return RNG.standard_normal(shape).astype(np.float32)


def empty(*shape: int) -> npt.NDArray[np.float32]:
    return np.zeros(shape, np.float32)


ROW = np.concatenate([noise(10), empty(2), noise(4)])
CASES: list[tuple[Any, tuple[Any, ...]]] = [
    (kernels.windowed, (noise(20), noise(8), -4, 2, empty(14, 8))),
    (kernels.windowed, (noise(3), np.hanning(8), -4, 2, np.zeros((6, 8)))),
    (kernels.unit_phasors, (ROW, empty(8), empty(8), empty(8))),
    (kernels.place_frame, (noise(8), noise(8), np.float32(0.3), noise(8), noise(8), empty(16))),
    (kernels.turn, (noise(8), noise(8), noise(8), noise(8), noise(8), noise(8))),
    (kernels.walk, (noise(5, 16), 0.7, empty(8, 16))),
    (kernels.walk, (noise(9, 16), 2.6, empty(4, 16))),
    (kernels.overlap_add, (noise(3, 8), noise(8), 2, 4, noise(24))),
    (kernels.divide_by_weight, (np.hanning(9)[:8].astype(np.float32), 6, 2, noise(20))),
]


@pytest.mark.parametrize(("kernel", "arguments"), CASES, ids=lambda value: getattr(value, "__name__", ""))
def test_compiled_loop_does_what_its_source_says(kernel: Any, arguments: tuple[Any, ...]) -> None:
    assert_does_what_its_source_says(kernel, arguments)


def test_frames_reach_beyond_both_ends_into_silence() -> None:
    frames = empty(4, 4)
    kernels.windowed(np.float32([1, 2, 3]), np.ones(4, np.float32), -2, 2, frames)
    assert frames.tolist() == [[0, 0, 1, 2], [1, 2, 3, 0], [3, 0, 0, 0], [0, 0, 0, 0]]


def test_phasors_have_length_one_and_zero_has_phase_zero() -> None:
    row = np.float32([3, 4, 0, 0, -1e-20, 0, 0, 5e7])
    magnitude, real, imaginary = empty(3, 4)
    kernels.unit_phasors(row, magnitude, real, imaginary)
    np.testing.assert_allclose(magnitude, [5, 0, 1e-20, 5e7], rtol=1e-6)
    np.testing.assert_allclose(real, [0.6, 1, -1, 0], atol=1e-6)
    np.testing.assert_allclose(imaginary, [0.8, 0, 0, 1], atol=1e-6)
