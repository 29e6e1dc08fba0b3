"""Scores of points, and what curves of them come to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ser.analysis.subject import Subject
from ser.arrays import Int64
from ser.evaluation.aligned import Aligned, align, certain
from ser.evaluation.intervals import LEVEL, speaker_bootstrap, utterance_bootstrap
from ser.evaluation.metrics import METRICS, Statistic, confusions
from ser.pipeline.prepare import Split

Codes = Mapping[int, Int64 | Sequence[int]]
"""Class codes of the test part of each fold, by the number of the fold."""


def scored(subject: Subject, ids: Mapping[int, Sequence[str]], draws: Sequence[Codes]) -> dict[str, Any]:
    """Score a point by the metric of the protocol, averaged over draws (or seeds).

    Args:
        subject: the run, whose test parts were predicted.
        ids: by fold, the ids of its test utterances.
        draws: predictions of these utterances, in each draw.

    Returns:
        `score`, the mean over draws of the pooled test parts; `low` and `high`, its 95 % interval by the bootstrap over
        speakers (over utterances where speakers are unknown), None with a single one; `draws`, how many; `draw_low` and
        `draw_high`, the worst and the best of them.
    """
    data = _aligned(subject.made, ids, draws)
    statistic, classes = METRICS[subject.settings.protocol.metric].function, len(subject.classes)
    values = statistic(confusions(data.true, data.predicted, np.zeros_like(data.true), (1, classes))[:, 0])
    return {
        "score": float(values.mean()),
        **interval(data, statistic, classes, subject.settings.replicates),
        "draws": len(draws),
        "draw_low": float(values.min()),
        "draw_high": float(values.max()),
    }


def interval(data: Aligned, statistic: Statistic, classes: int, replicates: int) -> dict[str, float | None]:
    """Give the 95 % interval of a statistic over the bootstrap: `low` and `high`, None with too few speakers.

    Args:
        data: predictions.
        statistic: confusion counts to values.
        classes: how many there are.
        replicates: draws of the bootstrap.
    """
    options: dict[str, Any] = {"replicates": replicates, "level": LEVEL, "seed": 0}
    if data.speaker is None:
        found = utterance_bootstrap(data.true, data.predicted, statistic, **options)
    else:
        by_speaker = confusions(data.true, data.predicted, data.speaker, (len(data.speakers), classes))
        found = speaker_bootstrap(by_speaker, statistic, **options)
    return {"low": None, "high": None} if found is None else {"low": found.low, "high": found.high}


def _aligned(made: Split, ids: Mapping[int, Sequence[str]], draws: Sequence[Codes]) -> Aligned:
    names = np.array(made.classes, dtype=object)
    tables = [
        pd.DataFrame({"utterance_id": ids[fold], "fold": fold, "seed": draw, "y_pred": names[np.asarray(codes)]})
        for draw, by_fold in enumerate(draws)
        for fold, codes in by_fold.items()
    ]
    predictions = pd.concat(tables, ignore_index=True)
    labels = made.utterances.set_index("utterance_id")["label"]
    predictions["y_true"] = labels.loc[predictions["utterance_id"]].to_numpy()
    return align(certain(predictions, made.classes), made.utterances, made.folds, made.classes)


def per_doubling(counts: Sequence[int], scores: Sequence[float]) -> float:
    """Give what a score gains with each doubling of something: the least-squares slope over the binary logarithm.

    Example:
        >>> round(per_doubling([1, 2, 4, 8], [0.1, 0.3, 0.5, 0.7]), 6)
        0.2
    """
    slope: float = np.polyfit([math.log2(count) for count in counts], scores, 1)[0].item()
    return slope


def relative_area(scores: Sequence[float], clean: float) -> float:
    """Give the area under a curve of equal steps, as a share of that under a level line at the clean score.

    Trapezoids, so that the ends of a curve count half: 1 is not hurt at all.

    Example:
        >>> relative_area([0.8, 0.4, 0.0], 0.8)
        0.5
    """
    return float(np.trapezoid(scores) / (clean * (len(scores) - 1)))
