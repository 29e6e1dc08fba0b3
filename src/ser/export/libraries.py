"""The libraries of single formats, imported when first asked for, and kept quiet."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from typing import Any

from ser.extras import required

_WHERE = "exported files"


def onnx(module: str) -> Any:  # noqa: ANN401 - a module of a library without types
    """Import one of the libraries that the extra `onnx` brings.

    Raises:
        ConfigError: when it is not installed.
    """
    return required(module, extra="onnx", where=_WHERE)


def litert(module: str) -> Any:  # noqa: ANN401 - a module of a library without types
    """Import one of the libraries that the extra `litert` brings.

    Raises:
        ConfigError: when it is not installed.
    """
    return required(module, extra="litert", where=_WHERE)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep to themselves what exporters note of each step, and of their own deprecated calls."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
