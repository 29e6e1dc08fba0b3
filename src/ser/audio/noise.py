"""Random signals."""

from __future__ import annotations

import numpy as np
import scipy.fft

from ser.arrays import Float32
from ser.audio import kernels

COLOURS = {"white": 0, "pink": 1, "brown": 2}
"""The power of a noise goes by frequency to the minus this."""

_LOWEST_HZ = 20.0


def standard_normal(rng: np.random.Generator, count: int) -> Float32:
    """Draw from the normal distribution of mean 0 and deviation 1 (Box and Muller, 1958).

    Two numbers are made of 32 random bits, 18 for the radius and 14 for the angle. About ten times faster than
    `rng.standard_normal`.

    Args:
        rng: where the bits come from.
        count: how many.

    Returns:
        float32 of shape [count], between -5.2 and 5.2: the longest of 2**18 radii.

    Example:
        >>> standard_normal(np.random.default_rng(0), 100_000).std().round(2).item()
        1.0
    """
    bits = rng.bit_generator.random_raw((count + 3) // 4).view(np.uint32)
    normal = np.empty(2 * len(bits), np.float32)
    kernels.box_muller(bits, normal)
    return normal[:count]


def coloured(rng: np.random.Generator, count: int, sample_rate_hz: int, colour: str) -> Float32:
    """Draw Gaussian noise whose power goes by a power of the frequency, of any scale.

    Pink and brown noise hold nothing below 20 Hz: nearly all their power would lie where nobody hears it.

    Args:
        rng: where the bits come from.
        count: how many samples.
        sample_rate_hz: their rate.
        colour: one of `COLOURS`.

    Returns:
        float32 of shape [count].
    """
    if colour == "white":
        return standard_normal(rng, count)
    length = scipy.fft.next_fast_len(max(count, sample_rate_hz // 10), real=True)
    frequencies = scipy.fft.rfftfreq(length, 1 / sample_rate_hz).astype(np.float32)
    heard = frequencies >= _LOWEST_HZ
    spectrum = np.zeros(len(frequencies), np.complex64)
    spectrum[heard] = standard_normal(rng, 2 * int(heard.sum())).view(np.complex64)
    spectrum[heard] *= frequencies[heard] ** np.float32(-COLOURS[colour] / 2)
    noise: Float32 = scipy.fft.irfft(spectrum, length)[:count]
    return noise
