"""Clips of one length, whatever their own."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from ser.config import load
from ser.errors import ConfigError


@pytest.mark.parametrize("seconds", [0.4, 1.0, 1.7])
def test_a_clip_is_cut_or_filled_with_zeros(tmp_path: Path, seconds: float) -> None:
    speech = np.random.default_rng(0).normal(0, 0.1, int(seconds * 16_000)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", speech, 16_000, subtype="FLOAT")
    recipe = load(["features=fixed_length", "features.duration_s=1.0"]).features
    samples, rate_hz = recipe.load(tmp_path / "a.wav")
    reference = librosa.util.fix_length(speech, size=16_000)
    assert np.array_equal(samples, reference)
    expected = librosa.feature.mfcc(y=reference, sr=rate_hz, n_mfcc=40).mean(axis=1)
    np.testing.assert_allclose(recipe.compute(samples, rate_hz)[0], expected, rtol=1e-4, atol=1e-3)


def test_other_recipes_take_its_place() -> None:
    mel = ["~features.parts.mfcc_mean", "+features@features.parts.mel_mean=mel_mean"]
    recipe = load(["features=fixed_length", *mel, "features.parts.mel_mean.duration_s=3.0"]).features
    assert recipe.width == 128


def test_a_length_must_be_given() -> None:
    with pytest.raises(ConfigError, match="a length in seconds"):
        _ = load(["features=fixed_length", "features.duration_s=null"]).features
