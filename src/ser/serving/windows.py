"""A long recording cut into overlapping windows while it is read: memory does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ser.arrays import Float32
from ser.errors import ConfigError

FADE_S = 0.020
"""How long a window takes to fade in and out, in seconds."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """How a recording is read over time.

    Attributes:
        window_s: length of a window, in seconds.
        hop_s: from the start of one to the start of the next, in seconds; at most `window_s`, so that all is heard.
        whole_s: a recording of at most this length is one span, heard as the utterances of the training were.

    Raises:
        ConfigError: for lengths that cannot be.
    """

    window_s: float
    hop_s: float
    whole_s: float

    def __post_init__(self) -> None:
        for fine, key, expected in (
            (0.1 <= self.window_s <= 600, "window", "0.1 to 600 s"),
            (0.05 <= self.hop_s <= self.window_s, "hop", f"0.05 s to the window's {self.window_s:g} s"),
        ):
            if not fine:
                received = f"{self.window_s if key == 'window' else self.hop_s:g} s"
                raise ConfigError(expected=expected, received=received, where=f"--{key}", fix="Set --window and --hop.")


def cut(blocks: Iterable[Float32], size: int, hop: int) -> Iterator[tuple[int, Float32]]:
    """Cut a stream into windows.

    Args:
        blocks: float32 of shape [samples] each, of any lengths, in order.
        size: samples a window.
        hop: samples from one window to the next, at most `size`.

    Yields:
        Where the window starts, in samples, and the window. The last one is shorter, and left out when at least half a
        hop of new sound is not in it; a stream shorter than a window is one window.

    Example:
        >>> [(start, len(window)) for start, window in cut([np.zeros(7, np.float32)], 4, 2)]
        [(0, 4), (2, 4), (4, 3)]
    """
    held = np.empty(0, np.float32)
    start = 0
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) >= size:
            yield start, held[:size]
            held = held[hop:]
            start += hop
    new = len(held) if start == 0 else len(held) - (size - hop)
    if new > 0 and (start == 0 or 2 * new >= hop):
        yield start, held


def faded(window: Float32, sample_rate_hz: int) -> Float32:
    """Fade a window in and out.

    A cut through speech is a click at the window's ends: broad noise that no utterance of the training has, and that
    fills bands which are all but empty there.

    Args:
        window: float32 of shape [samples].
        sample_rate_hz: its rate.

    Returns:
        A copy whose first and last 20 ms rise and fall as half a period of a cosine.
    """
    length = min(round(FADE_S * sample_rate_hz), len(window) // 2)
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1))).astype(np.float32)
    gain = np.concatenate([ramp, np.ones(len(window) - 2 * length, np.float32), ramp[::-1]])
    # About the mean: faded to zero, a constant offset would become a sound.
    mean = window.mean(dtype=np.float64).astype(np.float32)
    result: Float32 = mean + gain * (window - mean)
    return result
