from __future__ import annotations

import io

import matplotlib.image
import numpy as np
import pytest

from ser.features.spectral import hz_to_mel
from ser.serving.web.heard import BANDS, COLUMNS, HIGHEST_HZ, LOWEST_HZ, Heard, Spectrogram

RATE = 16_000


def _tone(hz: float, seconds: float, rate: int = RATE) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
@pytest.mark.parametrize("hz", [200.0, 1000.0, 3000.0])
def test_a_tone_lies_in_the_band_of_its_frequency(hz: float, rate: int) -> None:
    seen = Spectrogram()
    seen.add(_tone(hz, 1.0, rate), rate)
    low, tone, high = hz_to_mel(np.array([LOWEST_HZ, hz, min(HIGHEST_HZ, rate / 2)]))
    expected = (tone - low) / (high - low) * (BANDS + 1) - 1
    assert np.abs(seen.power.argmax(axis=1) - expected).max() <= 1


def test_a_silent_half_is_dark_and_the_loud_one_is_not() -> None:
    seen = Spectrogram()
    seen.add(np.concatenate([np.zeros(RATE, np.float32), _tone(1000, 1.0)]), RATE)
    drawn = seen.png()
    assert drawn is not None
    pixels = matplotlib.image.imread(io.BytesIO(drawn))[..., :3].sum(axis=2)
    middle = pixels.shape[1] // 2
    assert pixels[:, : middle - 5].max() < 0.1
    assert pixels[:, middle + 5 :].max() > 1.5
    # 1 kHz of 8 is in the lower half, and low frequencies are at the bottom.
    assert pixels[:, -5].argmax() > BANDS / 2


def test_blocks_of_any_length_give_the_same_picture() -> None:
    sound = np.concatenate([_tone(hz, 0.7) for hz in (300, 700, 2000)])
    whole, parts = Spectrogram(), Spectrogram()
    whole.add(sound, RATE)
    for start in range(0, len(sound), 777):
        parts.add(sound[start : start + 777], RATE)
    np.testing.assert_allclose(parts.power, whole.power, rtol=1e-4, atol=1e-6)
    assert parts.covered_s == whole.covered_s == pytest.approx(2.1, abs=0.05)


def test_a_long_recording_takes_no_more_columns_and_keeps_its_times() -> None:
    seen = Spectrogram()
    # Five minutes: a change of tone every minute.
    for tone in [_tone(hz, 1.0) for hz in (3000, 300, 3000, 300, 3000)]:
        for _ in range(60):
            seen.add(tone, RATE)
    assert COLUMNS / 2 <= len(seen.power) <= COLUMNS
    assert seen.covered_s == pytest.approx(300, abs=2 * 300 / COLUMNS)
    seconds = (np.arange(len(seen.power)) + 0.5) * seen.covered_s / len(seen.power)
    high = seen.power.argmax(axis=1) > BANDS / 2
    far_from_a_change = np.abs((seconds + 30) % 60 - 30) > 3
    np.testing.assert_array_equal(high[far_from_a_change], (seconds // 60 % 2 == 0)[far_from_a_change])


def test_less_than_a_frame_of_sound_has_no_picture() -> None:
    seen = Spectrogram()
    seen.add(_tone(440, 0.01), RATE)
    assert seen.png() is None


def test_level_and_peak_are_those_of_the_whole_whatever_its_offset() -> None:
    heard = Heard()
    sound = _tone(440, 1.0)
    for part in np.array_split(sound + np.float32(0.25), 7):
        heard.add(part, RATE)
    assert heard.level_db == pytest.approx(10 * np.log10(np.var(sound)), abs=0.01)
    assert heard.peak_db == pytest.approx(20 * np.log10(0.75), abs=0.01)


def test_silence_has_a_level_too() -> None:
    heard = Heard()
    heard.add(np.zeros(100, np.float32), RATE)
    assert (heard.level_db, heard.peak_db) == (-200.0, -200.0)
