from __future__ import annotations

import os
import struct
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ser.audio.decode import inspect, load, resample
from ser.errors import DataError


def tone(rate: int, seconds: float, channels: int = 1, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(round(rate * seconds)) / rate
    clean = 0.3 * np.sin(2 * np.pi * 220 * t)
    return np.stack([clean + 0.05 * rng.standard_normal(len(t)) for _ in range(channels)], axis=1)


def librosa_load(path: Path, **options: Any) -> tuple[np.ndarray, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa's fallback reader imports modules that Python deprecates
        import librosa

        return librosa.load(path, res_type="soxr_hq", **options)


@pytest.mark.parametrize("rate", [8000, 16000, 24414, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(("to", "offset_s", "duration_s"), [(None, 0.0, None), (22050, 0.6, 0.45), (16000, 0.123, 9.0)])
def test_load_is_librosa_load(
    tmp_path: Path, rate: int, channels: int, to: int | None, offset_s: float, duration_s: float | None
) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, tone(rate, 1.3, channels), rate, subtype="PCM_16")
    samples, got = load(path, sample_rate_hz=to, offset_s=offset_s, duration_s=duration_s)
    theirs, their_rate = librosa_load(path, sr=to, offset=offset_s, duration=duration_s)
    assert got == their_rate
    assert samples.dtype == np.float32
    assert samples.shape == theirs.shape
    np.testing.assert_allclose(samples, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("container", "subtype"),
    [
        ("WAV", "PCM_24"),
        ("WAV", "PCM_U8"),
        ("WAV", "FLOAT"),
        ("WAV", "DOUBLE"),
        ("WAV", "ULAW"),
        ("WAVEX", "PCM_16"),
        ("AIFF", "PCM_16"),
        ("AIFF", "PCM_24"),
        ("FLAC", "PCM_16"),
        ("FLAC", "PCM_24"),
        ("OGG", "VORBIS"),
        ("MP3", "MPEG_LAYER_III"),
    ],
)
def test_the_content_counts_and_not_the_suffix(tmp_path: Path, container: str, subtype: str) -> None:
    path = tmp_path / "named.wav"
    soundfile.write(path, tone(16000, 0.5, 2), 16000, format=container, subtype=subtype)
    facts = inspect(path)
    assert (facts.container, facts.channels, facts.sample_rate_hz) == (container, 2, 16000)
    samples, _ = load(path, sample_rate_hz=None, offset_s=0.0, duration_s=None)
    assert len(samples) == facts.frames
    assert facts.rms == pytest.approx(0.3 / np.sqrt(2), rel=0.1)
    np.testing.assert_allclose(samples[:8000], tone(16000, 0.5, 2).mean(axis=1), atol=0.25)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 24414, 44100, 96000, 192000])
def test_every_rate_is_read(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, tone(rate, 0.1), rate)
    assert inspect(path).sample_rate_hz == rate
    assert load(path, sample_rate_hz=16000, offset_s=0.0, duration_s=None)[0].shape == (1600,)


def chunked(path: Path, before: tuple[bytes, ...], after: tuple[bytes, ...]) -> None:
    """Write a WAV file with further chunks of seven bytes (and one of padding) before and after the sound."""
    soundfile.write(path, tone(16000, 0.1), 16000, subtype="PCM_16")
    plain = path.read_bytes()
    extra = {name: name + struct.pack("<I", 7) + b"nothing\0" for name in before + after}
    head, sound = plain[12:36], plain[36:]
    body = b"WAVE" + head + b"".join(map(extra.get, before)) + sound + b"".join(map(extra.get, after))
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def test_further_chunks_change_nothing_and_are_named(tmp_path: Path) -> None:
    plain, odd = tmp_path / "plain.wav", tmp_path / "odd.wav"
    chunked(plain, (), ())
    chunked(odd, (b"PAD ", b"JUNK"), (b"LIST", b"bext", b"_PMX"))
    assert inspect(plain).chunks == ""
    assert inspect(odd) == replace(inspect(plain), chunks="PAD JUNK LIST bext _PMX")
    assert load(odd, sample_rate_hz=16000, offset_s=0.0, duration_s=None)[0].shape == (1600,)


def test_a_file_of_nothing_but_chunks_is_left_soon(tmp_path: Path) -> None:
    path = tmp_path / "chunks.wav"
    chunked(path, (), ())
    path.write_bytes(path.read_bytes() + 1000 * (b"JUNK" + struct.pack("<I", 0)))
    assert len(inspect(path).chunks.split()) == 64


@pytest.mark.parametrize("length", [0x7FFFFFFF, 0xFFFFFFFF])
def test_a_length_that_was_not_known_when_written_is_no_fault(tmp_path: Path, length: int) -> None:
    path = tmp_path / "piped.wav"
    chunked(path, (), ())
    data = bytearray(path.read_bytes())
    data[40:44] = struct.pack("<I", length)
    path.write_bytes(data)
    assert inspect(path).frames == 1600


def test_the_hash_of_the_samples_does_not_depend_on_the_form_of_the_file(tmp_path: Path) -> None:
    samples = np.round(tone(16000, 0.2, 2) * 2**15) / 2**15
    samples[:3] = [[0.0, -0.0], [-1.0, 1.0 - 2**-15], [0.0, 0.0]]
    hashes = set()
    for container, subtype in (
        ("WAV", "PCM_16"),
        ("WAV", "PCM_24"),
        ("WAV", "FLOAT"),
        ("AIFF", "PCM_16"),
        ("FLAC", "PCM_16"),
    ):
        path = tmp_path / f"{container}-{subtype}.wav"
        soundfile.write(path, samples, 16000, format=container, subtype=subtype)
        hashes.add(inspect(path).pcm_sha256)
    assert len(hashes) == 1
    for name, other, rate in (
        ("rate", samples, 8000),
        ("one channel", samples.reshape(-1, 1), 16000),
        ("shorter", samples[:-1], 16000),
        ("one bit", samples + 2**-15 * (np.arange(len(samples)) == 9)[:, None], 16000),
    ):
        soundfile.write(tmp_path / f"{name}.wav", other, rate, subtype="PCM_16")
        hashes.add(inspect(tmp_path / f"{name}.wav").pcm_sha256)
    assert len(hashes) == 5


def test_inspect_measures(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    square = np.tile([0.5, -0.5], 1000)
    soundfile.write(path, np.stack([square, 0 * square], axis=1), 8000, subtype="FLOAT")
    facts = inspect(path)
    assert (facts.sample_rate_hz, facts.channels, facts.frames, facts.duration_s) == (8000, 2, 2000, 0.25)
    assert facts.peak == 0.5
    assert facts.rms == pytest.approx(0.5 / np.sqrt(2))


def test_resample_keeps_the_length_that_librosa_keeps() -> None:
    import librosa

    for length in (1, 2, 7, 160, 441, 1001):
        for from_hz, to_hz in ((44100, 16000), (16000, 22050), (8000, 48000), (24414, 22050)):
            samples = np.ones(length, np.float32)
            theirs = librosa.resample(samples, orig_sr=from_hz, target_sr=to_hz, res_type="soxr_hq")
            np.testing.assert_allclose(resample(samples, from_hz, to_hz), theirs, atol=1e-6)


def pointer(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0f\nsize 61882\n")


def header_only(path: Path) -> None:
    soundfile.write(path, np.zeros(0), 16000)


def infinite(path: Path) -> None:
    soundfile.write(path, np.array([0.0, np.inf, 0.0]), 16000, subtype="FLOAT")


def cut_inside_the_header(path: Path) -> None:
    soundfile.write(path, tone(16000, 0.1), 16000)
    path.write_bytes(path.read_bytes()[:20])


def cut_inside_the_sound(path: Path) -> None:
    soundfile.write(path, tone(16000, 0.5), 16000)
    path.write_bytes(path.read_bytes()[:-1000])


def cut(container: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        soundfile.write(path, tone(16000, 2.0), 16000, format=container)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return make


@pytest.mark.parametrize(
    ("make", "what", "remedy"),
    [
        (cut_inside_the_sound, "cut short: it ends after 0.469 s", "fetch this file again"),
        (cut("AIFF"), "a AIFF file that was cut short", "fetch this file again"),
        (cut("MP3"), "a MP3 file that was cut short", "fetch this file again"),
        (cut("FLAC"), "lost sync", "Fetch this file again"),
        (lambda path: path.mkdir(), "no file but a folder", "Move it out"),
        (os.mkfifo, "no file but a folder, a pipe", "Move it out"),
        (lambda path: path.symlink_to("/dev/zero"), "a device", "Move it out"),
        (lambda path: None, "No such file", "Check the path"),
        (lambda path: path.touch(), "zero bytes", "fetch this file again"),
        (pointer, "git-LFS pointer", "git lfs pull"),
        (lambda path: path.write_text("This is a text file, whatever its name says.\n" * 9), "not audio", "remove it"),
        (cut_inside_the_header, "not audio", "Fetch this file again"),
        (header_only, "no samples", "fetch this file again"),
        (infinite, "not a number", "fetch it again"),
    ],
)
def test_a_file_that_is_not_audio_is_named_for_what_it_is(tmp_path: Path, make: Any, what: str, remedy: str) -> None:
    path = tmp_path / "clip.wav"
    make(path)
    with pytest.raises(DataError) as caught:
        inspect(path)
    assert what in str(caught.value)
    assert remedy in caught.value.fix
    assert caught.value.where == str(path)


def test_loading_what_is_not_audio_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    pointer(path)
    with pytest.raises(DataError, match="git lfs pull"):
        load(path, sample_rate_hz=16000, offset_s=0.0, duration_s=None)


@pytest.mark.parametrize("offset_s", [0.5, 3.0])
def test_a_span_without_samples_is_an_error(tmp_path: Path, offset_s: float) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, tone(16000, 0.5), 16000)
    with pytest.raises(DataError, match=r"a file of 0\.500 s"):
        load(path, sample_rate_hz=None, offset_s=offset_s, duration_s=None)
