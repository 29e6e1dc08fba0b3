"""A long recording cut into overlapping windows while it is read: memory does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ser.arrays import Float32
from ser.errors import ConfigError

FADE_S = 0.020
"""How long a window takes to fade in and out, in seconds."""
SILENCE_DB = -60.0
"""What has a level below this, in dB of full scale, is silence."""
PAUSE_S = 0.2
"""Silence of a window is left out from this length on, in seconds, and a window in which less is heard is silence."""


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


def audible(window: Float32, sample_rate_hz: int) -> Float32:
    """Leave the silence out of a window, and fade in and out what is left.

    Training utterances are speech from end to end. A window that reaches into the silence before or after a turn is
    like none of them: of EmoDB test clips of which the second half was put to zero, a perceptron on functionals named
    21 % rightly, at a mean probability of 0.92; with the zeros left out, 61 % (and 76 % of the whole clips).

    Args:
        window: float32 of shape [samples].
        sample_rate_hz: its rate.

    Returns:
        float32 of shape [samples left]: none when less than 0.2 s reach -60 dB, or less than all of a shorter window.
    """
    size = max(1, round(FADE_S * sample_rate_hz))
    frames, pause = len(window) // size, round(PAUSE_S / FADE_S)
    powers = window[: frames * size].reshape(frames, size).var(axis=1, dtype=np.float64)
    loud = powers >= 10 ** (SILENCE_DB / 10)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]])))
    starts, ends = edges[::2], edges[1::2]
    if (ends - starts).sum() < max(1, min(pause, frames)):
        return window[:0]
    parted = starts[1:] - ends[:-1] >= pause
    starts, ends = starts[np.append(True, parted)] * size, ends[np.append(parted, True)] * size
    # Shorter silence stays, at the ends too, and so does what is less than a frame.
    first = 0 if starts[0] < pause * size else starts[0]
    last = len(window) if len(window) - ends[-1] < pause * size else ends[-1]
    pieces = zip([first, *starts[1:]], [*ends[:-1], last], strict=True)
    return np.concatenate([faded(window[start:end], sample_rate_hz) for start, end in pieces])
