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
