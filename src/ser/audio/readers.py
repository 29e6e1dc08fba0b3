"""The two libraries that decode: libsndfile, and FFmpeg through PyAV for what libsndfile does not read.

Both are given an open file and never a path, so that nothing a file says can make them open another.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import soundfile

from ser.arrays import Float32
from ser.audio.container import walk
from ser.errors import DataError

_PIECE = 1 << 16
# Formats by what libsndfile calls them. After an ID3 tag, which is taken to start MP3, FLAC may follow.
_FORMATS = {"WAV": "WAV", "WAVEX": "WAV", "RF64": "WAV", "AIFF": "AIFF", "FLAC": "FLAC", "OGG": "OGG", "MP3": "MP3"}
# libsndfile says so where a header leaves the length open.
_NO_LENGTH = 1 << 60

# FFmpeg's readers of containers by what they are called here. None of those that open other files or addresses is among
# them (hls, dash, concat, playlists), and the reader is never left to FFmpeg's own guess.
_DEMUXERS = {"M4A": "mov", "MP4": "mov", "WebM": "matroska", "Matroska": "matroska", "AAC": "aac"}
_PCM = ("u8", "s16le", "s16be", "s24le", "s24be", "s32le", "s32be", "f32le", "f32be", "f64le", "f64be", "alaw", "mulaw")
_CODECS = ("aac", "alac", "ac3", "eac3", "flac", "mp3", "mp3float", "opus", "vorbis", *(f"pcm_{form}" for form in _PCM))
_OPTIONS = {
    # Cover art and film are not decoded, neither to probe nor later.
    "codec_whitelist": ",".join(_CODECS),
    "format_whitelist": ",".join(_DEMUXERS.values()),
    "protocol_whitelist": "none",
    "max_streams": "8",
    "threads": "1",
}
# A header of 600 bytes can have FFmpeg index 20 million frames of sound that are not there, in 700 MB. Indexing a frame
# takes it 24 bytes and coding one of speech 40 or more, so that an honest index is smaller than its file.
_INDEX_AT_LEAST_BYTES = 16 << 20
_opening = threading.Lock()
# The sound may end sooner than the header says by what encoders add before and after it, though not by half.
_PADDING_S = 0.5


@dataclass(frozen=True, kw_only=True)
class Sound:
    """Sound about to be decoded.

    Attributes:
        sample_rate_hz: the file's own rate.
        channels: number of channels.
        container: the kind of file.
        promised_s: the length that the header gives; None when it gives none.
        least_frames: frames that must come for the file to be whole.
        pieces: float32 of shape [frames, channels], full scale 1, pieces of any length, once.
    """

    sample_rate_hz: int
    channels: int
    container: str
    promised_s: float | None
    least_frames: int
    pieces: Iterator[Float32]


def refusal(where: str, received: str, *, expected: str = "a readable recording", fix: str = "") -> DataError:
    """Word a refusal. Without a `fix` it is the one for whatever is not a whole recording."""
    fix = fix or "Record, export or copy it again; WAV, FLAC, MP3, OGG and AIFF are always read."
    return DataError(expected=expected, received=received, where=where, fix=fix)


@contextlib.contextmanager
def decoded(file: BinaryIO, container: str, *, where: str) -> Iterator[Sound]:
    """Open a file for decoding by the library that reads it.

    Args:
        file: seekable; stays open.
        container: what :func:`ser.audio.container.container_of` said.
        where: what errors call the file.

    Raises:
        DataError: here or from `pieces`, when the library objects or is not installed.
    """
    reader = _by_av if container in _DEMUXERS else _by_libsndfile
    with reader(file, container, where) as sound:
        yield sound


@contextlib.contextmanager
def _by_libsndfile(file: BinaryIO, container: str, where: str) -> Iterator[Sound]:
    _, cut = walk(file)
    if cut:
        raise refusal(where, f"{container} data that ends before", expected="as much sound as the header promises")
    file.seek(0)
    heeding = _Heeding(file)
    with _libsndfile_told(heeding, container, where):
        stream = _Onward(heeding)
        # As `decode.load` does: after a seek libmpg123 sums in another order, which shows in the last bit.
        stream.seek(0)
    with contextlib.closing(stream):
        found = _FORMATS.get(stream.format, "")
        if found != container and (container, found) != ("MP3", "FLAC"):
            raise refusal(where, "bytes of a kind that is not read after an ID3 tag")
        rate, frames = int(stream.samplerate), int(stream.frames)
        known = frames < _NO_LENGTH
        yield Sound(
            sample_rate_hz=rate,
            channels=int(stream.channels),
            container=found,
            promised_s=frames / max(rate, 1) if known else None,
            least_frames=frames if known else 0,
            pieces=_pieces_of(stream, heeding, found, where),
        )


def _pieces_of(stream: soundfile.SoundFile, file: _Heeding, container: str, where: str) -> Iterator[Float32]:
    while True:
        with _libsndfile_told(file, container, where):
            piece: Float32 = stream.read(_PIECE, dtype="float32", always_2d=True)
        if not len(piece):
            return
        yield piece


@contextlib.contextmanager
def _libsndfile_told(file: _Heeding, container: str, where: str) -> Iterator[None]:
    try:
        yield
    except soundfile.LibsndfileError as error:
        if file.stopped is None:
            raise refusal(where, _damaged(container)) from error
    if file.stopped is not None:
        raise file.stopped


def _damaged(container: str) -> str:
    return f"{container} data that is damaged, cut short, encrypted or coded in a rare form"


class _Onward(soundfile.SoundFile):
    """A file that is read from end to end. Of one that can seek, soundfile seeks to where it is after each read."""

    def seekable(self) -> bool:
        return False


class _Tame:
    """A file that can only be read, and whose faults the libraries see as its end.

    Raised in their callbacks, errors would be printed. PyAV takes the mode of a file that has one for its own, and
    would write to an upload that is kept in a temporary file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.tell = file.tell
        self._file = file

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        # Lengths in damaged headers lead before the beginning, which is a ValueError in memory, an OSError on disk.
        with contextlib.suppress(OSError, ValueError):
            self._file.seek(offset, whence)
        return self.tell()

    def read(self, size: int) -> bytes:
        with contextlib.suppress(OSError):
            return self._file.read(size)
        return b""


class _Heeding(_Tame):
    """For libsndfile, whose callback would print a user's Ctrl-C and go on: whoever called the library raises it."""

    stopped: KeyboardInterrupt | None = None

    def read(self, size: int) -> bytes:
        try:
            return super().read(size)
        except KeyboardInterrupt as stop:
            self.stopped = stop
            return b""


@contextlib.contextmanager
def _by_av(file: BinaryIO, container: str, where: str) -> Iterator[Sound]:
    av = _av(container, where)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    with contextlib.ExitStack() as stack:
        with _opening, _av_told(av, container, where):
            _bound_allocations(max(size, _INDEX_AT_LEAST_BYTES))
            source = stack.enter_context(
                av.open(
                    _Tame(file),
                    "r",
                    format=_DEMUXERS[container],
                    metadata_errors="replace",
                    container_options=_OPTIONS,
                )
            )
        if not source.streams.audio:
            received = "a video without sound" if source.streams.video else f"{container} data without sound"
            raise refusal(where, received, fix="Choose a recording that has sound.")
        stream = source.streams.audio[0]
        codec = stream.codec_context
        with _av_told(av, container, where):
            readable = codec is not None and codec.name in _CODECS and codec.codec_tag not in ("drms", "enca")
        if not readable:
            received = "sound that is encrypted, or coded in a form that is not read"
            raise refusal(where, received, fix="Export it unprotected, as WAV, FLAC, MP3, OGG or AAC.")
        codec.thread_type = "NONE"
        rate, promised_s = int(codec.sample_rate), _promised_s(source, stream)
        yield Sound(
            sample_rate_hz=rate,
            channels=int(codec.channels),
            container=container,
            promised_s=promised_s,
            least_frames=int(max(promised_s - _PADDING_S, promised_s / 2) * rate) if promised_s else 0,
            pieces=_frames_of(av, source, stream, container, where),
        )


def _av(container: str, where: str) -> Any:  # noqa: ANN401 - a module
    try:
        return importlib.import_module("av")
    except ImportError as error:
        raise refusal(
            where,
            f"{container}, which takes the library av",
            expected="WAV, FLAC, MP3, OGG or AIFF",
            fix="Run pip install 'ser[av]', or convert the recording to one of these.",
        ) from error


def _bound_allocations(size: int) -> None:
    """Set how many bytes FFmpeg may allocate at a time, in the whole process."""
    # PyAV has no call for it; its extension modules lead to the FFmpeg that they are linked with.
    bound = ctypes.CDLL(importlib.import_module("av._core").__file__).av_max_alloc
    bound.argtypes, bound.restype = [ctypes.c_size_t], None
    bound(size)


def _promised_s(source: Any, stream: Any) -> float | None:  # noqa: ANN401 - PyAV's containers and streams
    """Return the length in the header. Raw AAC has none, that of Matroska is of its longest stream, 0 means unknown."""
    if source.format.name == "aac":
        return None
    if stream.duration is not None:
        length_s = float(stream.duration * stream.time_base)
    else:
        length_s = 0.0 if source.duration is None or source.streams.video else source.duration / 1e6
    return length_s if length_s > 0 else None


def _frames_of(av: Any, source: Any, stream: Any, container: str, where: str) -> Iterator[Float32]:  # noqa: ANN401
    rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    with _av_told(av, container, where):
        for frame in source.decode(stream):
            if (frame.sample_rate, frame.layout.nb_channels) != (rate, channels):
                raise refusal(where, f"{container} data whose rate or number of channels changes midway")
            yield _floats(frame)


def _floats(frame: Any) -> Float32:  # noqa: ANN401 - a frame of PyAV
    """Return a frame's samples as float32 of shape [frames, channels], full scale 1."""
    samples = frame.to_ndarray()
    samples = samples.T if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels)
    if samples.dtype.kind == "f":
        single: Float32 = samples.astype(np.float32, copy=False)
        return single
    # Eight bits are without a sign in all formats (u8), the others with one.
    middle = 128 if samples.dtype == np.uint8 else 0
    scaled: Float32 = (samples.astype(np.float32) - np.float32(middle)) / np.float32(2.0 ** (8 * samples.itemsize - 1))
    return scaled


@contextlib.contextmanager
def _av_told(av: Any, container: str, where: str) -> Iterator[None]:  # noqa: ANN401 - a module
    try:
        yield
    except (av.FFmpegError, ArithmeticError, LookupError, MemoryError, OSError, ValueError) as error:
        raise refusal(where, _damaged(container)) from error
