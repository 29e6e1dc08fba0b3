"""Random convolutions of the log-mel spectrum.

After A. Dempster et al., "MINIROCKET" (KDD 2021), and C. W. Tan et al., "MultiRocket" (2022): kernels that nobody
trained, at several dilations, each over a band of the spectrum of its own, their responses pooled over time.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from ser.arrays import Float32, Float64
from ser.features.base import demand, numbered
from ser.features.clip import N_MELS, Clip
from ser.features.descriptor_set import DescriptorSet

_TAPS = 9
# Frames between taps: kernels that span 90 ms to 1 s.
_DILATIONS = (1, 2, 3, 5, 8, 12)
# A mel band of speech swings by about three nepers around its mean.
_SWING = np.float32(3)
_POOLED = ("positive_share", "positive_mean", "max")


@dataclass(frozen=True, kw_only=True)
class Convolutions(DescriptorSet):
    """Pooled responses of random kernels to the log-mel spectrum, each band less its mean over the clip.

    That mean holds what microphone and distance add; the loudness of a clip, too, is left to the other sets.

    Attributes:
        kernels: how many; shared evenly by the dilations.
        seed: of the kernels. The same seed gives the same features on every machine.
    """

    kernels: int
    seed: int

    def __post_init__(self) -> None:
        super().__post_init__()
        demand(self.kernels >= len(_DILATIONS), f"{len(_DILATIONS)} or more", self.kernels, "features.kernels")
        demand(self.seed >= 0, "0 or more", self.seed, "features.seed")

    def names(self) -> list[str]:
        """Name the values, kernel by kernel; they have no unit."""
        kernels = numbered("kernel", self.kernels)
        return [f"{kernel}_{pooled}" for pooled in _POOLED for kernel in kernels]

    def describe(self, clip: Clip) -> Float64:
        """Describe a clip, float64 of shape [width]."""
        bands = (clip.log_mel - clip.log_mel.mean(axis=0)) / _SWING
        pooled = [
            _pooled(_convolved(bands @ channels, taps, dilation), bias)
            for dilation, channels, taps, bias in _kernels(self.kernels, self.seed)
        ]
        return np.concatenate([np.concatenate(values) for values in zip(*pooled, strict=True)]).astype(np.float64)


@functools.lru_cache(maxsize=4)
def _kernels(count: int, seed: int) -> list[tuple[int, Float32, Float32, Float32]]:
    """Draw the kernels: dilation, weights of the bands, weights in time, and bias, for each dilation."""
    rng = np.random.default_rng(seed)
    groups = []
    for index, dilation in enumerate(_DILATIONS):
        width = count // len(_DILATIONS) + (index < count % len(_DILATIONS))
        channels = rng.standard_normal((N_MELS, width)).astype(np.float32)
        # Neighbouring bands for each kernel, half of the spectrum at most.
        size = rng.integers(1, N_MELS // 2, width)
        first = rng.integers(0, N_MELS - size + 1)
        place = np.arange(N_MELS)[:, None]
        channels *= (place >= first) & (place < first + size)
        channels /= np.linalg.norm(channels, axis=0)
        taps = rng.standard_normal((_TAPS, width)).astype(np.float32)
        taps /= np.linalg.norm(taps, axis=0)
        bias = rng.uniform(-0.5, 0.5, width).astype(np.float32)
        groups.append((dilation, channels, taps, bias))
    return groups


def _convolved(signals: Float32, taps: Float32, dilation: int) -> Float32:
    """Convolve each signal with its kernel, as long as the signal, zeros beyond the ends; [frames, kernels]."""
    reach = _TAPS // 2 * dilation
    padded = np.pad(signals, ((reach, reach), (0, 0)))
    result = np.zeros_like(signals)
    for tap in range(_TAPS):
        result += padded[tap * dilation : tap * dilation + len(signals)] * taps[tap]
    return result


def _pooled(responses: Float32, bias: Float32) -> tuple[Float32, Float32, Float32]:
    """Pool responses over time: share of positive ones, their mean, and the largest."""
    shifted = responses + bias
    positive = shifted > 0
    count = positive.sum(axis=0)
    mean = np.where(positive, shifted, 0).sum(axis=0) / np.maximum(count, 1)
    return (count / len(shifted)).astype(np.float32), mean.astype(np.float32), shifted.max(axis=0)
