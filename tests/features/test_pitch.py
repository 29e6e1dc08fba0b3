from __future__ import annotations

import librosa
import numpy as np
import pytest
import soxr

from features.voices import RATE_HZ, noise, pulses, steady, tone
from ser.arrays import Float32
from ser.features.pitch import Pitch, track

HOP = 160


def inner(pitch: Pitch) -> Pitch:
    """The frames that lie wholly within the signal."""
    return Pitch(f0_hz=pitch.f0_hz[5:-6], harmonicity_db=pitch.harmonicity_db[5:-6])


@pytest.mark.parametrize("f0_hz", [80.0, 113.7, 220.0, 391.3, 580.0])
@pytest.mark.parametrize("make", [tone, steady])
def test_the_pitch_of_a_steady_sound_is_found(make: object, f0_hz: float) -> None:
    assert callable(make)
    found = inner(track(make(f0_hz, 0.6), RATE_HZ, HOP))
    assert (found.f0_hz > 0).all()
    np.testing.assert_allclose(found.f0_hz, f0_hz, rtol=2e-3)


def glide() -> Float32:
    """A voice that rises from 120 to 240 Hz and falls again within two seconds."""
    periods = []
    time = 0.0
    while time < 2:
        periods.append(1 / (120 * 2 ** np.sin(np.pi * time / 2)))
        time += periods[-1]
    return pulses(np.array(periods))


def test_a_glide_is_followed_as_by_pyin() -> None:
    signal = glide() + 0.01 * noise(4.0)[: len(glide())]
    ours = track(signal, RATE_HZ, HOP)
    theirs, _, _ = librosa.pyin(
        signal, fmin=75, fmax=600, sr=RATE_HZ, frame_length=1024, hop_length=HOP, center=True, fill_na=0.0
    )
    both = (ours.f0_hz > 0) & (theirs[: len(ours.f0_hz)] > 0)
    assert both.mean() > 0.9
    # pyin answers in tenths of a semitone, and from a frame of another length.
    semitones = 12 * np.log2(ours.f0_hz[both] / theirs[: len(both)][both])
    assert np.quantile(np.abs(semitones), 0.99) < 0.35
    assert abs(semitones.mean()) < 0.1


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 20.0, 30.0])
def test_harmonicity_is_the_ratio_of_tone_to_noise(snr_db: float) -> None:
    clean = tone(200.0, 2.0)
    hiss = noise(2.0)
    hiss *= np.sqrt(np.mean(clean**2) / np.mean(hiss**2) / 10 ** (snr_db / 10))
    found = inner(track(clean + hiss, RATE_HZ, HOP))
    assert np.mean(found.f0_hz > 0) > (0.95 if snr_db > 5 else 0.4)
    assert np.median(found.harmonicity_db[found.f0_hz > 0]) == pytest.approx(snr_db, abs=1.5)


def test_noise_and_silence_have_no_pitch() -> None:
    assert np.mean(track(noise(1.0), RATE_HZ, HOP).f0_hz > 0) < 0.05
    silent = track(np.zeros(RATE_HZ, np.float32), RATE_HZ, HOP)
    assert not silent.f0_hz.any()
    assert not silent.harmonicity_db.any()


def test_a_pause_is_unvoiced_and_faint_hum_is_silence() -> None:
    signal = np.concatenate([tone(150.0, 0.5), 0.005 * tone(100.0, 0.5), tone(150.0, 0.5)])
    voiced = track(signal, RATE_HZ, HOP).voiced
    assert voiced[5:45].all()
    assert not voiced[55:95].any()
    assert voiced[105:145].all()


def test_the_rate_and_the_level_do_not_matter() -> None:
    signal = glide()
    reference = track(signal, RATE_HZ, HOP).f0_hz
    faint = track(signal * np.float32(1e-3), RATE_HZ, HOP).f0_hz
    fast = track(np.asarray(soxr.resample(signal, RATE_HZ, 44_100)), 44_100, 441).f0_hz
    np.testing.assert_allclose(faint, reference, rtol=1e-4)
    count = min(len(fast), len(reference)) - 6
    np.testing.assert_allclose(fast[6:count], reference[6:count], rtol=3e-3)


@pytest.mark.parametrize("length", [1, 17, 400])
def test_a_clip_shorter_than_a_frame_is_unvoiced_or_finite(length: int) -> None:
    found = track(noise(0.1)[:length], RATE_HZ, HOP)
    assert len(found.f0_hz) == 1 + length // HOP
    assert np.isfinite(found.f0_hz).all()
    assert np.isfinite(found.harmonicity_db).all()
