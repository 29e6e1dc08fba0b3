"""openSMILE's sets as users get them, against openSMILE on files."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import numpy as np
import opensmile
import pytest
import soundfile

from features.voices import RATE_HZ, noise, steady, tone, vowel
from ser.arrays import Float32
from ser.config import load
from ser.errors import ConfigError
from ser.features.base import Recipe

SETS = {"egemaps": opensmile.FeatureSet.eGeMAPSv02, "compare": opensmile.FeatureSet.ComParE_2016}
WIDTHS = {"egemaps": 88, "compare": 6373}


@functools.cache
def recipe(name: str, *overrides: str) -> Recipe:
    return load([f"features={name}", *overrides]).features


@pytest.mark.parametrize("name", SETS)
def test_the_functionals_are_those_of_the_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    soundfile.write(path, vowel(130.0, [500.0, 1500.0, 2500.0, 3500.0], 80.0, 0.6), RATE_HZ, subtype="PCM_16")
    expected = opensmile.Smile(SETS[name], opensmile.FeatureLevel.Functionals).process_file(path)
    made = recipe(name)
    ours = made.compute(*made.load(path))
    assert made.names() == list(expected.columns)
    assert ours.shape == (1, WIDTHS[name])
    assert np.array_equal(ours, expected.to_numpy(np.float32))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    "clip",
    [
        np.zeros(RATE_HZ, np.float32),
        np.full(RATE_HZ, 0.25, np.float32),
        np.ones(1, np.float32),
        noise(0.05),
        noise(0.4),
        np.sign(tone(150.0, 0.3)),
    ],
    ids=["silence", "offset", "sample", "short", "hiss", "clipped"],
)
def test_every_value_is_finite_whatever_the_clip(name: str, clip: Float32) -> None:
    values = recipe(name).compute(clip, RATE_HZ)
    assert values.dtype == np.float32
    assert values.shape == (1, WIDTHS[name])
    assert np.isfinite(values).all()


def test_the_licence_is_shown_once_in_a_combination_too() -> None:
    notices = recipe("egemaps").notices(["emodb"])
    assert len(notices) == 1
    assert "commercial products need another licence" in notices[0]
    joined = recipe("strong", "+features@features.parts.a=egemaps", "+features@features.parts.b=egemaps")
    assert joined.notices(["emodb"]) == notices
    assert recipe("strong").notices(["emodb"]) == []


def test_the_version_of_the_library_is_part_of_the_identity() -> None:
    assert recipe("compare").identity()["opensmile"] == opensmile.__version__


def test_another_set_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'eGeMAPSv02'"):
        recipe("egemaps", "features.feature_set=eGeMAPSv01")


def test_without_the_library_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opensmile", None)
    with pytest.raises(ConfigError, match=r"Run pip install 'ser\[opensmile\]'"):
        recipe("egemaps").identity()


@pytest.mark.parametrize("f0_hz", [110.0, 220.0])
def test_the_built_in_sets_agree_on_pitch_and_loudness(f0_hz: float) -> None:
    def both(samples: Float32) -> tuple[dict[str, float], dict[str, float]]:
        theirs, prosody, rich = (recipe(name) for name in ("egemaps", "prosody", "rich"))
        row = {
            name: value
            for part in (prosody, rich)
            for name, value in zip(part.names(), part.compute(samples, RATE_HZ)[0].tolist(), strict=True)
        }
        return dict(zip(theirs.names(), theirs.compute(samples, RATE_HZ)[0].tolist(), strict=True)), row

    loud, ours = both(steady(f0_hz, 0.8))
    soft, ours_soft = both(0.1 * steady(f0_hz, 0.8))
    assert ours["f0_semitones_p50"] == pytest.approx(loud["F0semitoneFrom27.5Hz_sma3nz_percentile50.0"], abs=0.1)
    # Loudness is a power law of its own scale in both: what 20 dB do to it is alike.
    ratio = loud["loudness_sma3_amean"] / soft["loudness_sma3_amean"]
    assert ours["loudness_mean"] / ours_soft["loudness_mean"] == pytest.approx(ratio, rel=0.25)
