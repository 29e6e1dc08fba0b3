"""Abstention: how well a model does on what it is surest of, when it may leave the rest to a person.

The summary's `abstention` is plain data:

- `curve`: rows `coverage n classes uar accuracy`: of the most confident share `coverage`, `n` utterances; `classes` are
  those among them (the fewest of any seed), over which the UAR goes: it can fall when a class is no longer answered
- `aurc`: area under the risk-coverage curve, the mean error over every number of utterances answered
- `aurc_ideal`: what it would be with the same errors, all of them the least confident
- `aurc_random`: what it would be with confidence at random: the error of all utterances

All are averaged over seeds; lower areas are better. See Geifman & El-Yaniv, "Selective classification for deep neural
networks", NeurIPS 2017. Confidence is the highest probability, as predicted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ser.arrays import Float64, Int64
from ser.evaluation import metrics
from ser.evaluation.aligned import Aligned

STEPS = 20
"""Points of the curve, at equal steps of coverage."""


def abstention(data: Aligned) -> dict[str, Any]:
    """Score the most confident shares of the test parts.

    Args:
        data: aligned predictions.

    Returns:
        As the head of this module describes it.
    """
    n = len(data.true)
    answered = [-(-step * n // STEPS) for step in range(1, STEPS + 1)]
    places = np.array(answered) - 1
    uars, accuracies, classes, risks, ideals = [], [], [], [], []
    for predicted, probabilities in zip(data.predicted, data.probabilities, strict=True):
        counts = most_confident(data.true * probabilities.shape[-1] + predicted, probabilities)
        risk = 1 - metrics.accuracy(counts)
        uars.append(metrics.uar(counts[places]))
        accuracies.append(1 - risk[places])
        classes.append((counts[places].sum(axis=-1) > 0).sum(axis=-1))
        risks.append(risk.mean())
        right = int((predicted == data.true).sum())
        ideals.append((np.maximum(np.arange(1, n + 1) - right, 0) / np.arange(1, n + 1)).mean())
    return {
        "curve": [
            {
                "coverage": (step + 1) / STEPS,
                "n": answered[step],
                "classes": int(np.min(classes, axis=0)[step]),
                "uar": float(np.mean(uars, axis=0)[step]),
                "accuracy": float(np.mean(accuracies, axis=0)[step]),
            }
            for step in range(STEPS)
        ],
        "aurc": float(np.mean(risks)),
        "aurc_ideal": float(np.mean(ideals)),
        "aurc_random": float((data.predicted != data.true).mean()),
    }


def most_confident(cells: Int64, probabilities: Float64) -> Float64:
    """Count confusions among the k most confident utterances, for every k.

    Where confidence is equal, the order says nothing: each place among equals gets the mean of them all, which makes
    the counts those expected over all orders.

    Args:
        cells: int64, shape [n], true class times C plus predicted class.
        probabilities: float64, shape [n, C].

    Returns:
        float64, shape [n, C, C]; entry k - 1 is of the k most confident.
    """
    n, classes = probabilities.shape
    confidence = probabilities.max(axis=-1)
    order = np.argsort(-confidence, kind="stable")
    starts = np.flatnonzero(np.diff(confidence[order], prepend=np.inf))
    sizes = np.diff(starts, append=n)
    one_hot = np.zeros((n, classes * classes))
    one_hot[np.arange(n), cells[order]] = 1
    means = np.add.reduceat(one_hot, starts, axis=0) / sizes[:, None]
    counts: Float64 = np.repeat(means, sizes, axis=0).cumsum(axis=0).reshape(n, classes, classes)
    return counts
