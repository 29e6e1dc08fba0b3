from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from ser.arrays import Float32
from ser.audio.operations.base import Operation
from ser.audio.operations.recording import Mp3, Overload
from ser.errors import ConfigError

RNG = np.random.default_rng(0)


def snr_db(clip: Float32, received: Float32) -> float:
    clean, noise = clip.astype(np.float64), received.astype(np.float64) - clip
    return float(10 * np.log10(np.sum(clean**2) / np.sum(noise**2)))


def test_what_goes_beyond_full_scale_is_clipped_and_nothing_else_is_bent(voiced: Float32) -> None:
    peak = np.abs(voiced).max()
    louder = Overload(gain_db=20.0).apply(voiced / peak, 16_000, RNG)
    np.testing.assert_allclose(louder, np.clip(voiced / peak * 10, -1, 1), rtol=1e-6)
    assert np.mean(np.abs(louder) == 1) > 0.01
    np.testing.assert_allclose(Overload(gain_db=-20.0).apply(voiced, 16_000, RNG), voiced / 10, rtol=1e-6)


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 8000, 6000, 96_000])
@pytest.mark.parametrize("kbit_s", [8, 32, 320])
def test_a_coded_clip_keeps_its_length_and_its_place(voiced: Float32, rate_hz: int, kbit_s: int) -> None:
    clip = voiced[:12_000]
    received = Mp3(kbit_s=kbit_s).apply(clip, rate_hz, RNG)
    assert received.shape == clip.shape
    assert received.dtype == np.float32
    correlation = scipy.signal.correlate(clip, received, "same")
    assert int(correlation.argmax()) - len(clip) // 2 == pytest.approx(0, abs=1)


def test_more_bits_are_nearer_to_the_clip(voiced: Float32) -> None:
    found = [snr_db(voiced, Mp3(kbit_s=kbit_s).apply(voiced, 16_000, RNG)) for kbit_s in (16, 32, 64)]
    assert sorted(found) == found
    assert found[-1] - found[0] > 3


@pytest.mark.parametrize("count", [1, 100])
def test_the_shortest_clip_can_be_coded(count: int) -> None:
    assert Mp3(kbit_s=32).apply(np.full(count, 0.1, np.float32), 16_000, RNG).shape == (count,)


@pytest.mark.parametrize(
    ("kind", "setting", "key"), [(Overload, {"gain_db": 61.0}, "overload.gain_db"), (Mp3, {"kbit_s": 7}, "mp3.kbit_s")]
)
def test_settings_out_of_range_are_refused(kind: type[Operation], setting: dict[str, float], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        kind(**setting)
