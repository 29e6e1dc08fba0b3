"""Calibration: whether a model that says 80 % is right in 80 of 100 cases, and whether one number mends it.

The summary's `calibration` is plain data:

- `bins`: bins of confidence behind both calibration errors
- `before`: of the probabilities as predicted, averaged over seeds:
  - `ece`: expected calibration error of the predicted class over bins of equal width
  - `ece_equal_mass`: the same over bins of equal counts
  - `brier`: mean squared distance of the probabilities from the true class, summed over classes, from 0 to 2
  - `nll`: mean negative log-likelihood of the true class, in nats
  - `reliability`: rows `low high n confidence accuracy`, one for each bin of equal width that is not empty, over all
    seeds
- `after`: the same after temperature scaling; None where no predictions of the development part are at hand
- `temperatures`: rows `fold seed temperature`, or None
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from ser.arrays import Bool, Float64, Int64
from ser.evaluation.aligned import Aligned, chance_columns
from ser.evaluation.metrics import class_codes

BINS = 15
"""As in Guo et al. (2017)."""

LOWEST, HIGHEST = 0.05, 20.0
"""Temperatures looked at. A development part without a single error would call for 0."""

_TINY = float(np.finfo(np.float32).eps)


def calibration(
    data: Aligned, development: pd.DataFrame | None, utterances: pd.DataFrame, classes: Sequence[str]
) -> dict[str, Any]:
    """Measure calibration before and after temperature scaling.

    Args:
        data: aligned predictions of the test parts.
        development: predictions of the development parts by models that have not seen them, columns `utterance_id fold
            seed p_<class>`, each fold and seed of `data` among them; None when there are none at hand.
        utterances: columns `utterance_id label`.
        classes: class names.

    Returns:
        As the head of this module describes it.
    """
    before = _measures(data, data.probabilities)
    if development is None:
        return {"bins": BINS, "before": before, "after": None, "temperatures": None}
    found = temperatures(development, utterances, classes)
    by_fold = np.array([[found[fold, seed] for fold in data.folds] for seed in data.seeds])
    return {
        "bins": BINS,
        "before": before,
        "after": _measures(data, tempered(data.probabilities, by_fold[:, data.fold])),
        "temperatures": [
            {"fold": fold, "seed": seed, "temperature": found[fold, seed]} for fold in data.folds for seed in data.seeds
        ],
    }


def temperatures(
    development: pd.DataFrame, utterances: pd.DataFrame, classes: Sequence[str]
) -> dict[tuple[int, int], float]:
    """Fit the temperature of each fold and seed on its own development part, so that no other fold's labels enter.

    Args:
        development: columns `utterance_id fold seed p_<class>`.
        utterances: columns `utterance_id label`.
        classes: class names.

    Returns:
        (fold, seed) -> temperature; above 1 the model was too sure.
    """
    labels = development["utterance_id"].map(utterances.set_index("utterance_id")["label"])
    rows = development.assign(true=class_codes(labels, classes))
    return {
        (int(str(fold)), int(str(seed))): fit_temperature(
            part[chance_columns(classes)].to_numpy(np.float64), part["true"].to_numpy()
        )
        for (fold, seed), part in rows.groupby(["fold", "seed"])
    }


def fit_temperature(probabilities: Float64, true: Int64) -> float:
    """Find the temperature under which the true classes are likeliest (Guo et al., ICML 2017).

    The negative log-likelihood is convex in 1 / T, so that a bounded search in log T finds its one minimum.

    Args:
        probabilities: float64, shape [n, C].
        true: int64 class codes, shape [n].

    Returns:
        A temperature between `LOWEST` and `HIGHEST`.
    """

    def loss(log_temperature: float) -> float:
        return float(nll(tempered(probabilities, np.exp(np.full(len(true), log_temperature))), true))

    found = minimize_scalar(loss, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded")
    return float(np.exp(found.x))


def tempered(probabilities: Float64, temperature: Float64) -> Float64:
    """Raise probabilities to 1 / T and normalise them, which is dividing logits by T.

    Args:
        probabilities: shape [..., C]; below 1.2e-7 (the resolution of float32) they count as that.
        temperature: shape [...].

    Returns:
        float64, shape [..., C].

    Example:
        >>> tempered(np.array([0.8, 0.2]), np.array(0.5)).round(3).tolist()
        [0.941, 0.059]
    """
    logits = np.log(np.maximum(probabilities, _TINY)) / temperature[..., None]
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    normalised: Float64 = powers / powers.sum(axis=-1, keepdims=True)
    return normalised


def nll(probabilities: Float64, true: Int64) -> Float64:
    """Mean negative log-likelihood of the true classes: shape [...] from [..., n, C] and [n]; in nats."""
    own = np.take_along_axis(probabilities, _as_index(true, probabilities), axis=-1)[..., 0]
    mean: Float64 = -np.log(np.maximum(own, _TINY)).mean(axis=-1)
    return mean


def brier(probabilities: Float64, true: Int64) -> Float64:
    """Brier score for several classes: shape [...] from [..., n, C] and [n]; from 0 to 2.

    From Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78 (1950).
    """
    distance = probabilities - (true[:, None] == np.arange(probabilities.shape[-1]))
    mean: Float64 = (distance**2).sum(axis=-1).mean(axis=-1)
    return mean


def expected_calibration_error(confidence: Float64, correct: Bool, bins: Int64) -> float:
    """Mean over utterances of the distance between confidence and accuracy of their bin.

    Args:
        confidence: float64, shape [n].
        correct: bool, shape [n].
        bins: int64, shape [n], the bin of each.
    """
    return float(np.abs(np.bincount(bins, correct - confidence)).sum() / len(bins))


def equal_width(confidence: Float64) -> Int64:
    """Put confidences into `BINS` bins of equal width, each without its lower end: int64, shape [...]."""
    bins: Int64 = np.clip(np.ceil(confidence * BINS) - 1, 0, BINS - 1).astype(np.int64)
    return bins


def equal_mass(confidence: Float64) -> Int64:
    """Put confidences, shape [n], into `BINS` bins of equal counts; equal ones share a bin: int64, shape [n]."""
    edges = np.quantile(confidence, np.arange(1, BINS) / BINS)
    return np.searchsorted(edges, confidence).astype(np.int64)


def _as_index(true: Int64, probabilities: Float64) -> Int64:
    index: Int64 = np.broadcast_to(true[:, None], (*probabilities.shape[:-1], 1))
    return index


def _measures(data: Aligned, probabilities: Float64) -> dict[str, Any]:
    confidence, correct = probabilities.max(axis=-1), data.predicted == data.true
    pairs = list(zip(confidence, correct, strict=True))
    return {
        "ece": _over_seeds([expected_calibration_error(*pair, equal_width(pair[0])) for pair in pairs]),
        "ece_equal_mass": _over_seeds([expected_calibration_error(*pair, equal_mass(pair[0])) for pair in pairs]),
        "brier": float(brier(probabilities, data.true).mean()),
        "nll": float(nll(probabilities, data.true).mean()),
        "reliability": _reliability(confidence.ravel(), correct.ravel()),
    }


def _over_seeds(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _reliability(confidence: Float64, correct: Bool) -> list[dict[str, float | int]]:
    bins = equal_width(confidence)
    n = np.bincount(bins, minlength=BINS)
    sure, right = (np.bincount(bins, values, minlength=BINS) for values in (confidence, correct))
    return [
        {
            "low": place / BINS,
            "high": (place + 1) / BINS,
            "n": int(n[place]),
            "confidence": float(sure[place] / n[place]),
            "accuracy": float(right[place] / n[place]),
        }
        for place in np.flatnonzero(n).tolist()
    ]
