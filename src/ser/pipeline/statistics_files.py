"""Statistics and features that somebody else computed, from the files they keep them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser.arrays import Float32, Float64
from ser.errors import DataError
from ser.files import read_json
from ser.protocol.leaks import ALL_FOLDS

_MEANS, _SCALES = ("mean", "mean_", "mu"), ("std", "scale", "scale_", "sigma")
_STATISTICS = (
    "JSON or npz with mean and std (JSON may hold them for each fold by its name), or CSV with the columns mean and "
    "std, a row for each feature, and fold where there are several."
)
_FEATURES = "CSV or Parquet: the names of the utterances in the first column, a number in all others; or npz: names, X."

Statistics = dict[str, tuple[Float64, Float64]]
"""Fold, or "all" -> mean and standard deviation, float64, shape [width]."""


def statistics(file: Path) -> Statistics:
    """Read means and standard deviations.

    Raises:
        DataError: when the file cannot be read or has another shape.
    """
    try:
        kind = file.suffix.lower()
        if kind == ".csv":
            table = pd.read_csv(file, dtype={"fold": str})
            groups = table.groupby("fold") if "fold" in table else [(ALL_FOLDS, table)]
            return {str(fold): _pair(rows.to_dict("list")) for fold, rows in groups}
        value = dict(np.load(file, allow_pickle=False)) if kind == ".npz" else read_json(file)
        if any(name in value for name in _MEANS):
            return {ALL_FOLDS: _pair(value)}
        return {str(fold): _pair(inside) for fold, inside in value.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _unread("means and standard deviations of features", file, error, _STATISTICS) from error


def features(file: Path) -> tuple[list[str], Float32]:
    """Read features.

    Returns:
        The names of the utterances, n of them, and float32, shape [n, width].

    Raises:
        DataError: when the file cannot be read or has another shape.
    """
    try:
        kind = file.suffix.lower()
        if kind == ".npz":
            arrays = np.load(file, allow_pickle=False)
            names, values = arrays["names"].tolist(), arrays["X"]
        else:
            table = pd.read_parquet(file) if kind in {".parquet", ".pq"} else pd.read_csv(file, dtype={0: str})
            names, values = table.iloc[:, 0].astype(str).tolist(), table.iloc[:, 1:].to_numpy()
        rows = np.asarray(values, dtype=np.float32)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _unread("features", file, error, _FEATURES) from error
    if rows.ndim != 2 or len(rows) != len(names):
        raise _unread("a row of features for each name", file, f"{len(names)} names, shape {rows.shape}", _FEATURES)
    return [str(name) for name in names], rows


def _pair(value: Any) -> tuple[Float64, Float64]:  # noqa: ANN401 - whatever the file holds
    mean, scale = (np.asarray(value[_first(value, names)], dtype=np.float64) for names in (_MEANS, _SCALES))
    if mean.ndim != 1 or mean.shape != scale.shape:
        raise ValueError(f"a mean of shape {mean.shape} and a deviation of shape {scale.shape}")
    return mean, scale


def _first(value: Mapping[str, Any], names: Sequence[str]) -> str:
    """Give the first of some names that a mapping has."""
    for name in names:
        if name in value:
            return name
    raise KeyError(f"none of {', '.join(names)}")


def _unread(expected: str, file: Path, received: object, fix: str) -> DataError:
    return DataError(expected=expected, received=str(received) or type(received).__name__, where=file, fix=fix)
