"""From an audio file to samples: decoded by libsndfile, mixed to one channel, resampled by soxr.

What a file holds is told from its content, never from its suffix: an AIFF file named `.wav` reads fine.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from ser.arrays import Float32
from ser.audio.container import EMPTY, LFS_POINTER, POINTER, walk
from ser.errors import DataError


@dataclass(frozen=True, kw_only=True)
class AudioFacts:
    """What a full reading of one audio file found.

    Attributes:
        sample_rate_hz: the file's own rate.
        channels: number of channels.
        frames: samples a channel.
        duration_s: `frames / sample_rate_hz`.
        peak: largest absolute sample over all channels; full scale is 1.
        rms: root mean square over all channels and samples; full scale is 1.
        container: libsndfile's name of the file format, such as "WAV", "AIFF" or "FLAC".
        chunks: names of a WAV or AIFF file's chunks besides the format and the sound, in order, such as "LIST bext";
            they are passed over.
        pcm_sha256: hash of the decoded samples with their rate and number of channels: the same for the same recording
            in any lossless format, whatever else the file holds. 64 hexadecimal digits.
    """

    sample_rate_hz: int
    channels: int
    frames: int
    duration_s: float
    peak: float
    rms: float
    container: str
    chunks: str
    pcm_sha256: str


def load(path: Path, *, sample_rate_hz: int | None, offset_s: float, duration_s: float | None) -> tuple[Float32, int]:
    """Decode a span of a file, as one channel, at a given rate.

    The channels are averaged. Only the wanted span is read, cut in the file's own rate before resampling, as
    `librosa.load` does; the samples agree with its `res_type="soxr_hq"`.

    Args:
        path: the audio file.
        sample_rate_hz: the rate to resample to; None keeps the file's own.
        offset_s: where the span starts, in seconds.
        duration_s: how long the span is, in seconds; None reads to the end. A file that ends sooner gives what it has.

    Returns:
        The samples, float32 of shape [samples], full scale 1, and their rate in Hz.

    Raises:
        DataError: when the file cannot be read or has no samples in the span.
    """
    with _opened(path) as stream:
        own_rate = int(stream.samplerate)
        start = min(int(offset_s * own_rate), int(stream.frames))
        stream.seek(start)
        wanted = -1 if duration_s is None else int(duration_s * own_rate)
        channels: Float32 = stream.read(wanted, dtype="float32", always_2d=True)
        length_s = stream.frames / own_rate
    if not len(channels):
        raise DataError(
            expected=f"audio from {offset_s:g} s on",
            received=f"a file of {length_s:.3f} s, with nothing in that span",
            where=path,
            fix="Choose an earlier offset_s or a longer duration_s, or leave this clip out.",
        )
    mono = channels[:, 0] if channels.shape[1] == 1 else channels.mean(axis=1)
    return at_rate(np.ascontiguousarray(mono), own_rate, sample_rate_hz)


def at_rate(samples: Float32, own_hz: int, wanted_hz: int | None) -> tuple[Float32, int]:
    """Resample one channel where another rate is wanted.

    Args:
        samples: float32 of shape [samples].
        own_hz: their rate.
        wanted_hz: the rate wanted; None keeps their own.

    Returns:
        The samples and their rate.
    """
    if wanted_hz is None or wanted_hz == own_hz:
        return samples, own_hz
    return resample(samples, own_hz, wanted_hz), wanted_hz


def resample(samples: Float32, from_hz: int, to_hz: int) -> Float32:
    """Resample one channel with soxr in its HQ setting.

    Args:
        samples: float32 of shape [samples].
        from_hz: their rate.
        to_hz: the rate wanted.

    Returns:
        float32 of shape [ceil(samples * to_hz / from_hz)].

    Example:
        >>> resample(np.zeros(441, np.float32), 44100, 16000).shape
        (160,)
    """
    length = int(np.ceil(len(samples) * (to_hz / from_hz)))
    resampled: Float32 = soxr.resample(samples, from_hz, to_hz, quality="HQ")
    # soxr may end a sample early or late.
    return np.pad(resampled[:length], (0, max(0, length - len(resampled))))


def inspect(path: Path) -> AudioFacts:
    """Read a file in full and say what is in it.

    Args:
        path: the audio file.

    Raises:
        DataError: when the file is missing, empty, a git-LFS pointer, not audio, cut short, has no samples, or has
            samples that are not finite numbers. The message says which.
    """
    with _opened(path) as stream:
        rate, container, promised = int(stream.samplerate), str(stream.format), int(stream.frames)
        channels: Float32 = stream.read(dtype="float32", always_2d=True)
    if not channels.size:
        raise DataError(
            expected="audio",
            received=f"a {container} header with no samples after it",
            where=path,
            fix="The recording is empty or was cut short: fetch this file again, or leave it out.",
        )
    with path.open("rb") as file:
        chunks, missing = walk(file)
    if len(channels) < promised or missing:
        raise DataError(
            expected="as much sound as the header promises",
            received=f"a {container} file that was cut short: it ends after {len(channels) / rate:.3f} s",
            where=path,
            fix="The download or the copy was cut short: fetch this file again, or leave it out.",
        )
    if not np.isfinite(channels).all():
        raise DataError(
            expected="finite samples",
            received="samples that are infinite or not a number",
            where=path,
            fix="The file is damaged: fetch it again, or leave it out.",
        )
    return AudioFacts(
        sample_rate_hz=rate,
        channels=channels.shape[1],
        frames=len(channels),
        duration_s=len(channels) / rate,
        peak=float(np.abs(channels).max()),
        rms=float(np.sqrt(np.mean(np.square(channels, dtype=np.float64)))),
        container=container,
        chunks=" ".join(chunks),
        pcm_sha256=_sha256_of_samples(channels, rate),
    )


def _sha256_of_samples(channels: Float32, sample_rate_hz: int) -> str:
    """Hash samples, shape [frames, channels]. Integers of up to 24 bits and their float forms decode to the same."""
    total = hashlib.sha256(f"{sample_rate_hz} Hz, {channels.shape[1]} channels\n".encode())
    # Float formats tell minus zero from zero, integers do not; and machines differ in the order of bytes.
    total.update(np.ascontiguousarray(channels + np.float32(0), dtype="<f4").data)
    return total.hexdigest()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[soundfile.SoundFile]:
    """Open for reading; whatever libsndfile objects to, here or inside the block, is told in plain words."""
    if path.exists() and not path.is_file():
        # Reading a pipe would wait for ever.
        raise DataError(
            expected="a readable audio file",
            received="no file but a folder, a pipe or a device of that name",
            where=path,
            fix="Move it out of the corpus folder.",
        )
    try:
        with soundfile.SoundFile(path) as stream:
            yield stream
    except soundfile.SoundFileError as error:
        received, fix = _what_it_is(path, str(error))
        raise DataError(expected="a readable audio file", received=received, where=path, fix=fix) from error


def _what_it_is(path: Path, complaint: str) -> tuple[str, str]:
    """Sniff a file that libsndfile refused. Returns what it is and what to do about it."""
    try:
        with path.open("rb") as stream:
            head = stream.read(len(LFS_POINTER))
    except OSError as error:
        return f"{error.strerror}", "Check the path, and that you may read it."
    if not head:
        return EMPTY, "The download or the copy was cut short: fetch this file again."
    if head.startswith(LFS_POINTER):
        return POINTER, "Run `git lfs pull` where the corpus was cloned."
    return (
        f"bytes that are not audio ({complaint.rstrip('.')})",
        "Fetch this file again; if it never was a recording, remove it from the corpus folder.",
    )
