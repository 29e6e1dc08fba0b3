"""Libraries that not everybody needs, and that come as extras of `ser`."""

from __future__ import annotations

import importlib
from typing import Any

from ser.errors import ConfigError


def required(module: str, *, extra: str, where: str, instead: str | None = None) -> Any:  # noqa: ANN401 - a module of a library without types
    """Import a library that an extra installs.

    Args:
        module: what to import.
        extra: the extra that brings it.
        where: what needs it.
        instead: what else can be done, as an imperative clause; None when there is nothing else.

    Raises:
        ConfigError: when it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(
            expected=f"the library {module.split('.')[0]}, which the extra {extra} brings",
            received=str(error),
            where=where,
            fix=f"Run pip install 'ser[{extra}]'" + (f", or {instead}." if instead else "."),
        ) from error
