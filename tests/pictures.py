"""Pictures that are drawn once: drawing takes most of the time of a small run, and has tests of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from ser.evaluation import figures

_KEPT: dict[str, bytes] = {}


@contextmanager
def drawn_once() -> Iterator[None]:
    """Within the block, draw the first picture of each name; every later one of that name is a copy of it."""
    draw = figures.save

    def save(figure: Figure, file: Path) -> None:
        if file.name not in _KEPT:
            draw(figure, file)
            _KEPT[file.name] = file.read_bytes()
        file.write_bytes(_KEPT[file.name])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(figures, "save", save)
        yield
