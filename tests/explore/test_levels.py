from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ser.errors import ConfigError
from ser.explore.levels import levels

RATE = 16000


def measure(samples: np.ndarray, rate: int = RATE) -> dict[str, float]:
    recipe = levels()
    return dict(zip(recipe.names(), recipe.compute(samples.astype(np.float32), rate)[0].tolist(), strict=True))


def tone(seconds: float, amplitude: float = 1.0, rate: int = RATE) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * 200 * np.arange(round(seconds * rate)) / rate)


def test_a_full_scale_sine_is_3_db_below_full_scale() -> None:
    found = measure(tone(1))
    assert found["rms_dbfs"] == pytest.approx(-3.01, abs=0.01)
    assert (found["max_amplitude"], found["min_amplitude"]) == pytest.approx((1, -1), abs=1e-3)
    assert found["silence_share"] == 0


def test_amplitudes_keep_their_sign_and_side() -> None:
    found = measure(np.array([0.0, 0.5, -0.25, 0.1]))
    assert (found["max_amplitude"], found["min_amplitude"]) == (0.5, -0.25)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 192000])
def test_silence_is_a_share_of_time_whatever_the_rate(rate: int) -> None:
    speech = np.concatenate([np.zeros(rate), tone(3, 0.3, rate), np.zeros(rate)])
    assert measure(speech, rate)["silence_share"] == pytest.approx(2 / 5, abs=0.01)


def test_silence_does_not_depend_on_the_level_of_the_recording() -> None:
    speech = np.concatenate([tone(1, 0.8), tone(1, 0.8 * 10 ** (-41 / 20)), tone(1, 0.8 * 10 ** (-39 / 20))])
    shares = [measure(gain * speech)["silence_share"] for gain in (1, 0.01)]
    assert shares == pytest.approx([1 / 3, 1 / 3], abs=0.02)


def test_no_sound_is_all_silence_and_a_finite_level() -> None:
    assert measure(np.zeros(RATE)) == {
        "max_amplitude": 0,
        "min_amplitude": 0,
        "rms_dbfs": pytest.approx(-100),
        "silence_share": 1,
    }


def test_a_clip_shorter_than_a_frame_has_levels_too() -> None:
    assert measure(np.full(3, 0.5))["rms_dbfs"] == pytest.approx(-6.02, abs=0.01)


def test_the_threshold_lies_below_the_loudest_frame() -> None:
    with pytest.raises(ConfigError, match="silent_db"):
        replace(levels(), silent_db=0)
