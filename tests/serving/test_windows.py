from __future__ import annotations

import numpy as np
import pytest

from ser.errors import ConfigError
from ser.serving.windows import Windows, audible, cut, faded


@pytest.mark.parametrize("length", [1, 7, 10, 29, 30, 31, 34, 35, 36, 100, 101])
@pytest.mark.parametrize("block", [1, 3, 50, 1000])
def test_windows_of_a_stream_are_those_of_the_whole(length: int, block: int) -> None:
    samples = np.arange(length, dtype=np.float32)
    blocks = [samples[start : start + block] for start in range(0, length, block)]

    found = list(cut(blocks, 30, 10))

    whole = [start for start in range(0, length, 10) if start + 30 <= length]
    rest = (whole[-1] + 10) if whole else 0
    new = length - (whole[-1] + 30) if whole else length
    expected = whole + ([rest] if not whole or new >= 5 else [])
    assert [start for start, _ in found] == expected
    assert all(np.array_equal(window, samples[start : start + 30]) for start, window in found)


def test_a_fade_leaves_the_middle_alone() -> None:
    window = np.tile(np.array([1, -1], np.float32), 8000)

    result = np.abs(faded(window, 16_000))

    assert (result[320:-320] == 1).all()
    assert np.array_equal(result, result[::-1])
    assert result[0] < 1e-4
    assert (np.diff(result[:320]) > 0).all()
    assert np.array_equal(faded(np.full(9, 0.5, np.float32), 16_000), np.full(9, 0.5, np.float32))
    assert len(faded(window[:3], 16_000)) == 3


@pytest.mark.parametrize(
    ("window_s", "hop_s", "where"), [(0.05, 0.05, "--window"), (1.0, 2.0, "--hop"), (1.0, 0.0, "--hop")]
)
def test_windows_that_cannot_be_are_refused(window_s: float, hop_s: float, where: str) -> None:
    with pytest.raises(ConfigError, match=where):
        Windows(window_s=window_s, hop_s=hop_s, whole_s=3.0)


def test_what_is_audible_of_a_window_is_its_sound_without_longer_silence() -> None:
    def hum(seconds: float) -> np.ndarray:
        return np.sin(np.arange(int(seconds * 1000)) * 0.9).astype(np.float32)

    def still(seconds: float) -> np.ndarray:
        return np.full(int(seconds * 1000), 0.25, np.float32)

    window = np.concatenate([still(0.5), hum(1), still(0.1), hum(0.5), still(0.4), hum(0.5)])
    parts = [np.concatenate([hum(1), still(0.1), hum(0.5)]), hum(0.5)]

    assert np.array_equal(audible(window, 1000), np.concatenate([faded(part, 1000) for part in parts]))
    assert np.array_equal(audible(hum(1.011), 1000), faded(hum(1.011), 1000))
    assert np.array_equal(audible(np.append(still(0.1), hum(1)), 1000), faded(np.append(still(0.1), hum(1)), 1000))
    assert len(audible(np.concatenate([still(1), hum(0.1), still(1)]), 1000)) == 0
    assert len(audible(still(0.01), 1000)) == len(audible(still(2), 1000)) == 0
    assert len(audible(hum(0.1), 1000)) == 100
