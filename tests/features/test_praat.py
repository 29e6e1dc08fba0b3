"""Prosody and voice quality against Praat, on voices of known pitch, formants, noise, jitter and shimmer."""

from __future__ import annotations

import functools

import numpy as np
import parselmouth
import pytest
from parselmouth.praat import call

from features.voices import RATE_HZ, noise, pulses, steady, tone, vowel
from ser.arrays import Float32
from ser.config import load
from ser.features.base import Recipe

FLOOR_HZ, CEILING_HZ = 75, 600
PERIODS = (0, 0, 1e-4, 0.02, 1.3)
"""Of Praat's voice report: the whole clip; shortest and longest period in seconds; largest ratio of neighbours."""

VOWELS = {
    "a": [730.0, 1090.0, 2440.0, 3500.0, 4500.0],
    "i": [270.0, 2290.0, 3010.0, 3700.0, 4600.0],
    "u": [300.0, 870.0, 2240.0, 3400.0, 4400.0],
}


@functools.cache
def prosody() -> Recipe:
    return load(["features=prosody"]).features


def ours(samples: Float32) -> dict[str, float]:
    recipe = prosody()
    return dict(zip(recipe.names(), recipe.compute(samples, RATE_HZ)[0].tolist(), strict=True))


def praats(samples: Float32) -> tuple[parselmouth.Sound, parselmouth.Pitch]:
    sound = parselmouth.Sound(samples.astype(np.float64), RATE_HZ)
    return sound, sound.to_pitch_ac(time_step=0.01, pitch_floor=FLOOR_HZ, pitch_ceiling=CEILING_HZ)


@pytest.mark.parametrize("f0_hz", [90.0, 147.0, 230.0, 420.0])
@pytest.mark.parametrize("make", [tone, steady])
def test_pitch(make: object, f0_hz: float) -> None:
    assert callable(make)
    samples = make(f0_hz, 0.8) + 0.02 * noise(0.9)[: len(make(f0_hz, 0.8))]
    _, pitch = praats(samples)
    theirs = pitch.selected_array["frequency"]
    assert ours(samples)["f0_hz_p50"] == pytest.approx(float(np.median(theirs[theirs > 0])), rel=0.005)
    assert ours(samples)["voiced_share"] == pytest.approx(float(np.mean(theirs > 0)), abs=0.05)


@pytest.mark.parametrize("snr_db", [5.0, 10.0, 20.0])
def test_harmonicity(snr_db: float) -> None:
    clean, hiss = tone(200.0, 1.0), noise(1.0)
    hiss *= np.sqrt(np.mean(clean**2) / np.mean(hiss**2) / 10 ** (snr_db / 10))
    sound, _ = praats(clean + hiss)
    values = sound.to_harmonicity_ac(0.01, FLOOR_HZ, silence_threshold=0.1, periods_per_window=4.5).values
    theirs = float(values[values > -100].mean())
    assert ours(clean + hiss)["harmonicity_db_mean"] == pytest.approx(theirs, abs=1)


@pytest.mark.parametrize("share", [0.01, 0.03])
def test_jitter(share: float) -> None:
    samples = pulses(0.008 * (1 + share * np.random.default_rng(0).uniform(-1, 1, 120)))
    found = ours(samples)
    marks = call(list(praats(samples)), "To PointProcess (cc)")
    for name, measure in {"local": "local", "rap": "rap", "ppq5": "ppq5"}.items():
        assert found[f"jitter_{name}"] == pytest.approx(call(marks, f"Get jitter ({measure})", *PERIODS), rel=0.05)
    absolute_us = 1e6 * call(marks, "Get jitter (local, absolute)", *PERIODS)
    assert found["jitter_absolute_us"] == pytest.approx(absolute_us, rel=0.05)


@pytest.mark.parametrize("share", [0.05, 0.15])
def test_shimmer(share: float) -> None:
    samples = pulses(np.full(120, 0.008), 1 + share * np.random.default_rng(1).uniform(-1, 1, 120))
    found = ours(samples)
    sound, pitch = praats(samples)
    marks = call([sound, pitch], "To PointProcess (cc)")
    measures = {"local": "local", "db": "local_dB", "apq3": "apq3", "apq5": "apq5", "apq11": "apq11"}
    for name, measure in measures.items():
        theirs = call([sound, marks], f"Get shimmer ({measure})", *PERIODS, 1.6)
        assert found[f"shimmer_{name}"] == pytest.approx(theirs, rel=0.05)


@pytest.mark.parametrize("name", VOWELS)
@pytest.mark.parametrize("f0_hz", [95.0, 130.0])
def test_formants(name: str, f0_hz: float) -> None:
    samples = vowel(f0_hz, VOWELS[name], 80.0, 0.6)
    found = ours(samples)
    sound, _ = praats(samples)
    track = sound.to_formant_burg(
        time_step=0.01, max_number_of_formants=5, maximum_formant=5500, window_length=0.025, pre_emphasis_from=50
    )
    for number in (1, 2, 3):
        theirs = call(track, "Get quantile", number, 0, 0, "Hertz", 0.5)
        # Praat's method (Burg's) and ours (autocorrelation) are both drawn towards harmonics, not quite alike.
        assert found[f"f{number}_hz_p50"] == pytest.approx(theirs, rel=0.02, abs=12)
