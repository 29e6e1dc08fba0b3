"""Audio of any length and from anywhere, block by block: bounded in memory, and refused in plain words.

For recordings that nobody has looked at: an upload, standard input, a file named on the command line. What a corpus
holds is read by :mod:`ser.audio.decode`; where both read a file, the samples are the same.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from ser.arrays import Float32
from ser.audio.container import HEAD_BYTES, LFS_POINTER, container_of, foreign
from ser.audio.readers import Sound, decoded, refusal
from ser.errors import DataError

LOUDEST = 2.0**31
"""Largest absolute sample that is taken. Integers of 32 bits written as floats without scaling pass; beyond it lies no
recording, and powers summed over a frame would leave float32."""

_COPIED_BYTES = 1 << 20
_NAME_AT_MOST = 255


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is taken of a recording that may be anything.

    Attributes:
        seconds: more sound than this is refused; None takes any length.
        channels: more channels than this are refused.
        lowest_rate_hz: a lower sample rate is refused.
        highest_rate_hz: a higher one is.
        bytes: a larger file is refused, and no more of a pipe is read; None takes any size.
    """

    seconds: float | None
    channels: int
    lowest_rate_hz: int
    highest_rate_hz: int
    bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A recording that is open, and not yet decoded.

    Attributes:
        sample_rate_hz: the file's own rate.
        channels: number of channels in the file.
        container: the kind of file: "WAV", "AIFF", "FLAC", "OGG", "MP3", "M4A", "MP4", "WebM", "Matroska" or "AAC".
        promised_s: how long the header says it is; None when it does not say.
    """

    sample_rate_hz: int
    channels: int
    container: str
    promised_s: float | None
    _pieces: Iterator[Float32]

    def blocks(self, seconds: float) -> Iterator[Float32]:
        """Decode from the beginning to the end; can be asked once.

        Args:
            seconds: length of a block, above zero.

        Yields:
            float32 of shape [samples], the mean of the channels, full scale 1; the last block may be shorter. Blocks
            of any length, end to end, are the same samples.

        Raises:
            DataError: when there is more sound than the limit, less than the header promises, none at all, samples
                that are not numbers or beyond `LOUDEST`, or damage.
        """
        length = max(1, round(seconds * self.sample_rate_hz))
        waiting: list[Float32] = []
        held = 0
        for piece in self._pieces:
            waiting.append(piece)
            held += len(piece)
            if held >= length:
                joined = np.concatenate(waiting)
                whole = held - held % length
                yield from (joined[start : start + length] for start in range(0, whole, length))
                waiting, held = [joined[whole:]], held - whole
        if held:
            yield np.concatenate(waiting)


@contextlib.contextmanager
def opened(source: Path | BinaryIO, *, name: str, limits: Limits) -> Iterator[Stream]:
    """Open a recording, and refuse it by its header where that suffices.

    Args:
        source: a file, or an open binary one: an upload, standard input. An open one is read from its beginning and
            stays open; a pipe is first copied to a temporary file, in memory up to a mebibyte.
        name: what errors call it: the path, or an upload's own name, which is only shown and never opened.
        limits: what is taken.

    Yields:
        The stream; its blocks can be read as long as the block lasts.

    Raises:
        DataError: when it cannot be read, is not audio, or is beyond the limits. `where` is the name, with anything
            unprintable replaced and at most 255 characters of it.
    """
    where = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)[:_NAME_AT_MOST]
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(
            _from_path(source, where) if isinstance(source, Path) else _from_open(source, limits)
        )
        if limits.bytes is not None and file.seek(0, os.SEEK_END) > limits.bytes:
            raise refusal(
                where,
                "a larger one",
                expected=f"a file of at most {limits.bytes / 1e6:g} MB",
                fix="Send a shorter recording, or a compressed one (FLAC, MP3, OGG).",
            )
        file.seek(0)
        head = file.read(HEAD_BYTES)
        container = container_of(head)
        if container is None:
            fix = "Run `git lfs pull` where it was cloned." if head.startswith(LFS_POINTER) else ""
            raise refusal(where, foreign(head) or "bytes that are not audio, or of a kind that is not read", fix=fix)
        sound = stack.enter_context(decoded(file, container, where=where))
        _within(sound, limits, where)
        yield Stream(
            sample_rate_hz=sound.sample_rate_hz,
            channels=sound.channels,
            container=sound.container,
            promised_s=sound.promised_s,
            _pieces=_checked(sound, limits, where),
        )


@contextlib.contextmanager
def _from_path(path: Path, where: str) -> Iterator[BinaryIO]:
    if path.exists() and not path.is_file():
        # Reading a pipe by name would wait for ever.
        raise refusal(where, "no file but a folder, a pipe or a device of that name", fix="Name an audio file.")
    try:
        file = path.open("rb")
    except (OSError, ValueError) as error:
        # A name with a NUL in it is no OSError.
        received = (isinstance(error, OSError) and error.strerror) or "a name that no file can have"
        raise refusal(where, received, fix="Check the path, and that you may read it.") from error
    with file:
        yield file


@contextlib.contextmanager
def _from_open(source: BinaryIO, limits: Limits) -> Iterator[BinaryIO]:
    """Yield the source, or of a pipe a copy, which ends a byte past the limit."""
    if source.seekable():
        yield source
        return
    with tempfile.SpooledTemporaryFile(max_size=_COPIED_BYTES) as copy:
        room = None if limits.bytes is None else limits.bytes + 1
        while room != 0 and (part := source.read(_COPIED_BYTES if room is None else min(room, _COPIED_BYTES))):
            copy.write(part)
            room = None if room is None else room - len(part)
        yield cast("BinaryIO", copy)


def _within(sound: Sound, limits: Limits, where: str) -> None:
    """Refuse what the header alone shows to be beyond the limits."""
    if not 1 <= sound.channels <= limits.channels:
        raise refusal(
            where,
            f"{sound.channels} channels",
            expected=f"1 to {limits.channels} channels",
            fix="Mix the recording down to one or two channels.",
        )
    if not limits.lowest_rate_hz <= sound.sample_rate_hz <= limits.highest_rate_hz:
        raise refusal(
            where,
            f"{sound.sample_rate_hz} Hz",
            expected=f"a sample rate from {limits.lowest_rate_hz} to {limits.highest_rate_hz} Hz",
            fix="Resample the recording, to 16000 Hz for instance.",
        )
    if limits.seconds is not None and sound.promised_s is not None and sound.promised_s > limits.seconds:
        raise _too_long(where, limits.seconds, f"{sound.promised_s:.3f} s by its header")
    if sound.promised_s == 0:
        raise _silent(sound, where)


def _checked(sound: Sound, limits: Limits, where: str) -> Iterator[Float32]:
    """Yield the pieces as one channel, each counted and looked at before it is passed on."""
    frames = 0
    for piece in sound.pieces:
        frames += len(piece)
        if limits.seconds is not None and frames > limits.seconds * sound.sample_rate_hz:
            raise _too_long(where, limits.seconds, "more sound than that")
        # What is not a number is not smaller than anything.
        if not np.abs(piece).max(initial=0) <= LOUDEST:
            raise refusal(where, _unlike_sound(piece), expected="samples of about full scale 1")
        yield piece[:, 0] if piece.shape[1] == 1 else piece.mean(axis=1)
    if not frames:
        raise _silent(sound, where)
    if frames < sound.least_frames:
        received = f"{sound.container} data that ends after {frames / sound.sample_rate_hz:.3f} s"
        raise refusal(where, received, expected="as much sound as the header promises")


def _silent(sound: Sound, where: str) -> DataError:
    return refusal(where, f"{sound.container} data without a single sample")


def _too_long(where: str, limit_s: float, received: str) -> DataError:
    fix = "Cut the recording into shorter ones."
    return refusal(where, received, expected=f"at most {limit_s:g} s of sound", fix=fix)


def _unlike_sound(piece: Float32) -> str:
    if not np.isfinite(piece).all():
        return "samples that are infinite or not a number"
    return f"samples of up to {np.abs(piece).max():.3g}"
