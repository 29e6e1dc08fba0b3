"""The one progress bar."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def track(iterable: Iterable[Item], *, total: int | None, what: str) -> Iterator[Item]:
    """Pass items through, and show on stderr how far the work is.

    Nothing is shown when stderr is not a terminal, so that logs and pipes stay clean.

    Args:
        iterable: the items of work, or their results as they come.
        total: how many there will be; None when nobody knows.
        what: what is being done, as a short phrase ("inspecting emodb").

    Example:
        >>> list(track([1, 2], total=2, what="counting"))
        [1, 2]
    """
    return iter(tqdm(iterable, total=total, desc=what, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False))


def track_bytes(chunks: Iterable[bytes], *, done: int, total: int | None, what: str) -> Iterator[bytes]:
    """Pass pieces of a file through, and show on stderr how much of it has come.

    Args:
        chunks: the pieces.
        done: bytes that were there before.
        total: bytes of the whole file; None when nobody knows.
        what: what is being done, as a short phrase.

    Example:
        >>> list(track_bytes([b"ab", b"c"], done=0, total=3, what="downloading"))
        [b'ab', b'c']
    """
    quiet = not sys.stderr.isatty()
    with tqdm(total=total, initial=done, desc=what, unit="B", unit_scale=True, disable=quiet, leave=False) as bar:
        for chunk in chunks:
            yield chunk
            bar.update(len(chunk))
