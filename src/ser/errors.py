"""The errors a user may meet, and the one grammar of their messages.

Every message says what was expected, what was received, where, and what to do. Anything raised in `ser` that is
the user's to mend is a :class:`SerError`; the command line prints it without a traceback and exits with 2.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable

LISTED = 12
"""Valid choices that a message lists, the nearest first."""


class SerError(Exception):
    """Base of all errors that a user can mend.

    Args:
        expected: what was needed, as a clause ("a corpus id").
        received: what came instead; strings are quoted.
        where: the configuration key, command or file at fault.
        fix: what to do about it, as an imperative sentence.
    """

    def __init__(self, *, expected: str, received: object, where: object, fix: str) -> None:
        self.expected = expected
        self.received = received
        self.where = str(where)
        self.fix = fix
        shown = repr(received) if isinstance(received, str) and "\n" not in received else str(received)
        super().__init__(f"{self.where}: expected {expected}, but got {shown}. {fix}")

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a worker process: keyword-only arguments do not pickle by default."""
        return _rebuild, (type(self), self.expected, self.received, self.where, self.fix)


class ConfigError(SerError):
    """A configuration key or value, or a command-line argument, is not valid."""


class DataError(SerError):
    """Audio, a corpus folder or a table on disk is not what it should be."""


class ProtocolError(SerError):
    """The data cannot be split, labelled or compared as the protocol asks."""


class StoreError(SerError):
    """Something `ser` wrote earlier is missing or damaged, or cannot be written."""


class TrainingError(SerError):
    """A model could not be trained (a loss that is not a number, a dead worker)."""


def to_text(error: SerError) -> str:
    """Write an error as JSON, for where nothing but text is to travel: unlike a pickle it runs nothing when it is read.

    Args:
        error: whose kind and four parts are written; what was received becomes text unless JSON knows it.
    """
    parts = [type(error).__name__, error.expected, error.received, error.where, error.fix]
    return json.dumps(parts, default=str)


def from_text(text: str) -> SerError:
    """Read an error that :func:`to_text` wrote.

    Example:
        >>> from_text(to_text(DataError(expected="one", received=2, where="here", fix="Mend it.")))
        DataError('here: expected one, but got 2. Mend it.')
    """
    name, expected, received, where, fix = json.loads(text)
    kinds = {kind.__name__: kind for kind in SerError.__subclasses__()}
    return _rebuild(kinds[name], expected, received, where, fix)


def _rebuild(kind: type[SerError], expected: str, received: object, where: str, fix: str) -> SerError:
    return kind(expected=expected, received=received, where=where, fix=fix)


def nearest_first(got: str, choices: Iterable[str]) -> list[str]:
    """Sort the valid choices by closeness to what was typed.

    Example:
        >>> nearest_first("lstmm", ["cnn", "lstm", "mlp"])
        ['lstm', 'mlp', 'cnn']
    """
    return sorted(choices, key=lambda choice: (-difflib.SequenceMatcher(None, got, choice).ratio(), choice))


def one_of(got: str, choices: Iterable[str], *, what: str, where: object, error: type[SerError] = ConfigError) -> str:
    """Return `got` when it is a valid choice.

    Args:
        got: the name received.
        choices: the valid names.
        what: what such a name stands for ("a corpus").
        where: the configuration key or file it came from.
        error: the class to raise.

    Raises:
        SerError: (of class `error`) when `got` is not among the choices; they are listed, nearest first.

    Example:
        >>> one_of("lstm", ["cnn", "lstm"], what="a model", where="model")
        'lstm'
    """
    valid = nearest_first(got, choices)
    if got in valid:
        return got
    more = f", and {len(valid) - LISTED} more" if len(valid) > LISTED else ""
    hint = (
        f"Did you mean {valid[0]!r}? Valid: {', '.join(valid[:LISTED])}{more}." if valid else "Nothing is valid here."
    )
    raise error(expected=what, received=got, where=where, fix=hint)
