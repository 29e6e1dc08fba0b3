"""Descriptions of clips seen in two dimensions, and how well they part classes and speakers."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence

import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from ser.arrays import Float32, Float64

UMAP_HINT = "UMAP is drawn too once it is installed: pip install umap-learn."


def standardised(train: Float32, others: Float32) -> tuple[Float64, Float64]:
    """Bring columns to mean 0 and deviation 1 by the training rows; columns that do not vary there become 0.

    Args:
        train: float32, shape [n, width].
        others: float32, shape [m, width].

    Returns:
        Both, as float64.
    """
    wide = train.astype(np.float64)
    mean, deviation = wide.mean(axis=0), wide.std(axis=0)
    scale = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 1e-12)
    return (wide - mean) * scale, (others - mean) * scale


def principal(train: Float64, others: Float64) -> tuple[Float64, Float64, float]:
    """Project on the two directions in which the training rows vary most.

    Args:
        train: shape [n, width], n and width at least 2.
        others: shape [m, width].

    Returns:
        Both in two dimensions, and the share of the variance of the training rows that these hold.
    """
    fitted = PCA(n_components=2, svd_solver="full").fit(train)
    share = float(fitted.explained_variance_ratio_.sum())
    return fitted.transform(train), fitted.transform(others), share


def neighbourly(train: Float64, others: Float64) -> tuple[Float64, Float64] | None:
    """Project by UMAP (McInnes et al. 2018, arXiv:1802.03426), learned from the training rows.

    Distances between far groups mean nothing in such a picture, and nearness only within a seed.

    Args:
        train: shape [n, width].
        others: shape [m, width].

    Returns:
        Both in two dimensions; None where umap-learn is not installed.
    """
    if importlib.util.find_spec("umap") is None:
        return None
    fitted = importlib.import_module("umap").UMAP(n_components=2, random_state=0, n_jobs=1).fit(train)
    return fitted.embedding_, fitted.transform(others)


def parted(rows: Float64, groups: Sequence[str]) -> float | None:
    """Say how well groups lie apart: the silhouette, from -1 (in one another) over 0 to 1 (far apart).

    From Rousseeuw, J. Comput. Appl. Math. 20 (1987).

    Args:
        rows: shape [n, width].
        groups: n names.

    Returns:
        The mean over rows; None when there is a single group, or as many as rows.
    """
    if not 1 < len(set(groups)) < len(groups):
        return None
    return float(silhouette_score(rows, list(groups)))
