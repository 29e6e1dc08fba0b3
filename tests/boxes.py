"""MP4 files made box by box (ISO 14496-12), for what no encoder would write."""

from __future__ import annotations

import struct


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full(name: bytes, *content: bytes) -> bytes:
    """A box with a version and flags of zero."""
    return box(name, bytes(4), *content)


def entry(coding: bytes, *, channels: int, rate: int, more: bytes) -> bytes:
    """A description of sound coded as AAC, whatever it is called."""
    specific = bytes([0x14, 0x08])
    esds = full(b"esds", bytes([3, 23, 0, 1, 0, 4, 15, 0x40, 0x15, *bytes(11), 5, len(specific)]), specific)
    sound = struct.pack(">HHHHI", channels, 16, 0, 0, rate << 16 & 0xFFFFFFFF)
    return box(coding, bytes(6), b"\0\1", bytes(8), sound, esds, more)


def table(count: int, size: int, *, reference: bytes, coding: bytes, channels: int, rate: int, more: bytes) -> bytes:
    """The table of `count` frames of `size` bytes, of which it needs none to be there."""
    return box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), entry(coding, channels=channels, rate=rate, more=more)),
        full(b"stts", struct.pack(">III", 1, count, 1024)),
        full(b"stsc", struct.pack(">IIII", 1, 1, count, 1)),
        full(b"stsz", struct.pack(">II", size, count)),
        full(b"stco", struct.pack(">II", 1, 36)),
        reference,
    )


def mp4(
    count: int,
    size: int,
    *,
    tracks: int = 1,
    timescale: int = 16000,
    rate: int = 16000,
    channels: int = 1,
    coding: bytes = b"mp4a",
    more: bytes = b"",
    reference: bytes = b"",
) -> bytes:
    """A small MP4 file that says it holds `count` frames of `size` bytes in each of its tracks."""
    length = count * 1024 & 0xFFFFFFFF
    matrix = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    movie = full(b"mvhd", struct.pack(">IIIIIH", 0, 0, timescale, length, 0x10000, 0x100), bytes(10), matrix, bytes(28))
    media = full(b"mdhd", struct.pack(">IIIIHH", 0, 0, timescale, length, 0x55C4, 0))
    handler = full(b"hdlr", b"\0\0\0\0soun", bytes(12), b"\0")
    about = {"reference": b"", "coding": coding, "channels": channels, "rate": rate, "more": more}
    where = box(b"dinf", reference)
    minf = box(b"minf", full(b"smhd", bytes(4)), where, table(count, size, **about))
    track = box(b"tkhd", b"\0\0\0\7", struct.pack(">IIIII", 0, 0, 1, 0, length), bytes(60))
    tracks_ = tracks * box(b"trak", track, box(b"mdia", media, handler, minf))
    start = box(b"ftyp", b"isom\0\0\2\0isomiso2")
    return start + box(b"mdat", bytes(100)) + box(b"moov", movie, tracks_)


def elsewhere(path: bytes) -> bytes:
    """A reference that says the sound lies in another file."""
    return full(b"dref", struct.pack(">I", 1), full(b"url ", path + b"\0"))
