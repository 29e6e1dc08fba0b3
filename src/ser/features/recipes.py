"""The feature recipes that `conf/features` names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ser.arrays import Float32, Kind
from ser.audio import decode
from ser.audio.stft import MODES, stft
from ser.errors import one_of
from ser.features import spectral
from ser.features.base import Recipe, demand, demand_rate, numbered
from ser.features.chroma import PITCH_CLASSES, chroma

N_MELS = 128
"""Bands under the MFCCs and in the functionals: librosa's default."""


@dataclass(frozen=True, kw_only=True)
class Functionals(Recipe):
    """162 means over time that many published systems share, librosa's defaults throughout.

    In order: zero-crossing rate, 12 chroma, 20 MFCC, RMS, and 128 bands of the mel-spectrogram in power.

    Attributes:
        mode: "parity" transforms in double precision, as librosa does; "fast" in single precision.
    """

    kind: ClassVar[Kind] = "vector"
    mode: str

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.mode, MODES, what="a mode", where="features.mode")

    def names(self) -> list[str]:
        """Name the 162 values."""
        pitch_classes = [f"chroma_{name}" for name in PITCH_CLASSES]
        return ["zcr", *pitch_classes, *numbered("mfcc", 20), "rms", *numbered("mel", N_MELS)]

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute the 162 means, float32 of shape [1, 162]. See :meth:`Recipe.compute`."""
        magnitude = np.abs(stft(samples, double=self.mode == "parity"))
        mel = spectral.mel_power(magnitude, sample_rate_hz, n_mels=N_MELS)
        frames = [
            spectral.zero_crossing_rate(samples)[:, None],
            chroma(magnitude, sample_rate_hz),
            spectral.power_to_db(mel),
            spectral.rms(samples)[:, None],
            mel,
        ]
        zcr, chroma_mean, decibels, rms, mel_mean = map(_mean_over_time, frames)
        # The mean of the coefficients is the coefficients of the mean.
        return np.hstack([zcr, chroma_mean, spectral.cepstrum(decibels, 20), rms, mel_mean])


@dataclass(frozen=True, kw_only=True)
class MfccMean(Recipe):
    """Means over time of MFCCs, librosa's defaults throughout.

    Attributes:
        n_mfcc: coefficients, from the zeroth.
    """

    kind: ClassVar[Kind] = "vector"
    n_mfcc: int

    def __post_init__(self) -> None:
        super().__post_init__()
        _demand_coefficients(self.n_mfcc)

    def names(self) -> list[str]:
        """Name the coefficients."""
        return numbered("mfcc", self.n_mfcc)

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute the means, float32 of shape [1, n_mfcc]. See :meth:`Recipe.compute`."""
        decibels = spectral.power_to_db(_mel_power(samples, sample_rate_hz))
        return spectral.cepstrum(_mean_over_time(decibels), self.n_mfcc)


@dataclass(frozen=True, kw_only=True)
class MfccSequence(Recipe):
    """MFCCs frame by frame, a frame of 2048 samples every 512.

    Attributes:
        n_mfcc: coefficients, from the zeroth.
        load_rate_hz: a rate that the clip passes through on its way to `sample_rate_hz`, as a published system may
            have it; None goes there directly.
        pad_frames: rows of each result: zero rows are added after shorter clips, longer ones are cut. None keeps each
            clip's own length.
    """

    kind: ClassVar[Kind] = "sequence"
    n_mfcc: int
    load_rate_hz: int | None
    pad_frames: int | None

    def __post_init__(self) -> None:
        super().__post_init__()
        _demand_coefficients(self.n_mfcc)
        demand_rate(self.load_rate_hz, "features.load_rate_hz")
        demand(
            self.pad_frames is None or self.pad_frames >= 1,
            "1 or more, or null",
            self.pad_frames,
            "features.pad_frames",
        )

    def names(self) -> list[str]:
        """Name the coefficients."""
        return numbered("mfcc", self.n_mfcc)

    def prepared(self, samples: Float32, sample_rate_hz: int) -> tuple[Float32, int]:
        """Bring a clip to the recipe's rate, through `load_rate_hz` where that is set. See :meth:`Recipe.prepared`."""
        return super().prepared(*decode.at_rate(samples, sample_rate_hz, self.load_rate_hz))

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute the coefficients, float32 of shape [frames, n_mfcc]. See :meth:`Recipe.compute`."""
        frames = spectral.mfcc(_mel_power(samples, sample_rate_hz), self.n_mfcc)
        if self.pad_frames is None:
            return frames
        kept = frames[: self.pad_frames]
        return np.pad(kept, ((0, self.pad_frames - len(kept)), (0, 0)))


@dataclass(frozen=True, kw_only=True)
class LogMel(Recipe):
    """Natural logarithm of the mel-spectrogram in power, frame by frame.

    Attributes:
        n_mels: bands.
        n_fft: samples a frame, an even number.
        hop: samples from one frame to the next.
        fmin_hz: lower foot of the first band.
        fmax_hz: upper foot of the last band; None is half the rate.
        floor: power below which a band is taken to be silent; the logarithm of it is the smallest value.
    """

    kind: ClassVar[Kind] = "sequence"
    n_mels: int
    n_fft: int
    hop: int
    fmin_hz: float
    fmax_hz: float | None
    floor: float

    def __post_init__(self) -> None:
        super().__post_init__()
        demand(self.n_mels >= 1, "1 band or more", self.n_mels, "features.n_mels")
        demand(self.n_fft >= 2 and self.n_fft % 2 == 0, "an even number, 2 or more", self.n_fft, "features.n_fft")
        demand(1 <= self.hop <= self.n_fft, f"1 to {self.n_fft} (n_fft)", self.hop, "features.hop")
        demand(self.floor > 0, "a power above 0", self.floor, "features.floor")
        nyquist = float("inf") if self.sample_rate_hz is None else self.sample_rate_hz / 2
        top = nyquist if self.fmax_hz is None else self.fmax_hz
        demand(
            0 < top <= nyquist,
            f"more than 0 and at most {nyquist:g} Hz, half the rate, or null",
            self.fmax_hz,
            "features.fmax_hz",
        )
        demand(0 <= self.fmin_hz < top, f"0 or more and below {top:g} Hz", self.fmin_hz, "features.fmin_hz")

    def names(self) -> list[str]:
        """Name the bands, from the lowest."""
        return numbered("log_mel", self.n_mels)

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute the bands, float32 of shape [frames, n_mels]. See :meth:`Recipe.compute`."""
        magnitude = np.abs(stft(samples, n_fft=self.n_fft, hop=self.hop))
        power = spectral.mel_power(
            magnitude, sample_rate_hz, n_mels=self.n_mels, fmin_hz=self.fmin_hz, fmax_hz=self.fmax_hz
        )
        bands: Float32 = np.log(np.maximum(power, np.float32(self.floor)))
        return bands


def _mel_power(samples: Float32, sample_rate_hz: int) -> Float32:
    """Mel-spectrogram in power, float32 of shape [frames, 128], librosa's defaults."""
    return spectral.mel_power(np.abs(stft(samples)), sample_rate_hz, n_mels=N_MELS)


def _mean_over_time(frames: Float32) -> Float32:
    mean: Float32 = frames.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
    return mean


def _demand_coefficients(n_mfcc: int) -> None:
    demand(1 <= n_mfcc <= N_MELS, f"1 to {N_MELS}, the number of mel bands", n_mfcc, "features.n_mfcc")
