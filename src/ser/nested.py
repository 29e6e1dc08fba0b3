"""Settings within settings, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flat(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Lay nested mappings out under dotted keys; an empty one stays a value.

    Example:
        >>> flat({"model": {"name": "mlp", "conv": {"pool": 2}}, "parts": {}})
        {'model.name': 'mlp', 'model.conv.pool': 2, 'parts': {}}
    """
    found: dict[str, Any] = {}
    for key, value in values.items():
        inner = isinstance(value, Mapping) and value
        found |= flat(value, f"{above}{key}.") if inner else {f"{above}{key}": value}
    return found
