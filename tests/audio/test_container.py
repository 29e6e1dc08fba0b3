from __future__ import annotations

import io
import struct

import pytest

from ser.audio.container import HEAD_BYTES, container_of, foreign, walk
from sounds import riff, valid, wav

KINDS = {
    "wav": "WAV",
    "float.wav": "WAV",
    "extensible.wav": "WAV",
    "rf64.wav": "WAV",
    "aiff": "AIFF",
    "flac": "FLAC",
    "ogg": "OGG",
    "opus": "OGG",
    "mp3": "MP3",
    "m4a": "M4A",
    "mp4": "MP4",
    "mov": "MP4",
    "webm": "WebM",
    "aac": "AAC",
}


def test_each_kind_is_told_from_its_first_bytes() -> None:
    assert {suffix: container_of(content[:HEAD_BYTES]) for suffix, content in valid().items()} == KINDS


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"ID3\4\0", "MP3"),
        (b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x23B\x82\x88matroska", "Matroska"),
        (b"\0\0\0\x08wide\0\0\x12\x34mdat", "MP4"),
        (b"\xff\xe3", "MP3"),
        (b"\xff\xe0", None),
        (b"\xff", None),
        (b"RIFF\0\0\0\0AVI ", None),
        (b"", None),
    ],
)
def test_rarer_beginnings(head: bytes, container: str | None) -> None:
    assert container_of(head) == container


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"", "a file of zero bytes"),
        (b"<HTML>", "a web page"),
        (b"\x80\x04\x95", "a Python pickle, which is never loaded"),
        (b"#EXTM3U", "a playlist, whose entries are never followed"),
        (b"RIFF", None),
    ],
)
def test_what_is_not_audio_is_named(head: bytes, what: str | None) -> None:
    assert foreign(head) == what


def long_wav(says: int) -> io.BytesIO:
    form, data = wav()[12:36], bytes(3200)
    sizes = b"ds64" + struct.pack("<IQQQI", 28, says, says, says, 0)
    return io.BytesIO(riff(sizes + form + b"data\xff\xff\xff\xff" + data + b"LIST" + bytes(4), b"RF64"))


@pytest.mark.parametrize(("says", "found"), [(3200, (["LIST"], False)), (3209, ([], True)), (2**64 - 1, ([], True))])
def test_the_length_in_64_bits_counts(says: int, found: tuple[list[str], bool]) -> None:
    assert walk(long_wav(says)) == found


@pytest.mark.parametrize(
    ("says", "cut"),
    [(3200, False), (3201, True), (0x7FFEFFFF, True), (0x7FFFFFFF, False), (0x80000000, False), (2_764_800_000, True)],
)
def test_a_length_is_a_promise_unless_it_means_that_none_was_known(says: int, cut: bool) -> None:
    assert walk(io.BytesIO(wav(says=says))) == ([], cut)
