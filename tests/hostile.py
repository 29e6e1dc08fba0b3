"""More than two hundred uploads that mean harm, or were harmed, made on the spot.

Each is to be refused in plain words or, where a damaged file still sounds, to give finite samples within the limits;
never to crash, to hang, to fill the memory, or to tell anything of the machine.
"""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import boxes
from sounds import RATE, film, muxed, riff, tone, valid, wav, written

TEXT = b"The quick brown fox jumps over the lazy dog.\n"


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """An upload: the name it comes under, what it holds, and what is wrong with it."""

    name: str
    content: bytes
    why: str


def hostile(seed: int) -> list[Hostile]:
    """Make the collection.

    Args:
        seed: of the bytes that are drawn at random; what is made otherwise is always the same.
    """
    rng = np.random.default_rng(seed)
    sound = valid()
    makers = (_cut(sound), _flipped(sound, rng), _noise(rng), _spoilt(sound, rng), _headers(), _chunks(), _values())
    return [one for maker in (*makers, _bombs(), _mpeg4(), _foreign(), _names()) for one in maker] + _mixed(sound)


def _cut(sound: dict[str, bytes]) -> Iterator[Hostile]:
    for suffix, content in sound.items():
        for end in (5, 30, len(content) // 3, 3 * len(content) // 4):
            yield Hostile(name=f"cut-{end}.{suffix}", content=content[:end], why=f"ends after {end} bytes")


def _flipped(sound: dict[str, bytes], rng: np.random.Generator) -> Iterator[Hostile]:
    for suffix, content in sound.items():
        for number in range(4):
            harmed = bytearray(content)
            for place in rng.choice(np.arange(4, 160), 1 + 3 * number, replace=False):
                harmed[place] = (0, 0xFF, harmed[place] ^ 1 << int(rng.integers(8)))[rng.integers(3)]
            yield Hostile(name=f"flipped-{number}.{suffix}", content=bytes(harmed), why="bytes of the header changed")


def _noise(rng: np.random.Generator) -> Iterator[Hostile]:
    starts = (
        b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0",
        b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0",
        b"FORM\0\1\0\0AIFFCOMM\0\0\0\x12",
        b"fLaC\0\0\0\x22",
        b"OggS\0\2",
        b"ID3\4\0\0\x7f\x7f\x7f\x7f",
        b"\xff\xfb\x90\x64",
        b"\xff\xf1\x60\x40",
        b"\0\0\0\x1cftypM4A \0\0\2\0",
        b"\0\0\1\0moov\0\0\0\x6cmvhd",
        b"\x1aE\xdf\xa3\x9fB\x86\x81\1webm",
    )
    for number, start in enumerate(starts):
        for length in (40, 20_000):
            content = start + rng.bytes(length)
            yield Hostile(name=f"noise-{number}-{length}.wav", content=content, why="a magic number, then noise")


def _spoilt(sound: dict[str, bytes], rng: np.random.Generator) -> Iterator[Hostile]:
    for suffix, content in sound.items():
        head = min(400, len(content) // 2)
        noise = rng.bytes(len(content) - head)
        yield Hostile(name=f"spoilt.{suffix}", content=content[:head] + noise, why="noise after a whole header")
        parts = [content[start : start + 500] for start in range(0, len(content), 500)]
        rng.shuffle(parts)
        yield Hostile(name=f"shuffled.{suffix}", content=b"".join(parts), why="its parts in another order")


def _headers() -> Iterator[Hostile]:
    for channels in (0, 1000, 1024, 0xFFFF):
        yield Hostile(name=f"channels-{channels}.wav", content=wav(channels=channels), why=f"{channels} channels")
    for rate in (0, 1, 2, 2**31 - 1, 2**31, 2**32 - 1):
        yield Hostile(name=f"rate-{rate}.wav", content=wav(rate=rate), why=f"a rate of {rate} Hz")
        aiff = written(tone(), "AIFF")
        yield Hostile(
            name=f"rate-{rate}.aiff",
            content=aiff.replace(b"\x40\x0c\xfa\0", struct.pack(">HH", 0x3FFE + rate.bit_length(), 0x8000)),
            why=f"about {rate} Hz in 80 bits",
        )
    for bits in (0, 1, 7, 33, 64, 0xFFFF):
        yield Hostile(name=f"bits-{bits}.wav", content=wav(bits=bits), why=f"samples of {bits} bits")
    for tag in (0, 2, 3, 0x11, 0x31, 0x40, 0x50, 0x55, 0x161, 0x2000, 0xFFFE, 0xFFFF):
        yield Hostile(name=f"tag-{tag}.wav", content=wav(tag=tag), why=f"sound coded as number {tag}")
        more = struct.pack("<HHI", 22, 16, 0xFFFFFFFF) + bytes(16)
        yield Hostile(name=f"tag-{tag}-more.wav", content=wav(tag=tag, more=more), why="an extension of no known kind")
    for align in (0, 1, 3, 0xFFFF):
        yield Hostile(name=f"align-{align}.wav", content=wav(align=align), why=f"frames of {align} bytes")


def _chunks() -> Iterator[Hostile]:
    hours = 24 * 3600 * RATE * 2 & 0xFFFFFFFF
    for says in (0, 3201, hours, 0x7FFEFFFF, 0x7FFFFFFF, 0xFFFFFFFE):
        yield Hostile(name=f"says-{says}.wav", content=wav(says=says), why=f"{says} bytes promised, 3200 given")
    form, data = wav()[12:36], wav()[36:]
    orders = {
        "no-sound": form,
        "no-format": data,
        "sound-first": data + form,
        "two-formats": form + wav(rate=8000, channels=2)[12:36] + data,
        "two-sounds": form + data + data,
        "empty-sound": form + b"data" + bytes(4),
        "format-of-none": b"fmt " + bytes(4) + data,
        "format-of-all": b"fmt \xff\xff\xff\x7f" + form[8:] + data,
        "odd-chunk": form + b"LIST\3\0\0\0abc" + data,
        "many-chunks": form + 20_000 * (b"JUNK" + bytes(4)) + data,
        "endless-chunk": form + b"LIST\xff\xff\xff\xff" + data,
        "negative-chunk": form + b"LIST\xf8\xff\xff\xff" + data,
        "cues": form + b"cue \xff\xff\0\0\xff\xff\xff\xff" + bytes(65531) + data,
        "nested": form + 500 * (b"LIST\xff\xff\0\0adtl") + data,
    }
    for name, body in orders.items():
        yield Hostile(name=f"{name}.wav", content=riff(body), why=f"chunks: {name}")
    for length in (1, 2**31, 2**62, 2**63, 2**64 - 1):
        sizes = b"ds64" + struct.pack("<IQQQI", 28, length, length, length, 0)
        body = sizes + form + b"data\xff\xff\xff\xff" + bytes(3200)
        yield Hostile(name=f"long-{length}.wav", content=riff(body, b"RF64"), why=f"{length} bytes in 64 bits")
    yield Hostile(name="short.wav", content=riff(b"ds64\4\0\0\0", b"RF64"), why="no room for its own lengths")
    yield Hostile(name="big-endian.wav", content=riff(form + data, b"RIFX"), why="the other order of bytes")


def _values() -> Iterator[Hostile]:
    for value in (np.nan, np.inf, -np.inf, 1e30, 3e38, 1e300):
        samples = tone()
        samples[1000] = value
        content = written(samples, "WAV", "DOUBLE")
        yield Hostile(name=f"one-{value}.wav", content=content, why=f"one sample of {value}")
        content = written(np.full((4000, 2), value), "AIFF", "DOUBLE")
        yield Hostile(name=f"all-{value}.aiff", content=content, why=f"all samples of {value}")
    for container in ("WAV", "FLAC", "AIFF", "OGG", "MP3"):
        content = written(np.zeros((0, 1)), container)
        yield Hostile(name=f"nothing.{container}", content=content, why="a header, and no sound")


def _bombs() -> Iterator[Hostile]:
    silence = np.zeros(8000 * 600, np.int16)
    flac = written(silence, "FLAC", "PCM_16", 8000)
    unknown = flac[:21] + bytes([flac[21] & 0xF0, 0, 0, 0, 0]) + flac[26:]
    yield Hostile(name="silence.flac", content=flac, why="ten minutes in some kilobytes")
    yield Hostile(name="silence-unknown.flac", content=unknown, why="ten minutes, the length left open")
    lie = flac[:21] + bytes([flac[21] & 0xF0, 0, 0, 4, 0]) + flac[26:]
    yield Hostile(name="silence-lie.flac", content=lie, why="ten minutes that say they are an eighth of a second")
    days = flac[:21] + bytes([flac[21] & 0xF0 | 0xF, *4 * b"\xff"]) + flac[26:]
    yield Hostile(name="days.flac", content=days, why="99 days promised")
    yield Hostile(
        name="silence.ogg", content=written(silence[: 8000 * 90], "OGG", "VORBIS", 8000), why="90 s of silence"
    )
    yield Hostile(name="silence.mp3", content=written(silence[: 8000 * 90], "MP3", None, 8000), why="90 s of silence")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a.wav", bytes(20_000_000))
    yield Hostile(name="bomb.wav", content=archive.getvalue(), why="a ZIP archive that swells a thousandfold")
    yield Hostile(name="bomb.gz.wav", content=gzip.compress(bytes(20_000_000)), why="gzip that swells a thousandfold")


def _mpeg4() -> Iterator[Hostile]:
    for count in (0, 1, 1_000_000, 20_000_000, 0x0FFFFFFF, 0xFFFFFFFF):
        for size in (0, 4):
            content = boxes.mp4(count, size)
            yield Hostile(name=f"index-{count}-{size}.m4a", content=content, why=f"{count} frames that are not there")
    yield Hostile(
        name="tracks.m4a", content=boxes.mp4(1_000_000, 4, tracks=12), why="twelve tracks of a million frames"
    )
    yield Hostile(name="many-tracks.m4a", content=boxes.mp4(9, 4, tracks=2000), why="two thousand tracks")
    for scale in (0, 1, 0xFFFFFFFF):
        yield Hostile(name=f"scale-{scale}.m4a", content=boxes.mp4(9, 4, timescale=scale), why=f"time in 1/{scale} s")
    for channels, rate in ((0, 0), (1000, RATE), (1, 0xFFFF)):
        content = boxes.mp4(9, 4, channels=channels, rate=rate)
        yield Hostile(name=f"sound-{channels}-{rate}.m4a", content=content, why=f"{channels} channels, {rate} Hz")
    for coding in (b"enca", b"drms", b"ec-3", b"text", b"\0\0\0\0"):
        more = boxes.box(b"sinf", boxes.box(b"frma", b"mp4a"))
        content = boxes.mp4(9, 4, coding=coding, more=more)
        yield Hostile(name=f"coded-{coding.hex()}.m4a", content=content, why=f"encrypted or coded as {coding!r}")
    path = boxes.elsewhere(b"file:///etc/passwd")
    yield Hostile(name="elsewhere.mov", content=boxes.mp4(9, 4, reference=path), why="its sound is in another file")
    deep = b""
    for _ in range(2000):
        deep = boxes.box(b"udta", deep)
    yield Hostile(name="deep.m4a", content=boxes.mp4(9, 4) + boxes.box(b"moov", deep), why="boxes two thousand deep")
    for container in ("mp4", "mov", "matroska"):
        yield Hostile(name=f"film.{container}", content=film(container), why="film without sound")


class _Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return exec, ("raise SystemExit('a pickle was loaded')",)


def _foreign() -> Iterator[Hostile]:
    kinds = {
        "nothing": b"",
        "a byte": b"R",
        "zeros": bytes(5000),
        "ones": 5000 * b"\xff",
        "words": 40 * TEXT,
        "UTF-16": (40 * TEXT.decode()).encode("utf-16"),
        "a git-LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0f\nsize 61882\n",
        "PDF": b"%PDF-1.7\n" + 40 * TEXT,
        "HTML": b"<!DOCTYPE html><script>alert(1)</script>",
        "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "a program": b"MZ\x90\0" + bytes(400),
        "another program": b"\x7fELF\2\1\1" + bytes(400),
        "an image": b"\x89PNG\r\n\x1a\n" + bytes(400),
        "a photograph": b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(400),
        "a script": b"#!/bin/sh\ncat /etc/passwd\n",
        "JSON": b'{"audio": "/etc/passwd"}',
        "a playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "a list of files": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "a session": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
        "DASH": b'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>/etc/passwd</BaseURL></MPD>',
        "an array": b"\x93NUMPY\1\0\x76\0{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"
        + pickle.dumps(_Evil()),
        "AVI": b"RIFF\0\1\0\0AVI LIST" + bytes(400),
        "MIDI": b"MThd\0\0\0\6\0\0\0\1\0\x60" + bytes(400),
        "an old tracker": b"Extended Module: " + bytes(400),
        "Sun sound": b".snd\0\0\0\x18\xff\xff\xff\xff\0\0\0\1\0\0\0\0\xff\xff\xff\xff" + bytes(400),
    }
    kinds |= {f"pickle {number}": pickle.dumps(_Evil(), protocol=number) for number in range(6)}
    for number, (why, content) in enumerate(kinds.items()):
        yield Hostile(name=f"foreign-{number}.wav", content=content, why=why)


def _names() -> Iterator[Hostile]:
    for name in (
        "",
        "-",
        ".",
        "../../etc/passwd",
        "..\\..\\windows\\win.ini",
        "/etc/shadow",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "file:///etc/passwd",
        "concat:/etc/passwd|/etc/hosts",
        "http://127.0.0.1:1/a.wav",
        "a\0.wav",
        "a\r\nSet-Cookie: b=c.wav",
        "\x1b[2J\x1b]0;a\7.wav",
        "\N{RIGHT-TO-LEFT OVERRIDE}vaw.exe",
        "\N{COMBINING ACUTE ACCENT}" * 500,
        "a" * 5000 + ".wav",
        "<img src=x onerror=alert(1)>.wav",
        "'; DROP TABLE runs; --.wav",
        "{{7*7}}${7*7}%s%n.wav",
        "CON.wav",
    ):
        yield Hostile(name=name, content=TEXT, why="a name that means harm, and no sound")


def _mixed(sound: dict[str, bytes]) -> list[Hostile]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("a.html", TEXT)
    tag = b"ID3\4\0\0\0\0\0\x0a" + bytes(10)
    pairs = {
        "sound, then an archive": sound["wav"] + archive.getvalue(),
        "sound, then a program": sound["flac"] + b"MZ" + bytes(400),
        "an archive, then sound": archive.getvalue() + sound["wav"],
        "a page, then sound": b"<html>" + sound["mp3"],
        "MP3, then WAV": sound["mp3"] + sound["wav"],
        "a tag, then WAV": tag + sound["wav"],
        "a tag, then Sun sound": tag + b".snd\0\0\0\x18\0\0\0\x20\0\0\0\3\0\0\x3e\x80\0\0\0\1" + bytes(400),
        "a tag, then an archive": tag + archive.getvalue(),
        "a thousand tags": 1000 * tag + sound["mp3"],
        "two streams": sound["ogg"] + written(tone(channels=2), "OGG", "VORBIS", 8000),
        "two kinds of Ogg": sound["ogg"] + sound["opus"],
        "AAC of two rates": sound["aac"] + muxed("adts", "aac", rate=44_100, channels=2),
        "WebM, then MP4": sound["webm"] + sound["mp4"],
    }
    return [Hostile(name=f"mixed-{n}.wav", content=content, why=why) for n, (why, content) in enumerate(pairs.items())]
