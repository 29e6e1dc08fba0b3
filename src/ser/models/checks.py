"""Range checks that the components' `__post_init__` share."""

from __future__ import annotations

from collections.abc import Sequence

from ser.errors import ConfigError, one_of


def require(holds: bool, *, expected: str, received: object, where: str) -> None:
    """Refuse a setting that is out of range.

    Args:
        holds: whether the value is valid.
        expected: what is valid, as a clause.
        received: the value.
        where: its configuration key.

    Raises:
        ConfigError: when it does not hold.
    """
    if not holds:
        raise ConfigError(expected=expected, received=received, where=where, fix=f"Set {where} to {expected}.")


def require_above_zero(value: float, *, where: str) -> None:
    """Refuse a number that is not above 0.

    Raises:
        ConfigError: when it is 0 or less.
    """
    require(value > 0, expected="a number above 0", received=value, where=where)


def require_whole(value: int, *, where: str, at_least: int = 1) -> None:
    """Refuse a whole number below the least that makes sense.

    Raises:
        ConfigError: when it is.
    """
    require(value >= at_least, expected=f"a whole number of at least {at_least}", received=value, where=where)


def require_sizes(sizes: Sequence[int], *, where: str, at_least: int = 0) -> None:
    """Refuse layer sizes below 1, or too short a list of them.

    Raises:
        ConfigError: when one is.

    Example:
        >>> require_sizes([64, 32], where="model.hidden")
        >>> require_sizes([64, 0], where="model.hidden")
        Traceback (most recent call last):
        ...
        ser.errors.ConfigError: model.hidden: expected a list of whole numbers of at least 1, but got [64, 0]. ...
    """
    listed = "a list" if at_least == 0 else "a list (not empty)"
    valid = len(sizes) >= at_least and all(size >= 1 for size in sizes)
    require(valid, expected=f"{listed} of whole numbers of at least 1", received=list(sizes), where=where)


def require_shares(shares: Sequence[float], *, where: str) -> None:
    """Refuse dropout shares outside [0, 1).

    Raises:
        ConfigError: when one is.
    """
    valid = all(0.0 <= share < 1.0 for share in shares)
    require(valid, expected="a share of at least 0 and below 1", received=list(shares), where=where)


def require_class_weight(class_weight: str | None) -> None:
    """Refuse any weight of classes but "balanced" (n / (classes · rows of the class)) and None (all rows alike).

    Raises:
        ConfigError: when it is another.
    """
    if class_weight is not None:
        one_of(class_weight, ("balanced",), what="'balanced' or null", where="model.class_weight")
