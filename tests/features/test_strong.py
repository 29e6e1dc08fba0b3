"""The strong sets as users get them: what they say of sounds of which it is known."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soxr

from features.voices import RATE_HZ, noise, steady, tone, vowel
from ser.arrays import Float32
from ser.config import load
from ser.errors import ConfigError
from ser.features.base import Recipe
from ser.features.clip import Clip, trimmed
from ser.features.combined import Combined
from ser.features.modulation import modulation_bank
from ser.features.source import feature_source

SETS = ("prosody", "rich", "modulation", "convolutions")


def recipe(name: str, *overrides: str) -> Recipe:
    return load([f"features={name}", *overrides]).features


def described(name: str, samples: Float32, rate_hz: int = RATE_HZ) -> dict[str, float]:
    made = recipe(name)
    return dict(zip(made.names(), made.compute(samples, rate_hz)[0].tolist(), strict=True))


CLIPS = {
    "silence": np.zeros(RATE_HZ, np.float32),
    "offset": np.full(RATE_HZ, 0.25, np.float32),
    "hiss": noise(1.0),
    "sample": np.ones(1, np.float32),
    "click": np.eye(1, 500, 250, dtype=np.float32)[0],
    "short": tone(200.0, 0.03),
    "voice": vowel(120.0, [500.0, 1500.0, 2500.0, 3500.0], 80.0, 0.7),
    "long": np.concatenate([tone(200.0, 6.0), noise(6.0)]),
    "clipped": np.sign(tone(150.0, 0.5)),
}


@pytest.mark.parametrize("name", [*SETS, "strong"])
@pytest.mark.parametrize("clip", CLIPS)
def test_every_value_is_finite_whatever_the_clip(name: str, clip: str) -> None:
    made = recipe(name)
    row = made.compute(CLIPS[clip], RATE_HZ)
    assert row.dtype == np.float32
    assert row.shape == (1, made.width)
    assert np.isfinite(row).all()
    assert np.array_equal(row, made.compute(CLIPS[clip].copy(), RATE_HZ))


@pytest.mark.parametrize("rate_hz", [8000, 22_050, 48_000])
def test_any_rate_gives_finite_values(rate_hz: int) -> None:
    made = recipe("strong")
    assert np.isfinite(made.compute(np.asarray(soxr.resample(CLIPS["voice"], RATE_HZ, rate_hz)), rate_hz)).all()


@pytest.mark.parametrize("name", [*SETS, "strong"])
def test_names_are_distinct_and_blocks_add_up(name: str) -> None:
    made = recipe(name)
    assert len(set(made.names())) == made.width
    assert sum(width for _, width in made.blocks()) == made.width


def test_widths_are_those_documented() -> None:
    assert recipe("strong").blocks() == [
        ("prosody", 144),
        ("rich.mfcc", 560),
        ("rich.descriptors", 602),
        ("modulation", 280),
        ("convolutions", 3000),
    ]


def test_the_combination_is_its_parts_side_by_side() -> None:
    row = recipe("strong").compute(CLIPS["voice"], RATE_HZ)[0]
    parts = [recipe(name).compute(CLIPS["voice"], RATE_HZ)[0] for name in SETS]
    assert np.array_equal(row, np.concatenate(parts))


def test_parts_are_left_out_and_added_on_the_command_line() -> None:
    fewer = recipe("strong", "~features.parts.rich", "~features.parts.convolutions")
    assert [name for name, _ in fewer.blocks()] == ["prosody", "modulation"]
    more = recipe("strong", "+features@features.parts.means=mfcc_mean", "features.parts.means.sample_rate_hz=16000")
    assert more.blocks()[-1] == ("means", 40)
    assert more.names()[-1] == "means.mfcc_40"
    assert more.compute(CLIPS["voice"], RATE_HZ).shape == (1, more.width)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["features.sample_rate_hz=8000"], "decoded once"),
        (["features.parts.rich.offset_s=1.0"], "parts.rich.offset_s"),
        (["+features@features.parts.mel=log_mel"], "one row a clip"),
        ([f"~features.parts.{name}" for name in SETS], "at least one recipe"),
        (["+features.parts.rich.n_mels=3"], "n_mfcc"),
        (["+features.parts.own=3"], "features.parts.own"),
        (["features.parts.rich.n_mfcc=41"], "1 to 40"),
        (["features.parts.modulation.n_mels=1"], "2 to 64"),
        (["features.parts.modulation.n_rates=1"], "2 to 20"),
        (["features.parts.convolutions.kernels=5"], "6 or more"),
        (["features.parts.convolutions.seed=-1"], "0 or more"),
    ],
)
def test_settings_that_do_not_fit_are_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        recipe("strong", *overrides)


def test_the_store_tells_combinations_apart(tmp_path: Path) -> None:
    whole = recipe("strong")
    assert isinstance(whole, Combined)
    turned = dataclasses.replace(whole, parts=dict(reversed(whole.parts.items())))
    renamed = dataclasses.replace(whole, name="mine")
    folders = [feature_source(tmp_path, made, None).clean_space.folder for made in (whole, turned, renamed)]
    assert folders[0] != folders[1]
    assert folders[0] == folders[2]
    assert {"ser.features.rich", "ser.features.combined"} < set(whole.modules())


def test_prosody_tells_pitch_level_and_voice() -> None:
    low, high = described("prosody", steady(110.0, 1.0)), described("prosody", steady(220.0, 1.0))
    assert low["f0_hz_mean"] == pytest.approx(110, rel=0.01)
    assert high["f0_semitones_p50"] - low["f0_semitones_p50"] == pytest.approx(12, abs=0.1)
    assert low["voiced_share"] > 0.9
    assert low["jitter_local"] < 0.01
    louder = described("prosody", 0.1 * steady(110.0, 1.0))
    assert low["level_db_p50"] - louder["level_db_p50"] == pytest.approx(20, abs=0.1)


def test_prosody_tells_rising_from_falling() -> None:
    time = np.arange(RATE_HZ) / RATE_HZ
    phase = 2 * np.pi * 100 * np.cumsum(2**time) / RATE_HZ
    rising = sum(np.sin(k * phase) / k for k in range(1, 5)).astype(np.float32) * np.float32(0.2)
    up, down = described("prosody", rising), described("prosody", rising[::-1].copy())
    assert up["f0_semitones_slope"] == pytest.approx(12, rel=0.05)
    assert down["f0_semitones_slope"] == pytest.approx(-12, rel=0.05)
    assert up["f0_rise_semitones_per_s"] == pytest.approx(12, rel=0.1)
    assert up["f0_peak_place"] > 0.9 > 0.1 > down["f0_peak_place"]


def test_rhythm_counts_voiced_runs() -> None:
    syllable = np.concatenate([tone(150.0, 0.2), 0.002 * noise(0.1)])
    found = described("prosody", np.tile(syllable, 6))
    assert found["voiced_runs_per_s"] == pytest.approx(1 / 0.3, rel=0.1)
    assert found["voiced_run_mean_s"] == pytest.approx(0.2, abs=0.03)
    assert found["unvoiced_run_mean_s"] == pytest.approx(0.1, abs=0.03)
    assert found["pause_share"] == pytest.approx(0.25, abs=0.07)


def test_silence_at_the_ends_changes_nothing() -> None:
    voice = CLIPS["voice"]
    padded = np.concatenate([np.zeros(3200, np.float32), voice, np.zeros(4800, np.float32)])
    assert len(trimmed(padded, 160)) <= len(voice) + 160
    bare, framed = described("prosody", voice), described("prosody", padded)
    assert framed["duration_s"] == pytest.approx(bare["duration_s"], abs=0.03)
    assert framed["f0_hz_mean"] == pytest.approx(bare["f0_hz_mean"], rel=0.01)


def test_an_unvoiced_clip_is_a_neutral_voice() -> None:
    found = described("prosody", noise(1.0, seed=4) * np.linspace(0.5, 1, RATE_HZ, dtype=np.float32))
    assert found["voiced_share"] < 0.1
    neutral = Clip(noise(0.02), RATE_HZ)
    assert neutral.voiced_pitch.f0_hz.tolist() == [150.0]
    assert neutral.voiced_formants.frequency_hz.tolist() == [[500.0, 1500.0, 2500.0, 3500.0]]


def test_spectral_descriptors_follow_the_spectrum() -> None:
    hiss = noise(1.0)
    dark = np.convolve(hiss, np.full(8, 1 / 8), mode="same").astype(np.float32)
    white, red = described("rich", hiss), described("rich", dark)
    assert white["centroid_hz_mean"] == pytest.approx(4000, rel=0.03)
    assert white["rolloff_hz_mean"] == pytest.approx(0.85 * 8000, rel=0.03)
    assert white["alpha_ratio_db_mean"] == pytest.approx(10 * np.log10(950 / 4000), abs=0.3)
    assert white["slope_500_1500_db_per_khz_mean"] == pytest.approx(0, abs=0.5)
    assert red["alpha_ratio_db_mean"] > white["alpha_ratio_db_mean"] + 3
    assert red["hammarberg_db_mean"] > white["hammarberg_db_mean"] + 3
    assert red["loudness_mean"] < white["loudness_mean"]
    assert red["entropy_bits_mean"] < white["entropy_bits_mean"]


def test_harmonics_are_set_against_the_first() -> None:
    found = described("rich", tone(250.0, 1.0))
    # Four harmonics, each 1/k high.
    assert found["voiced_h1_h2_db_p50"] == pytest.approx(20 * np.log10(2), abs=1)
    assert found["voiced_f0_semitones_p50"] == pytest.approx(12 * np.log2(250 / 27.5), abs=0.05)


@pytest.mark.parametrize("rate_hz", [2.5, 6.0, 15.0])
def test_the_modulation_peaks_at_the_rate_of_the_modulation(rate_hz: float) -> None:
    time = np.arange(3 * RATE_HZ) / RATE_HZ
    samples = noise(3.0) * (1 + 0.8 * np.sin(2 * np.pi * rate_hz * time)).astype(np.float32)
    found = recipe("modulation").compute(samples, RATE_HZ)[0]
    edges = np.geomspace(0.5, 50, 11)
    spectrum = found[:160].reshape(16, 10).mean(axis=0)
    assert np.argmax(spectrum) == np.searchsorted(edges, rate_hz) - 1
    # All bands move together.
    assert found[160:].mean() > 0.4


def test_independent_bands_do_not_move_together() -> None:
    assert abs(recipe("modulation").compute(noise(3.0), RATE_HZ)[0, 160:].mean()) < 0.1


def test_modulation_bands_average() -> None:
    np.testing.assert_allclose(modulation_bank(513, 10).sum(axis=0), 1)


def test_the_seed_decides_the_kernels() -> None:
    voice = CLIPS["voice"]
    one, other = (recipe("convolutions", f"features.seed={seed}").compute(voice, RATE_HZ) for seed in (0, 1))
    assert not np.allclose(one, other)
    assert ((one[0, :1000] >= 0) & (one[0, :1000] <= 1)).all()


def test_convolutions_do_not_depend_on_the_gain() -> None:
    voice = CLIPS["voice"] + 0.01 * noise(0.7)[: len(CLIPS["voice"])]
    loud, soft = (recipe("convolutions").compute(gain * voice, RATE_HZ) for gain in (np.float32(1), np.float32(0.25)))
    # A kernel that is hardly ever positive may lose or gain a frame.
    assert np.quantile(np.abs(soft - loud), 0.95) < 0.01


def test_another_set_joins_as_the_configuration_says() -> None:
    add = "+features@features.parts.more=mfcc_mean"
    with pytest.raises(ConfigError, match=r"features.parts.more.sample_rate_hz=16000"):
        recipe("strong", add)
    assert recipe("strong", add, "features.parts.more.sample_rate_hz=16000").width == recipe("strong").width + 40
