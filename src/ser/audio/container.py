"""What a file is, told from its first bytes and never from its name, and whether all of it is there."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

HEAD_BYTES = 64
"""How much of a file's beginning :func:`container_of` and :func:`foreign` want to see."""

LFS_POINTER = b"version https://git-lfs"
EMPTY = "a file of zero bytes"
POINTER = "a git-LFS pointer, the note that stands for the audio"

# Programs that write to a pipe do not know the length and promise about as much as 32 (or 31) bits can say.
_LENGTH_UNKNOWN = (range(0x7FFF0000, 0x80000001), range(0xFFFF0000, 0x100000000))
_CHUNKS_AT_MOST = 64
# How a chunk starts, and the names of those that hold the format and the sound.
_CHUNKED = {
    (b"RIFF", b"WAVE"): ("<4sI", b"fmt ", b"data"),
    (b"RF64", b"WAVE"): ("<4sI", b"fmt ", b"data"),
    (b"FORM", b"AIFF"): (">4sI", b"COMM", b"SSND"),
    (b"FORM", b"AIFC"): (">4sI", b"COMM", b"SSND"),
}
_FOREIGN = (
    (LFS_POINTER, POINTER),
    (b"#extm3u", "a playlist, whose entries are never followed"),
    (b"ffconcat", "a playlist, whose entries are never followed"),
    (b"pk\x03\x04", "a ZIP archive"),
    (b"pk\x05\x06", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"rar!", "a RAR archive"),
    (b"%pdf", "a PDF document"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML document"),
    (b"mz", "a program"),
    (b"\x7felf", "a program"),
    (b"\x89png", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"gif8", "an image"),
    *((b"\x80%c" % protocol, "a Python pickle, which is never loaded") for protocol in range(2, 6)),
)
# The boxes that an MP4 or QuickTime file may start with.
_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide")


def container_of(head: bytes) -> str | None:
    """Tell the kind of audio file from its first bytes; None when it is none that is read.

    Args:
        head: the first `HEAD_BYTES` of the file, or all of a shorter one.

    Example:
        >>> container_of(b"OggS" + bytes(60)), container_of(b"PK" + bytes(62))
        ('OGG', None)
    """
    form, kind = head[:4], head[8:12]
    if (form, kind) in _CHUNKED:
        return "AIFF" if form == b"FORM" else "WAV"
    if form in (b"fLaC", b"OggS"):
        return {b"fLaC": "FLAC", b"OggS": "OGG"}[form]
    if form == b"\x1aE\xdf\xa3":
        return "WebM" if b"webm" in head else "Matroska"
    if head[4:8] in _FIRST_BOXES:
        return "M4A" if kind[:3] == b"M4A" else "MP4"
    return _mpeg(head)


def _mpeg(head: bytes) -> str | None:
    if head[:3] == b"ID3":
        return "MP3"
    # Eleven bits of ones start a frame; two bits further on tell the layer, and AAC has none (ISO 11172-3, 13818-7).
    if head[:1] != b"\xff" or len(head) < 2 or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0x06:
        return "MP3"
    return "AAC" if head[1] & 0xF0 == 0xF0 else None


def foreign(head: bytes) -> str | None:
    """Say in words what a file is that is surely not audio, or None.

    Args:
        head: the first `HEAD_BYTES` of the file, or all of a shorter one.

    Example:
        >>> foreign(b"%PDF-1.7")
        'a PDF document'
    """
    if not head:
        return EMPTY
    return next((what for magic, what in _FOREIGN if head.lower().startswith(magic)), None)


def walk(stream: BinaryIO) -> tuple[list[str], bool]:
    """Walk the chunks of a WAV or AIFF file.

    Returns:
        The names of those besides the format and the sound, and whether sound is missing that the header promises:
        libsndfile makes do with what is there, in silence. Of another file: none, and False.
    """
    chunks: list[str] = []
    end = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    form, kind = struct.unpack("<4s4x4s", stream.read(12).ljust(12, b"\0"))
    if (form, kind) not in _CHUNKED:
        return [], False
    layout, format_name, sound_name = _CHUNKED[form, kind]
    long_length = None
    while len(chunks) < _CHUNKS_AT_MOST and len(head := stream.read(8)) == 8:
        name, length = struct.unpack(layout, head)
        start = stream.tell()
        if name == sound_name:
            unknown = long_length is None and any(length in lengths for lengths in _LENGTH_UNKNOWN)
            length = length if long_length is None else long_length
            if not unknown and start + length > end:
                return chunks, True
        elif form == b"RF64" and name == b"ds64":
            # The length of the sound in 64 bits stands after that of the file (EBU Tech 3306).
            long_length = struct.unpack("<8xQ", stream.read(16).ljust(16, b"\0"))[0]
        elif name != format_name:
            chunks.append(name.decode("ascii", "replace").strip())
        # Chunks start at even places.
        stream.seek(start + length + length % 2)
    return chunks, False
