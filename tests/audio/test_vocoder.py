from __future__ import annotations

import librosa
import numpy as np
import pytest

from ser.arrays import Float32
from ser.audio.vocoder import frame_length, pitch_shift, stretch_and_shift, time_stretch


def distance(ours: Float32, reference: Float32) -> float:
    """Relative distance of two signals."""
    return float(np.linalg.norm(ours - reference) / np.linalg.norm(reference))


# librosa's own results in single and in double precision differ by up to 2e-3: it adds up phases in radians.
@pytest.mark.parametrize("rate", [0.8, 1.0, 1.37])
def test_stretch_is_librosas(voiced: Float32, rate: float) -> None:
    ours = time_stretch(voiced, rate=rate)
    assert ours.dtype == np.float32
    assert len(ours) == round(len(voiced) / rate)
    assert distance(ours, librosa.effects.time_stretch(voiced.astype(np.float64), rate=rate)) < 2e-3


@pytest.mark.parametrize("semitones", [0.7, -3.0])
def test_pitch_shift_is_librosas(voiced: Float32, semitones: float) -> None:
    ours = pitch_shift(voiced, sample_rate_hz=16_000, semitones=semitones)
    assert ours.shape == voiced.shape
    reference = librosa.effects.pitch_shift(voiced.astype(np.float64), sr=16_000, n_steps=semitones)
    assert distance(ours, reference) < 2e-3


def test_stretch_keeps_pitch_and_pitch_shift_moves_it() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000).astype(np.float32)

    def peak_hz(signal: Float32) -> float:
        return float(np.argmax(np.abs(np.fft.rfft(signal))) * 16_000 / len(signal))

    assert peak_hz(time_stretch(tone, rate=0.8)) == pytest.approx(440, abs=2)
    assert peak_hz(pitch_shift(tone, sample_rate_hz=16_000, semitones=12)) == pytest.approx(880, abs=3)


def test_silence_stays_silent_and_its_end_does_not_disturb_what_follows(voiced: Float32) -> None:
    assert not time_stretch(np.zeros(5000, np.float32), rate=0.8).any()
    after_silence = np.concatenate([np.zeros(8192, np.float32), voiced])
    reference = librosa.effects.time_stretch(after_silence.astype(np.float64), rate=0.8)
    assert distance(time_stretch(after_silence, rate=0.8), reference) < 2e-3


@pytest.mark.parametrize("samples", [1, 100, 2047])
def test_clips_shorter_than_a_frame_are_changed_too(samples: int) -> None:
    clip = np.random.default_rng(0).standard_normal(samples).astype(np.float32)
    assert len(time_stretch(clip, rate=0.5)) == 2 * samples
    assert np.isfinite(pitch_shift(clip, sample_rate_hz=16_000, semitones=1)).all()


@pytest.mark.parametrize("semitones", [0.7, -4.0, 12.0])
def test_both_at_once_keep_the_time_and_move_the_pitch(semitones: float) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000).astype(np.float32)
    changed = stretch_and_shift(tone, rate=0.8, semitones=semitones)
    assert changed.dtype == np.float32
    assert changed.shape == (20_000,)
    peak_hz = np.argmax(np.abs(np.fft.rfft(changed * np.hanning(20_000), 2**18))) * 16_000 / 2**18
    assert 1200 * np.log2(peak_hz / 440) == pytest.approx(100 * semitones, abs=12)


def test_both_at_once_keep_more_of_the_energy_than_one_after_the_other(voiced: Float32) -> None:
    together = stretch_and_shift(voiced, rate=0.8, semitones=0.7)
    in_turn = pitch_shift(time_stretch(voiced, rate=0.8), sample_rate_hz=16_000, semitones=0.7)
    assert in_turn.std() < together.std() < voiced.std()


def test_both_at_once_without_an_interval_is_the_stretch(voiced: Float32) -> None:
    reference = librosa.effects.time_stretch(voiced.astype(np.float64), rate=0.8)
    assert distance(stretch_and_shift(voiced, rate=0.8, semitones=0.0), reference) < 2e-3


def test_an_event_stays_at_its_place() -> None:
    click = np.zeros(32_000, np.float32)
    click[24_000:24_400] = np.random.default_rng(0).standard_normal(400)
    energy = np.cumsum(stretch_and_shift(click, rate=0.8, semitones=3.0) ** 2)
    assert np.searchsorted(energy, energy[-1] / 2) == pytest.approx(24_200 / 0.8, abs=512)


@pytest.mark.parametrize("semitones", np.linspace(-24, 24, 33))
def test_frame_length_is_near_the_interval_and_can_be_cut_in_quarters(semitones: float) -> None:
    length = frame_length(semitones)
    assert length % 4 == 0
    assert abs(1200 * np.log2(2048 / length) - 100 * semitones) <= 10
