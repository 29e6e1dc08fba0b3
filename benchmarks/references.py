"""What the feature benchmarks compare with: made clips, and the common recipe written with librosa."""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
import soundfile
from recipes import AMPLITUDE, RATE_HZ, SEMITONES, STRETCH

from ser.arrays import Float32

RATES_HZ = (16_000, 22_050, 24_000, 44_100, 48_000)


def write_clips(folder: Path, count: int) -> list[Path]:
    """Write gliding voices of 1.5 to 2.5 s at the rates of public corpora, over a little noise, as 16-bit WAV."""
    paths = []
    for number in range(count):
        rng = np.random.default_rng(number)
        rate_hz = RATES_HZ[number % len(RATES_HZ)]
        time = np.arange(round(rng.uniform(1.5, 2.5) * rate_hz)) / rate_hz
        pitch_hz = rng.uniform(90, 280) * (
            1 + 0.2 * np.sin(2 * np.pi * rng.uniform(0.3, 1.2) * time + rng.uniform(0, 6))
        )
        phase = 2 * np.pi * np.cumsum(pitch_hz) / rate_hz
        tilt = rng.uniform(0.8, 1.6)
        voice = sum(np.sin(harmonic * phase) / harmonic**tilt for harmonic in range(1, int(7000 / pitch_hz.max())))
        syllables = np.maximum(0, np.sin(2 * np.pi * rng.uniform(2, 4) * time)) ** 0.5
        samples = 0.1 * syllables * voice + 10 ** rng.uniform(-4, -2.5) * rng.standard_normal(len(time))
        paths.append(folder / f"{number:04d}.wav")
        soundfile.write(paths[-1], samples, rate_hz, subtype="PCM_16")
    return paths


def librosa_parts(samples: Float32) -> dict[str, Float32]:
    """Compute the 162 means as published systems do: five calls of librosa, three of which transform the clip."""
    parts = {
        "zcr": librosa.feature.zero_crossing_rate(samples),
        "chroma": librosa.feature.chroma_stft(S=np.abs(librosa.stft(samples)), sr=RATE_HZ),
        "mfcc": librosa.feature.mfcc(y=samples, sr=RATE_HZ, n_mfcc=20),
        "rms": librosa.feature.rms(y=samples),
        "mel": librosa.feature.melspectrogram(y=samples, sr=RATE_HZ),
    }
    return {name: frames.mean(axis=1) for name, frames in parts.items()}


def librosa_features(samples: Float32) -> Float32:
    """Join :func:`librosa_parts`, float of shape [162]."""
    return np.hstack(list(librosa_parts(samples).values()))


def librosa_recipe(path: Path) -> Float32:
    """Load a clip and give the features of it, of a noisy copy, and of a stretched and pitched one: [3, 162]."""
    samples, _ = librosa.load(path, sr=RATE_HZ)
    copies = (samples, numpy_noise(samples), librosa_stretch_and_pitch(samples))
    return np.stack([librosa_features(copy) for copy in copies])


def numpy_noise(samples: Float32) -> np.ndarray:
    """Add noise as published systems do."""
    return samples + AMPLITUDE * np.random.uniform() * samples.max() * np.random.normal(size=len(samples))


def librosa_stretch(samples: Float32) -> Float32:
    """Stretch as librosa does."""
    return librosa.effects.time_stretch(samples, rate=STRETCH)


def librosa_pitch(samples: Float32) -> Float32:
    """Shift the pitch as librosa does."""
    return librosa.effects.pitch_shift(samples, sr=RATE_HZ, n_steps=SEMITONES)


def librosa_stretch_and_pitch(samples: Float32) -> Float32:
    """Stretch, then shift the pitch, as librosa does."""
    return librosa_pitch(librosa_stretch(samples))
