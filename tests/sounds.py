"""Recordings of every kind that is read, and a WAV file with whatever in its header."""

from __future__ import annotations

import io
import struct

import numpy as np
import soundfile

RATE = 16_000


def tone(seconds: float = 0.25, channels: int = 1) -> np.ndarray:
    """A tone in a little noise, shape [samples, channels]."""
    time = np.arange(round(RATE * seconds)) / RATE
    noise = np.random.default_rng(0).standard_normal((len(time), channels))
    return 0.3 * np.sin(2 * np.pi * 220 * time)[:, None] + 0.01 * noise


def written(samples: np.ndarray, container: str, subtype: str | None = None, rate: int = RATE) -> bytes:
    """What libsndfile writes."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=container, subtype=subtype)
    return file.getvalue()


def muxed(container: str, codec: str, seconds: float = 0.25, rate: int = RATE, channels: int = 1) -> bytes:
    """What FFmpeg writes."""
    import av

    file = io.BytesIO()
    layout = "mono" if channels == 1 else "stereo"
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.layout = layout
        planes = np.ascontiguousarray(tone(seconds, channels).T, np.float32)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        frame.sample_rate = RATE
        size = stream.codec_context.frame_size or None
        resampler = av.AudioResampler(format=stream.format.name, layout=layout, rate=rate, frame_size=size)
        for part in (*resampler.resample(frame), *resampler.resample(None), None):
            out.mux(stream.encode(part))
    return file.getvalue()


def film(container: str) -> bytes:
    """A second of grey film, and no sound."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for part in (*(av.VideoFrame(64, 48, "yuv420p") for _ in range(3)), None):
            out.mux(stream.encode(part))
    return file.getvalue()


def valid() -> dict[str, bytes]:
    """A whole recording of each kind, by suffix."""
    return {
        "wav": written(tone(), "WAV", "PCM_16"),
        "float.wav": written(tone(channels=2), "WAV", "FLOAT"),
        "extensible.wav": written(tone(channels=3), "WAVEX", "PCM_24"),
        "rf64.wav": written(tone(), "RF64", "PCM_16"),
        "aiff": written(tone(), "AIFF", "PCM_16"),
        "flac": written(tone(channels=2), "FLAC", "PCM_16"),
        "ogg": written(tone(), "OGG", "VORBIS"),
        "opus": written(tone(), "OGG", "OPUS"),
        "mp3": written(tone(), "MP3"),
        "m4a": muxed("ipod", "aac"),
        "mp4": muxed("mp4", "aac", channels=2),
        "mov": muxed("mov", "pcm_s16le"),
        "webm": muxed("webm", "libopus", rate=48_000),
        "aac": muxed("adts", "aac"),
    }


def wav(
    *,
    tag: int = 1,
    channels: int = 1,
    rate: int = RATE,
    align: int | None = None,
    bits: int = 16,
    more: bytes = b"",
    says: int | None = None,
    content: bytes = bytes(3200),
) -> bytes:
    """A WAV file with whatever in its header, `says` being the length of the sound that it claims."""
    align = channels * bits // 8 & 0xFFFF if align is None else align
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * align & 0xFFFFFFFF, align, bits) + more
    length = struct.pack("<I", len(content) if says is None else says)
    return riff(b"fmt " + struct.pack("<I", len(form)) + form + b"data" + length + content)


def riff(body: bytes, form: bytes = b"RIFF") -> bytes:
    """A RIFF file around chunks."""
    return form + struct.pack("<I", len(body) + 4 & 0xFFFFFFFF) + b"WAVE" + body
