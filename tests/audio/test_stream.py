from __future__ import annotations

import functools
import io
import os
import resource
import struct
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pytest
import soundfile

import boxes
from hostile import Hostile, hostile
from ser.audio.decode import load
from ser.audio.stream import Limits, opened
from ser.errors import DataError
from sounds import RATE, muxed, tone, valid, wav, written

LIMITS = Limits(seconds=60.0, channels=8, lowest_rate_hz=4000, highest_rate_hz=192_000)
ANY_LENGTH = Limits(seconds=None, channels=8, lowest_rate_hz=4000, highest_rate_hz=192_000)
WHOLE = valid()
BY_LIBSNDFILE = [suffix for suffix in WHOLE if suffix not in ("m4a", "mp4", "mov", "webm", "aac")]


@functools.cache
def uploads() -> list[Hostile]:
    return hostile(0)


def samples_of(source: Path | BinaryIO | bytes, seconds: float = 1.0, limits: Limits = LIMITS) -> np.ndarray:
    source = io.BytesIO(source) if isinstance(source, bytes) else source
    with opened(source, name="a recording", limits=limits) as stream:
        return np.concatenate(list(stream.blocks(seconds)))


def refused(source: Path | BinaryIO | bytes, limits: Limits = LIMITS, name: str = "upload.wav") -> DataError:
    source = io.BytesIO(source) if isinstance(source, bytes) else source
    with pytest.raises(DataError) as caught, opened(source, name=name, limits=limits) as stream:
        list(stream.blocks(1.0))
    return caught.value


class Pipe(io.RawIOBase):
    """Bytes that come once and are counted."""

    def __init__(self, content: bytes) -> None:
        self.source, self.read_bytes = io.BytesIO(content), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        got = self.source.readinto(buffer)
        self.read_bytes += got
        return got


@pytest.mark.parametrize("suffix", BY_LIBSNDFILE)
@pytest.mark.parametrize("seconds", [0.0371, 0.125, 9.0])
def test_blocks_end_to_end_are_what_load_gives(tmp_path: Path, suffix: str, seconds: float) -> None:
    path = tmp_path / "named.bin"
    path.write_bytes(WHOLE[suffix])
    whole, rate = load(path, sample_rate_hz=None, offset_s=0.0, duration_s=None)
    with opened(path, name=str(path), limits=LIMITS) as stream:
        blocks = list(stream.blocks(seconds))
    assert (stream.sample_rate_hz, stream.promised_s) == (rate, len(whole) / rate)
    assert {len(block) for block in blocks[:-1]} <= {round(seconds * rate)}
    assert all(block.dtype == np.float32 and block.ndim == 1 for block in blocks)
    np.testing.assert_array_equal(np.concatenate(blocks), whole)
    np.testing.assert_array_equal(samples_of(WHOLE[suffix], seconds), whole)


def test_long_sound_in_pieces_is_what_load_gives(tmp_path: Path) -> None:
    for container, channels in (("WAV", 3), ("MP3", 1), ("OGG", 2), ("FLAC", 2)):
        path = tmp_path / container
        path.write_bytes(written(tone(9.5, channels), container))
        whole, _ = load(path, sample_rate_hz=None, offset_s=0.0, duration_s=None)
        np.testing.assert_array_equal(samples_of(path, 0.7), whole)


@pytest.mark.parametrize(
    ("suffix", "container"), [("m4a", "M4A"), ("mp4", "MP4"), ("mov", "MP4"), ("webm", "WebM"), ("aac", "AAC")]
)
def test_what_libsndfile_does_not_read_sounds_the_same(suffix: str, container: str) -> None:
    with opened(io.BytesIO(WHOLE[suffix]), name="a", limits=LIMITS) as stream:
        samples = np.concatenate(list(stream.blocks(0.1)))
    rate = stream.sample_rate_hz
    assert (stream.container, rate) == (container, 48_000 if suffix == "webm" else RATE)
    assert stream.channels == (2 if suffix == "mp4" else 1)
    assert stream.promised_s == (None if suffix == "aac" else pytest.approx(0.25, abs=0.1))
    assert len(samples) / rate == pytest.approx(0.25, abs=0.15)
    loud = samples[np.abs(samples) > 0.02]
    assert np.sqrt(np.mean(loud**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) * rate / len(samples) == pytest.approx(220, abs=5)


@pytest.mark.parametrize("codec", ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_f32le", "pcm_f64le", "alac"])
def test_full_scale_is_one_in_every_code(codec: str) -> None:
    samples = samples_of(muxed("matroska" if codec in ("pcm_u8", "pcm_f64le") else "mov", codec))
    step = 2.0**-7 if codec == "pcm_u8" else 2.0**-15
    np.testing.assert_allclose(samples, tone()[:, 0], atol=1.01 * step)


def test_a_recording_without_a_length_in_its_header_is_read_to_its_end() -> None:
    class Onward(io.RawIOBase):
        """Where a browser's recorder writes: there is no way back to the header."""

        def __init__(self) -> None:
            self.parts: list[bytes] = []

        def writable(self) -> bool:
            return True

        def write(self, part: Any) -> int:
            self.parts.append(bytes(part))
            return len(part)

    import av

    target = Onward()
    with av.open(target, "w", format="webm") as out, av.open(io.BytesIO(WHOLE["webm"])) as source:
        stream = out.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    with opened(io.BytesIO(b"".join(target.parts)), name="a", limits=LIMITS) as found:
        assert found.promised_s is None
        assert sum(map(len, found.blocks(1.0))) == 12_000


def test_a_film_gives_its_first_sound_and_promises_nothing_of_it() -> None:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as out:
        video, audio = out.add_stream("mpeg4", rate=1), out.add_stream("pcm_s16le", rate=RATE)
        video.width, video.height, video.pix_fmt, audio.layout = 64, 48, "yuv420p", "mono"
        for image in (*(av.VideoFrame(64, 48, "yuv420p") for _ in range(5)), None):
            out.mux(video.encode(image))
        frame = av.AudioFrame.from_ndarray(np.full((1, 4000), 8192, np.int16), format="s16", layout="mono")
        frame.sample_rate = RATE
        out.mux(audio.encode(frame))
    with opened(io.BytesIO(file.getvalue()), name="a", limits=LIMITS) as stream:
        np.testing.assert_array_equal(np.concatenate(list(stream.blocks(1.0))), np.full(4000, 0.25, np.float32))
    assert stream.promised_s is None


@pytest.mark.parametrize("suffix", WHOLE)
def test_a_pipe_is_read_as_its_bytes_are(suffix: str) -> None:
    pipe = io.BufferedReader(Pipe(WHOLE[suffix]))
    np.testing.assert_array_equal(samples_of(pipe), samples_of(WHOLE[suffix]))
    assert not pipe.closed


def test_an_upload_in_a_temporary_file_is_read_and_not_written() -> None:
    for suffix in ("wav", "m4a"):
        with tempfile.SpooledTemporaryFile(max_size=10) as file:
            file.write(WHOLE[suffix])
            np.testing.assert_array_equal(samples_of(cast("BinaryIO", file)), samples_of(WHOLE[suffix]))
            file.seek(0)
            assert file.read() == WHOLE[suffix]


def test_an_open_file_is_read_from_its_beginning_and_left_open(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(WHOLE["flac"])
    with path.open("rb") as file:
        file.seek(100)
        np.testing.assert_array_equal(samples_of(file), samples_of(path))
        assert not file.closed


def test_hostile_uploads_are_refused_in_plain_words_or_give_finite_samples(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert len({(one.name, one.content) for one in uploads()}) == len(uploads()) >= 200
    assert sum(len(one.content) for one in uploads()) < 30e6
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcomes = [outcome_of(upload, tmp_path) for upload in uploads()]
    assert outcomes.count("refused") > 250
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 200 << 10
    # libmpg123 has no switch for its notes; nothing else is printed.
    told = [line for line in capfd.readouterr().err.splitlines() if "mpg123" not in line]
    assert {line.split()[0] for line in told} <= {"Note:", "Warning:", ""}


def outcome_of(upload: Hostile, tmp_path: Path) -> str:
    """Try one, by its bytes."""
    started_s = time.process_time()
    try:
        samples = samples_of(upload.content)
    except DataError as error:
        text = f"{error}{error.received}{error.fix}".replace("a recording: ", "")
        for word in ("Traceback", "Error", "0x", "BytesIO", ".py", "site-packages", str(tmp_path), str(Path.cwd())):
            assert word not in text, upload
        outcome = "refused"
    else:
        assert np.isfinite(samples).all()
        assert 0 < len(samples) <= 60 * 192_000
        outcome = "read"
    assert time.process_time() - started_s < 1.0, upload.name
    return outcome


def test_a_bomb_is_stopped_at_the_limit_and_memory_stays_flat() -> None:
    bombs = {one.name: one.content for one in uploads() if one.name.startswith("silence")}
    assert "600.000 s by its header" in str(refused(bombs["silence.flac"]))
    tracemalloc.start()
    try:
        assert refused(bombs["silence-unknown.flac"]).received == "more sound than that"
        with opened(io.BytesIO(bombs["silence-unknown.flac"]), name="a", limits=ANY_LENGTH) as stream:
            assert stream.promised_s is None
            assert sum(map(len, stream.blocks(5.0))) == 600 * 8000
        assert tracemalloc.get_traced_memory()[1] < 4e6
    finally:
        tracemalloc.stop()


def test_an_index_of_what_is_not_there_takes_no_memory() -> None:
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(boxes.mp4(20_000_000, 4), ANY_LENGTH)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib < 100 << 10


@pytest.mark.parametrize(
    ("content", "received", "fix"),
    [
        (wav(channels=1000), "1000 channels", "Mix the recording down"),
        (wav(rate=1), "1 Hz", "Resample"),
        (wav(rate=2**31 - 1), "2147483647 Hz", "Resample"),
        (wav(says=24 * 3600 * RATE * 2), "WAV data that ends before", "again"),
        (wav(says=24 * 3600 * RATE * 2, content=bytes(2 * RATE)), "WAV data that ends before", "again"),
        (wav(content=bytes(61 * 2 * RATE)), "61.000 s by its header", "shorter"),
        (written(np.zeros((0, 1)), "WAV"), "WAV data without a single sample", "again"),
        (written(np.array([0.0, np.nan]), "WAV", "FLOAT"), "samples that are infinite or not a number", "again"),
        (written(np.array([0.0, -1e30]), "WAV", "FLOAT"), "samples of up to 1e+30", "again"),
        (WHOLE["mp3"][:-400], "MP3 data that ends after", "again"),
        (WHOLE["webm"][:1036], "WebM data that ends after", "again"),
        (WHOLE["flac"][:-400], "FLAC data that is damaged, cut short", "again"),
        (WHOLE["m4a"][:-400], "M4A data that is damaged, cut short", "again"),
        (b"", "a file of zero bytes", "again"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a git-LFS pointer", "git lfs pull"),
        (b"PK\3\4" + bytes(99), "a ZIP archive", "again"),
        (b"just words", "bytes that are not audio", "again"),
        (boxes.mp4(9, 4, coding=b"drms"), "sound that is encrypted", "unprotected"),
    ],
    # libsndfile writes the time into some: not a name that two workers agree on.
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else value,
)
def test_each_fault_is_named(content: bytes, received: str, fix: str) -> None:
    error = refused(content)
    assert str(error.received).startswith(received)
    assert fix in error.fix
    assert error.where == "upload.wav"


def test_integers_written_as_floats_without_scaling_pass() -> None:
    samples = np.array([0.0, 32767.0, -32768.0])
    np.testing.assert_array_equal(samples_of(written(samples, "WAV", "FLOAT")), samples)


def test_a_length_that_was_not_known_when_written_is_read_to_the_end() -> None:
    for says in (0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        assert len(samples_of(wav(says=says))) == 1600


@pytest.mark.parametrize("kind", ["file", "open", "pipe"])
def test_a_large_file_is_refused_before_more_of_it_is_read(tmp_path: Path, kind: str) -> None:
    limits = Limits(seconds=None, channels=1, lowest_rate_hz=1, highest_rate_hz=192_000, bytes=3_000_000)
    content = wav(content=bytes(9_000_000))
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    pipe = Pipe(content)
    error = refused({"file": path, "open": io.BytesIO(content), "pipe": io.BufferedReader(pipe)}[kind], limits)
    assert "at most 3 MB" in str(error)
    assert pipe.read_bytes < 3_200_000
    assert len(samples_of(io.BufferedReader(Pipe(WHOLE["wav"])), limits=limits)) == 4000


@pytest.mark.parametrize(
    ("make", "received"),
    [
        (lambda path: path.mkdir(), "no file but a folder"),
        (os.mkfifo, "no file but a folder, a pipe"),
        (lambda path: None, "No such file or directory"),
    ],
)
def test_what_is_no_file_is_named_by_its_name(tmp_path: Path, make: Any, received: str) -> None:
    make(tmp_path / "a.wav")
    error = refused(tmp_path / "a.wav", name="call.wav")
    assert received in str(error.received)
    assert str(tmp_path) not in str(error)


def test_a_name_is_shown_without_what_would_steer_a_terminal(tmp_path: Path) -> None:
    assert refused(b"no sound", name="a\0\x1b[2J\r\nb" + 999 * "c").where == "a��[2J��b" + 246 * "c"
    assert "no file can have" in str(refused(Path("a\0.wav")).received)


@pytest.mark.parametrize("form", ["#EXTM3U\n#EXTINF:9,\n{}\n", "ffconcat version 1.0\nfile {}\n", "file '{}'\n"])
def test_a_list_of_files_is_not_followed(tmp_path: Path, form: str) -> None:
    sound = tmp_path / "secret.wav"
    sound.write_bytes(WHOLE["wav"])
    assert "secret" not in str(refused(form.format(sound).encode()))


def test_sound_that_lies_in_another_file_is_not_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.raw"
    secret.write_bytes(np.full(4000, 8192, "<i2").tobytes())
    content = WHOLE["mov"].replace(b"url \0\0\0\1", b"url \0\0\0\0")
    assert content != WHOLE["mov"]
    np.testing.assert_array_equal(samples_of(content), samples_of(WHOLE["mov"]))
    refused(boxes.mp4(9, 4, reference=boxes.elsewhere(os.fsencode(secret))))


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    error = refused(WHOLE["m4a"])
    assert "M4A, which takes the library av" in str(error)
    assert "pip install 'ser[av]'" in error.fix
    assert len(samples_of(WHOLE["mp3"])) == 4000


class Failing(io.BytesIO):
    """A disk that fails after the beginning."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 1000:
            raise OSError(5, "Input/output error on /dev/secret")
        return super().read(min(size, 500))


@pytest.mark.parametrize("suffix", ["flac", "m4a"])
def test_a_disk_that_fails_is_a_refusal(suffix: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert "/dev/secret" not in str(refused(Failing(WHOLE[suffix])))
    assert capfd.readouterr().err == ""


def test_what_happens_while_it_is_open_stays_what_it_was() -> None:
    for suffix in ("wav", "m4a"):
        with pytest.raises(ZeroDivisionError), opened(io.BytesIO(WHOLE[suffix]), name="a", limits=LIMITS):
            raise ZeroDivisionError


def test_only_one_stream_of_blocks_comes_out(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(), RATE)
    with opened(path, name="a", limits=LIMITS) as stream:
        assert sum(map(len, stream.blocks(0.01))) == 4000
        assert list(stream.blocks(0.01)) == []


def test_a_header_before_the_beginning_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    content = WHOLE["aiff"].replace(b"SSND", b"SSNE") + struct.pack(">4sI", b"SSND", 0xFFFFFFF0)
    refused(content)
    refused(WHOLE["aiff"][:30])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("after", range(14))
def test_whoever_stops_it_while_it_reads_stops_it(after: int) -> None:
    class Stopped(io.BytesIO):
        left = after

        def read(self, size: int | None = -1) -> bytes:
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            return super().read(size)

    recording = io.BytesIO()
    soundfile.write(recording, np.zeros(200_000, np.float32), 16_000, format="WAV")
    stopped = Stopped(recording.getvalue())

    try:
        with opened(stopped, name="clip", limits=LIMITS) as stream:
            assert sum(map(len, stream.blocks(1.0))) == 200_000
    except KeyboardInterrupt:
        assert stopped.left <= 0 < after
    else:
        assert stopped.left > 0 or after == 0
