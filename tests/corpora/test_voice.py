from __future__ import annotations

from dataclasses import replace

import librosa
import numpy as np
import pytest

from ser.corpora.synthetic import CALM, SENTENCES
from ser.corpora.voice import Manner, Voice, speak

ADULT = Voice(pitch_hz=120, tract=1.0, pace=1.0, breath=0.02, tilt_hz=1600, level_db=-26, noise_db=-66)
RATE = 16000


def say(voice: Voice = ADULT, rate: int = RATE, sentence: str = "s1", seed: int = 0, **manner: float) -> np.ndarray:
    how: Manner = replace(CALM, **manner)
    return speak(SENTENCES[sentence], voice, how, rate, np.random.default_rng(seed))


def pitch_hz(samples: np.ndarray) -> np.ndarray:
    """Pitch of the loud frames by YIN, float64, shape [frames]."""
    track = librosa.yin(samples.astype(np.float64), fmin=60, fmax=500, sr=RATE, frame_length=1024, hop_length=160)
    loud = librosa.feature.rms(y=samples, frame_length=1024, hop_length=160)[0]
    return track[loud[: len(track)] > 0.4 * loud.max()]


def centroid_hz(samples: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float((power * np.fft.rfftfreq(len(samples), 1 / RATE)).sum() / power.sum())


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples))))


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("sentence", list(SENTENCES))
def test_it_speaks_at_any_rate(rate: int, sentence: str) -> None:
    samples = say(rate=rate, sentence=sentence)
    assert samples.dtype == np.float32
    assert np.isfinite(samples).all()
    assert 0.05 < np.abs(samples).max() < 1
    assert 1.0 < len(samples) / rate < 3.5


def test_the_same_chance_says_the_same() -> None:
    np.testing.assert_array_equal(say(seed=3), say(seed=3))
    assert not np.array_equal(say(seed=3)[:8000], say(seed=4)[:8000])


def test_the_pitch_is_the_one_asked_for() -> None:
    # Accents lie above the speaker's pitch and the fall below it, so the median is near.
    low, high = np.median(pitch_hz(say())), np.median(pitch_hz(say(pitch_st=7.0)))
    assert low == pytest.approx(120, rel=0.15)
    assert 12 * np.log2(high / low) == pytest.approx(7, abs=1.5)


def test_a_wider_range_is_wider_and_a_question_rises() -> None:
    assert np.std(np.log2(pitch_hz(say(range_log2=1.0)))) > 1.3 * np.std(np.log2(pitch_hz(say(range_log2=-1.0))))
    assert np.median(pitch_hz(say(final_st=8.0))[-8:]) > 1.3 * np.median(pitch_hz(say(final_st=-2.0))[-8:])


def test_pace_level_and_tilt_do_what_they_say() -> None:
    assert len(say(pace_log2=1.0)) < 0.65 * len(say())
    assert level_db(say(level_db=6.0)) - level_db(say()) == pytest.approx(6, abs=0.3)
    assert centroid_hz(say(tilt_log2=1.5)) > 1.1 * centroid_hz(say(tilt_log2=-1.5))
    assert centroid_hz(say(tract_log2=0.2)) > centroid_hz(say())


def test_breath_fills_the_gaps_between_harmonics() -> None:
    def flatness(samples: np.ndarray) -> float:
        return float(np.median(librosa.feature.spectral_flatness(y=samples, n_fft=1024)))

    assert flatness(say(breath_log2=4.0)) > 2 * flatness(say(breath_log2=-4.0))


def test_a_loud_voice_is_scaled_and_never_clipped() -> None:
    shout = say(level_db=40.0)
    assert np.abs(shout).max() == pytest.approx(0.98, abs=1e-3)
    assert (np.abs(shout) > 0.97).mean() < 0.01
