"""Rich functionals of MFCCs and low-level descriptors: over all frames, over the voiced ones, and of the deltas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft

from ser.arrays import Float64
from ser.features import descriptors, functionals
from ser.features.base import demand, numbered
from ser.features.clip import HOP_S, N_MELS, Clip
from ser.features.descriptor_set import DescriptorSet


@dataclass(frozen=True, kw_only=True)
class Rich(DescriptorSet):
    """Fourteen statistics of every contour, in two blocks.

    The first block describes MFCCs (of power in natural logarithms) and their deltas; the second spectral descriptors
    over all frames, their deltas, and over the voiced frames alone the same with the harmonics, the pitch, the
    harmonicity and the formants. Deltas are per frame of 10 ms.

    Attributes:
        n_mfcc: coefficients, from the zeroth.
    """

    n_mfcc: int

    def __post_init__(self) -> None:
        super().__post_init__()
        demand(1 <= self.n_mfcc <= N_MELS, f"1 to {N_MELS}, the number of mel bands", self.n_mfcc, "features.n_mfcc")

    def names(self) -> list[str]:
        """Name the values; units are part of the names, skewness and kurtosis have none."""
        return functionals.names([*self._cepstral(), *_DESCRIPTORS], functionals.RICH)

    def blocks(self) -> list[tuple[str, int]]:
        """Give the widths of the two blocks, so that neither outweighs the other."""
        each = len(functionals.RICH)
        return [("mfcc", each * len(self._cepstral())), ("descriptors", each * len(_DESCRIPTORS))]

    def describe(self, clip: Clip) -> Float64:
        """Describe a clip, float64 of shape [width]."""
        cepstrum = scipy.fft.dct(clip.log_mel.astype(np.float64), type=2, norm="ortho", axis=1)[:, : self.n_mfcc]
        spectrum = descriptors.spectral(clip)
        contours = [cepstrum, functionals.deltas(cepstrum), spectrum, functionals.deltas(spectrum)]
        # A clip without voice is described as one frame of a neutral one.
        voiced = spectrum[clip.voiced] if clip.voiced.any() else spectrum.mean(axis=0, keepdims=True)
        voice = np.hstack([voiced, descriptors.harmonics(clip), descriptors.voice(clip)])
        everywhere = functionals.rich(np.hstack(contours), HOP_S)
        return np.concatenate([everywhere.ravel(), functionals.rich(voice, HOP_S).ravel()])

    def _cepstral(self) -> list[str]:
        coefficients = numbered("mfcc", self.n_mfcc)
        return [*coefficients, *(f"delta_{name}" for name in coefficients)]


_DESCRIPTORS = (
    *descriptors.SPECTRAL,
    *(f"delta_{name}" for name in descriptors.SPECTRAL),
    *(f"voiced_{name}" for name in (*descriptors.SPECTRAL, *descriptors.HARMONICS, *descriptors.VOICE)),
)
