"""What is odd about the files of a corpus, though it does no harm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from ser.audio.decode import AudioFacts

QUIET_RMS = 10 ** (-50 / 20)
"""Speech below -50 dB of full scale is very quiet: noise and 16-bit steps are not far."""
_SHOWN = 3
_SUFFIXES = {
    "WAV": (".wav",),
    "WAVEX": (".wav",),
    "AIFF": (".aiff", ".aif"),
    "FLAC": (".flac",),
    "MP3": (".mp3",),
    "OGG": (".ogg",),
}


def oddities(found: Mapping[PurePosixPath, AudioFacts]) -> list[str]:
    """Name the files that differ from the others in form, a line for each kind of difference.

    Args:
        found: path relative to the corpus folder -> what was found in the file, of the utterances in use.
    """
    return [
        *_formats(found),
        *_disguised(found),
        *_chunks(found),
        *_said(
            (path for path, audio in found.items() if audio.rms < QUIET_RMS),
            "very quiet, below -50 dB of full scale",
        ),
    ]


def _formats(found: Mapping[PurePosixPath, AudioFacts]) -> Iterator[str]:
    formats = {path: (audio.sample_rate_hz, audio.channels) for path, audio in found.items()}
    (usual, _), *others = Counter(formats.values()).most_common()
    for other, _ in others:
        what = f"{_format(*other)} where most are {_format(*usual)}"
        yield from _said((path for path, this in formats.items() if this == other), what)


def _format(rate_hz: int, channels: int) -> str:
    return f"{rate_hz} Hz, {channels} channel{'s' if channels > 1 else ''}"


def _disguised(found: Mapping[PurePosixPath, AudioFacts]) -> Iterator[str]:
    for container in sorted({audio.container for audio in found.values()}):
        names = (
            path
            for path, audio in found.items()
            if audio.container == container
            and path.suffix.lower() not in _SUFFIXES.get(container, (path.suffix.lower(),))
        )
        yield from _said(names, f"{container} by content, whatever the suffix says")


def _chunks(found: Mapping[PurePosixPath, AudioFacts]) -> Iterator[str]:
    for chunks in sorted({audio.chunks for audio in found.values()} - {""}):
        yield from _said((path for path, audio in found.items() if audio.chunks == chunks), f"with the chunks {chunks}")


def _said(paths: Iterable[PurePosixPath], what: str) -> Iterator[str]:
    listed = sorted(paths)
    if listed:
        shown = ", ".join(path.name for path in listed[:_SHOWN])
        yield f"Files {what}: {len(listed)} ({shown}{', ...' if len(listed) > _SHOWN else ''})."
