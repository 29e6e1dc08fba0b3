"""A long recording cut into overlapping windows while it is read: memory does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ser.arrays import Float32
from ser.errors import ConfigError


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
