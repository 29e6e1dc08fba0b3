"""Recipes of averages over time beside the 162 functionals: mel-spectrum, chroma, spectral contrast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ser.arrays import Float32, Kind
from ser.audio.stft import stft
from ser.errors import DataError
from ser.features import spectral
from ser.features.base import Recipe, demand, numbered
from ser.features.chroma import PITCH_CLASSES, chroma
from ser.features.contrast import EDGES_HZ, spectral_contrast


@dataclass(frozen=True, kw_only=True)
class MelMean(Recipe):
    """Means over time of the mel-spectrogram in power, librosa's defaults throughout.

    Attributes:
        n_mels: bands, from 0 Hz to half the rate.
    """

    kind: ClassVar[Kind] = "vector"
    n_mels: int

    def __post_init__(self) -> None:
        super().__post_init__()
        demand(self.n_mels >= 1, "1 band or more", self.n_mels, "features.n_mels")

    def names(self) -> list[str]:
        """Name the bands, from the lowest; power, full scale 1, has no unit."""
        return numbered("mel", self.n_mels)

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute the means, float32 of shape [1, n_mels]. See :meth:`Recipe.compute`."""
        bands = spectral.mel_power(np.abs(stft(samples)), sample_rate_hz, n_mels=self.n_mels)
        mean: Float32 = bands.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
        return mean


@dataclass(frozen=True, kw_only=True)
class Chroma(Recipe):
    """Means and standard deviations over time of the twelve pitch classes, as the 162 functionals have them."""

    kind: ClassVar[Kind] = "vector"

    def names(self) -> list[str]:
        """Name the values, 0 to 1 and without a unit: the means from C, then the deviations."""
        return _mean_and_std([f"chroma_{name}" for name in PITCH_CLASSES])

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute them, float32 of shape [1, 24]. See :meth:`Recipe.compute`."""
        # In double precision, as the tuning estimate jumps at a rounding.
        return _moments(chroma(np.abs(stft(samples, double=True)), sample_rate_hz))


@dataclass(frozen=True, kw_only=True)
class SpectralContrast(Recipe):
    """Means and standard deviations over time of the spectral contrast in seven bands."""

    kind: ClassVar[Kind] = "vector"

    def __post_init__(self) -> None:
        super().__post_init__()
        demand(
            self.sample_rate_hz is None or self.sample_rate_hz > 2 * EDGES_HZ[-1],
            f"a rate above {2 * EDGES_HZ[-1]} Hz, so that the last band is not empty, or null",
            self.sample_rate_hz,
            "features.sample_rate_hz",
        )

    def names(self) -> list[str]:
        """Name the values by the lower edges of their bands: the means, then the deviations."""
        return _mean_and_std([f"contrast_from_{edge}_hz_db" for edge in EDGES_HZ])

    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute them, float32 of shape [1, 14]. See :meth:`Recipe.compute`.

        Raises:
            DataError: when the clip's own rate leaves the last band empty.
        """
        if sample_rate_hz <= 2 * EDGES_HZ[-1]:
            raise DataError(
                expected=f"audio at more than {2 * EDGES_HZ[-1]} Hz",
                received=f"{sample_rate_hz} Hz",
                where="features=spectral_contrast",
                fix="Set features.sample_rate_hz=22050.",
            )
        return _moments(spectral_contrast(np.abs(stft(samples)), sample_rate_hz))


def _mean_and_std(names: list[str]) -> list[str]:
    return [f"{name}_{moment}" for moment in ("mean", "std") for name in names]


def _moments(frames: Float32) -> Float32:
    """Give the means, then the standard deviations, of the columns, float32 of shape [1, 2 * columns]."""
    exact = frames.astype(np.float64)
    return np.hstack([exact.mean(axis=0), exact.std(axis=0)])[None].astype(np.float32)
