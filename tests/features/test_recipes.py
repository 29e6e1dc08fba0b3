from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from ser.arrays import Float32
from ser.errors import ConfigError
from ser.features.base import Recipe
from ser.features.recipes import Functionals, LogMel, MfccMean, MfccSequence


def functionals(**changes: object) -> Functionals:
    settings = {
        "name": "functionals",
        "mode": "parity",
        "sample_rate_hz": 22_050,
        "offset_s": 0.0,
        "duration_s": None,
    }
    return Functionals(**{**settings, **changes})  # type: ignore[arg-type]


def mfcc_mean(**changes: object) -> MfccMean:
    settings = {"name": "mfcc_mean", "sample_rate_hz": None, "offset_s": 0.0, "duration_s": None, "n_mfcc": 40}
    return MfccMean(**{**settings, **changes})  # type: ignore[arg-type]


def mfcc_sequence(**changes: object) -> MfccSequence:
    settings = {
        "name": "mfcc_sequence",
        "sample_rate_hz": 16_000,
        "offset_s": 0.0,
        "duration_s": None,
        "n_mfcc": 13,
        "load_rate_hz": None,
        "pad_frames": None,
    }
    return MfccSequence(**{**settings, **changes})  # type: ignore[arg-type]


def log_mel(**changes: object) -> LogMel:
    settings = {
        "name": "log_mel",
        "sample_rate_hz": 16_000,
        "offset_s": 0.0,
        "duration_s": None,
        "n_mels": 64,
        "n_fft": 512,
        "hop": 256,
        "fmin_hz": 50.0,
        "fmax_hz": None,
        "floor": 1e-8,
    }
    return LogMel(**{**settings, **changes})  # type: ignore[arg-type]


RECIPES = [functionals(), mfcc_mean(), mfcc_sequence(), log_mel()]


def close(ours: Float32, reference: Float32) -> None:
    """Hold the figures that users compare: 1e-4 of the value, and 1e-5 of the values' spread."""
    np.testing.assert_allclose(ours, reference, rtol=1e-4, atol=1e-5 * float(np.std(reference)) + 1e-12)


def test_functionals_are_the_published_162_values(samples: Float32, rate_hz: int) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Trying to estimate tuning")
        parts = [
            librosa.feature.zero_crossing_rate(samples),
            librosa.feature.chroma_stft(S=np.abs(librosa.stft(samples)), sr=rate_hz),
            librosa.feature.mfcc(y=samples, sr=rate_hz, n_mfcc=20),
            librosa.feature.rms(y=samples),
            librosa.feature.melspectrogram(y=samples, sr=rate_hz),
        ]
    ours = functionals().compute(samples, rate_hz)
    assert ours.shape == (1, 162)
    ends = np.cumsum([len(part) for part in parts])[:-1]
    for values, part in zip(np.split(ours[0], ends), parts, strict=True):
        close(values, part.mean(axis=1))


def test_fast_functionals_are_near(samples: Float32, rate_hz: int) -> None:
    fast = functionals(mode="fast").compute(samples, rate_hz)[0]
    parity = functionals().compute(samples, rate_hz)[0]
    # Chroma apart: its tuning estimate may jump at a rounding.
    for part in (slice(1), slice(13, 33), slice(33, 34), slice(34, None)):
        np.testing.assert_allclose(fast[part], parity[part], rtol=1e-3, atol=1e-5 * np.abs(parity[part]).max())


def test_mfcc_mean_is_librosas(samples: Float32, rate_hz: int) -> None:
    expected = librosa.feature.mfcc(y=samples, sr=rate_hz, n_mfcc=40).mean(axis=1)
    close(mfcc_mean().compute(samples, rate_hz)[0], expected)


def test_mfcc_sequence_is_librosas(samples: Float32, rate_hz: int) -> None:
    ours = mfcc_sequence().compute(samples, rate_hz)
    close(ours, librosa.feature.mfcc(y=samples, sr=rate_hz, n_mfcc=13, n_fft=2048, hop_length=512).T)


def test_log_mel_is_librosas(samples: Float32) -> None:
    mel = librosa.feature.melspectrogram(y=samples, sr=16_000, n_fft=512, hop_length=256, n_mels=64, fmin=50)
    ours = log_mel().compute(samples, 16_000)
    np.testing.assert_allclose(ours, np.log(np.maximum(mel.T, 1e-8)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
@pytest.mark.parametrize("length", [1, 37, 1023, 2047, 2049])
def test_clips_of_any_length_give_finite_rows_of_the_stated_width(recipe: Recipe, length: int) -> None:
    for clip in (np.zeros(length, np.float32), np.random.default_rng(0).standard_normal(length).astype(np.float32)):
        values = recipe.compute(clip, 16_000)
        assert values.dtype == np.float32
        assert values.shape[1] == recipe.width
        assert values.shape[0] == 1 or recipe.kind == "sequence"
        assert np.isfinite(values).all()


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_value_has_a_name_of_its_own(recipe: Recipe) -> None:
    assert len(set(recipe.names())) == recipe.width


def test_functionals_are_named_in_order() -> None:
    names = functionals().names()
    assert [names[place] for place in (0, 1, 12, 13, 32, 33, 34, 161)] == [
        "zcr",
        "chroma_C",
        "chroma_B",
        "mfcc_01",
        "mfcc_20",
        "rms",
        "mel_001",
        "mel_128",
    ]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """2.5 s of noise at 44.1 kHz, one of two channels silent."""
    noise = 0.3 * np.random.default_rng(0).uniform(-1, 1, (round(2.5 * 44_100), 2))
    noise[:, 1] = 0
    soundfile.write(tmp_path / "recording.wav", noise, 44_100)
    return tmp_path / "recording.wav"


def span_at_22_khz(path: Path, offset_s: float, duration_s: float) -> Float32:
    """What `librosa.load` does, step by step."""
    channels, rate_hz = soundfile.read(path, dtype="float32")
    start = int(offset_s * rate_hz)
    mono = librosa.to_mono(channels[start : start + int(duration_s * rate_hz)].T)
    return np.asarray(librosa.resample(mono, orig_sr=rate_hz, target_sr=22_050))


def test_a_clip_is_loaded_at_the_recipes_rate_and_span(recording: Path) -> None:
    samples, rate_hz = functionals(offset_s=0.6, duration_s=1.5).load(recording)
    expected = span_at_22_khz(recording, 0.6, 1.5)
    assert rate_hz == 22_050
    np.testing.assert_allclose(samples, expected, atol=1e-5)
    assert mfcc_mean().load(recording)[1] == 44_100


def test_a_published_sequence_goes_through_its_loading_rate_and_is_padded(recording: Path) -> None:
    recipe = mfcc_sequence(load_rate_hz=22_050, offset_s=0.4, duration_s=1.5, pad_frames=100)
    loaded = librosa.resample(span_at_22_khz(recording, 0.4, 1.5), orig_sr=22_050, target_sr=16_000)
    samples, rate_hz = recipe.load(recording)
    assert rate_hz == 16_000
    np.testing.assert_allclose(samples, loaded, atol=1e-5)
    values = recipe.compute(samples, rate_hz)
    assert values.shape == (100, 13)
    assert values[46].any()
    assert not values[47:].any()


def test_loading_rate_alone_is_the_rate(recording: Path) -> None:
    assert mfcc_sequence().load(recording)[1] == 16_000
    for rate in (None, 22_050):
        assert mfcc_sequence(load_rate_hz=22_050, sample_rate_hz=rate).load(recording)[1] == 22_050


def test_a_clip_longer_than_the_padding_is_cut() -> None:
    clip = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    whole = mfcc_sequence().compute(clip, 16_000)
    np.testing.assert_array_equal(mfcc_sequence(pad_frames=10).compute(clip, 16_000), whole[:10])


@pytest.mark.parametrize(
    ("make", "changes", "where"),
    [
        (functionals, {"mode": "exact"}, "features.mode"),
        (functionals, {"sample_rate_hz": 16}, "features.sample_rate_hz"),
        (functionals, {"offset_s": -1.0}, "features.offset_s"),
        (functionals, {"duration_s": 0.0}, "features.duration_s"),
        (mfcc_mean, {"n_mfcc": 129}, "features.n_mfcc"),
        (mfcc_sequence, {"n_mfcc": 0}, "features.n_mfcc"),
        (mfcc_sequence, {"load_rate_hz": 1}, "features.load_rate_hz"),
        (mfcc_sequence, {"pad_frames": 0}, "features.pad_frames"),
        (log_mel, {"n_mels": 0}, "features.n_mels"),
        (log_mel, {"n_fft": 511}, "features.n_fft"),
        (log_mel, {"hop": 513}, "features.hop"),
        (log_mel, {"floor": 0.0}, "features.floor"),
        (log_mel, {"fmax_hz": 8001.0}, "features.fmax_hz"),
        (log_mel, {"fmin_hz": 9000.0}, "features.fmin_hz"),
        (log_mel, {"fmin_hz": -1.0, "sample_rate_hz": None}, "features.fmin_hz"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_key(
    make: Callable[..., Recipe], changes: dict[str, object], where: str
) -> None:
    with pytest.raises(ConfigError) as error:
        make(**changes)
    assert error.value.where == where
