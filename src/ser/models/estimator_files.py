"""Estimators of scikit-learn as files without pickle, by skops.

A module of its own, imported only where there is an estimator: skops imports all of scikit-learn, which takes longer
than to train a small network.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from ser.errors import StoreError


def write(file: Path, estimator: Any) -> None:  # noqa: ANN401 - scikit-learn has no types
    """Write an estimator."""
    skops.io.dump(estimator, file)


def read(file: Path, trusted: Sequence[str]) -> Any:  # noqa: ANN401 - scikit-learn has no types
    """Read an estimator.

    Args:
        file: as :func:`write` left it.
        trusted: dotted names of the types that it may hold beside scikit-learn's and numpy's own, which skops checks by
            name.

    Raises:
        StoreError: when it holds others; nothing was run then.
    """
    try:
        return skops.io.load(file, trusted=list(trusted))
    except UntrustedTypesFoundException as error:
        raise StoreError(
            expected="an estimator of trusted types",
            received=f"other types ({error})",
            where=file,
            fix="Nothing was run. Train it again, if you do not know who wrote it.",
        ) from error
