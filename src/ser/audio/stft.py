"""The short-time Fourier transform that augmentation and features share.

Frames lie along the first axis, so that one frame is contiguous in memory. Framing, window and padding are librosa's
defaults: centred frames, zeros beyond the ends, a periodic Hann window as long as the transform.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import scipy.fft

from ser.arrays import Float32, Float64

Complex64 = npt.NDArray[np.complex64]

N_FFT = 2048
HOP = 512

# Frames transformed at a time: their double-precision copies stay in the cache, which is 3.5 times faster.
_BLOCK = 8


@functools.cache
def hann(length: int) -> Float64:
    """Return the periodic Hann window, float64 of shape [length]; read-only, because it is shared.

    Example:
        >>> hann(4).round(6).tolist()
        [0.0, 0.5, 1.0, 0.5]
    """
    window: Float64 = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    window.setflags(write=False)
    return window


def frame(padded: Float32, length: int, hop: int) -> Float32:
    """View a signal as overlapping frames, without copying.

    Args:
        padded: float32 of shape [samples], at least `length` of them.
        length: samples a frame.
        hop: samples from one frame's start to the next one's.

    Returns:
        A read-only view, float32 of shape [1 + (samples - length) // hop, length].
    """
    return np.lib.stride_tricks.sliding_window_view(padded, length)[::hop]


def stft(samples: Float32, *, n_fft: int = N_FFT, hop: int = HOP) -> Complex64:
    """Transform a signal, frame `t` centred on sample `t * hop`.

    Computed in double precision and rounded once, as `librosa.stft` does: the tuning estimate under the chroma jumps
    at a difference in the last bit.

    Args:
        samples: float32 of shape [samples], of any length.
        n_fft: samples a frame, even.
        hop: samples between frames.

    Returns:
        complex64 of shape [1 + samples // hop, 1 + n_fft // 2].

    Example:
        >>> stft(np.zeros(1000, np.float32)).shape
        (2, 1025)
    """
    frames = frame(np.pad(samples, n_fft // 2), n_fft, hop)
    spectrum = np.empty((len(frames), 1 + n_fft // 2), np.complex64)
    for start in range(0, len(frames), _BLOCK):
        block = slice(start, start + _BLOCK)
        spectrum[block] = scipy.fft.rfft(frames[block] * hann(n_fft), axis=-1)
    return spectrum


def istft(spectrum: Complex64, *, length: int, hop: int = HOP) -> Float32:
    """Return the signal whose transform is nearest to a spectrum.

    Windowed overlap-add, divided by the summed squares of the window (Griffin and Lim 1984, equation 6).

    Args:
        spectrum: complex64 of shape [frames, 1 + n_fft // 2], centred frames as :func:`stft` makes them.
        length: samples wanted.
        hop: samples between frames; it divides n_fft.

    Returns:
        float32 of shape [length]; zeros where no frame reaches.
    """
    n_fft = 2 * (spectrum.shape[1] - 1)
    # Frames that begin beyond the end would still weigh in the window's sum.
    used = spectrum[: -(-(length + n_fft) // hop)]
    window = hann(n_fft).astype(np.float32)
    signal = _overlap_add(scipy.fft.irfft(used, n=n_fft, axis=-1) * window, hop)
    weight = _overlap_add(np.broadcast_to(window**2, (len(used), n_fft)), hop)
    reached = weight > np.finfo(np.float32).tiny
    np.divide(signal, weight, out=signal, where=reached)
    kept = signal[n_fft // 2 : n_fft // 2 + length]
    return np.pad(kept, (0, length - len(kept)))


def _overlap_add(frames: Float32, hop: int) -> Float32:
    count, length = frames.shape
    blocks = length // hop
    total = np.zeros((count + blocks - 1, hop), np.float32)
    parts = frames.reshape(count, blocks, hop)
    for block in range(blocks):
        total[block : block + count] += parts[:, block]
    return total.reshape(-1)
