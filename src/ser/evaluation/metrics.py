"""Metrics from confusion matrices, one or many at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from ser.arrays import Float64, Int64
from ser.errors import ProtocolError

Counts = npt.NDArray[np.int64] | npt.NDArray[np.float64]
"""Confusion counts [..., C, C]: rows are true classes, columns are predicted classes."""

Labels: TypeAlias = "Sequence[str] | pd.Series[str]"
"""Class names, n of them."""

Statistic = Callable[[Counts], Float64]
"""A metric: confusion counts [..., C, C] to values [...]."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric, what it is called, and which way is up.

    Attributes:
        function: confusion counts [..., C, C] to values [...].
        title: its name in sentences, tables and on axes.
        higher_is_better: whether the larger of two values is the better one.
    """

    function: Statistic
    title: str
    higher_is_better: bool


@dataclass(frozen=True, kw_only=True)
class PerClass:
    """Metrics of each class; all of shape [..., C]. What is undefined (0 / 0) is nan.

    Attributes:
        precision: float64, correct of those predicted as the class; nan where none was.
        recall: float64, correct of those of the class; nan for a class without support.
        f1: float64, harmonic mean of the two; nan where the class is neither true nor predicted.
        support: int64, utterances of the class.
    """

    precision: Float64
    recall: Float64
    f1: Float64
    support: Int64


def class_codes(labels: Labels, classes: Sequence[str]) -> Int64:
    """Number labels by their place in `classes`: int64, shape [n].

    Raises:
        ProtocolError: for a label that is no class, or null.
    """
    values = pd.Series(labels)
    codes = pd.Index(classes).get_indexer(pd.Index(values))
    strange = values[codes < 0].astype(object).unique()
    if len(strange):
        raise ProtocolError(
            expected=f"one of the classes {', '.join(classes)}",
            received=", ".join(map(str, strange[:3])),
            where="predictions",
            fix="Evaluate with the label set these predictions were made under, or train again.",
        )
    return codes.astype(np.int64)


def confusions(true: Int64, predicted: Int64, groups: Int64, shape: tuple[int, int]) -> Int64:
    """Count a confusion matrix per group (speaker, fold) for one or several predictions of the same utterances.

    Args:
        true: int64 class codes, shape [n].
        predicted: int64 class codes, shape [..., n].
        groups: int64, shape [n], each utterance's group from 0.
        shape: the numbers of groups and of classes.

    Returns:
        int64, shape [..., groups, classes, classes]; rows are true classes.
    """
    group_count, classes = shape
    cells = (groups * classes + true) * classes + predicted
    flat = cells.reshape(-1, cells.shape[-1])
    size = group_count * classes * classes
    shifted = flat + size * np.arange(len(flat), dtype=np.int64)[:, None]
    counts: Int64 = np.bincount(shifted.ravel(), minlength=size * len(flat)).astype(np.int64)
    matrices: Int64 = counts.reshape((*predicted.shape[:-1], group_count, classes, classes))
    return matrices


def confusion(y_true: Labels, y_pred: Labels, classes: Sequence[str]) -> Int64:
    """Count true classes (rows) by predicted classes (columns).

    Args:
        y_true: class names, n of them.
        y_pred: class names, n of them.
        classes: C class names, in the order of rows and columns.

    Returns:
        int64, shape [C, C].

    Raises:
        ProtocolError: for a label that is no class.

    Example:
        >>> confusion(["sad", "sad", "happy"], ["sad", "happy", "happy"], ["happy", "sad"]).tolist()
        [[1, 0], [1, 1]]
    """
    true, predicted = class_codes(y_true, classes), class_codes(y_pred, classes)
    counts: Int64 = confusions(true, predicted, np.zeros_like(true), (1, len(classes)))[0]
    return counts


def uar(counts: Counts) -> Float64:
    """Unweighted average recall: the mean over classes of the share of each class that is recognised.

    Also called balanced accuracy. Classes without support are left out of the mean: their recall is 0 / 0. So the mean
    of UARs over folds differs from the UAR of the pooled folds, where every class has support and folds count by their
    size. In EmoDB speaker 08 has no disgust: leave-one-speaker-out scores that fold over six classes.

    Args:
        counts: confusion counts, shape [..., C, C].

    Returns:
        float64, shape [...], in [0, 1]; nan where no class has support.

    Example:
        >>> float(uar(np.array([[3, 1, 0], [0, 2, 2], [0, 0, 0]])))
        0.625
    """
    correct, support, _ = _margins(counts)
    return _mean_where(_ratio(correct, support), support > 0)


def accuracy(counts: Counts) -> Float64:
    """Share of utterances recognised (weighted average recall): float64, shape [...]; nan without utterances."""
    correct, support, _ = _margins(counts)
    return _ratio(correct.sum(axis=-1), support.sum(axis=-1))


def macro_f1(counts: Counts) -> Float64:
    """Mean F1 over the classes that are true or predicted somewhere, as scikit-learn's `f1_score(average="macro")`.

    Args:
        counts: confusion counts, shape [..., C, C].

    Returns:
        float64, shape [...], in [0, 1]; nan without utterances.
    """
    f1 = per_class(counts).f1
    return _mean_where(f1, ~np.isnan(f1))


def weighted_f1(counts: Counts) -> Float64:
    """Mean F1 over the classes, each counting by its utterances, as scikit-learn's `f1_score(average="weighted")`.

    Args:
        counts: confusion counts, shape [..., C, C].

    Returns:
        float64, shape [...], in [0, 1]; nan without utterances.
    """
    scores = per_class(counts)
    _, support, _ = _margins(counts)
    return _ratio((support * np.nan_to_num(scores.f1)).sum(axis=-1), support.sum(axis=-1))


def mcc(counts: Counts) -> Float64:
    """Matthews correlation coefficient for several classes, R_K: the correlation of true and predicted classes.

    From Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", Computational
    Biology and Chemistry 28 (2004), in the form of the margins.

    Args:
        counts: confusion counts, shape [..., C, C].

    Returns:
        float64, shape [...], in [-1, 1]; 0 where all utterances are of one class or all are predicted as one (0 / 0,
        taken as no correlation, as scikit-learn does); nan without utterances.
    """
    correct, support, predicted = _margins(counts)
    n = support.sum(axis=-1)
    together = correct.sum(axis=-1) * n - (support * predicted).sum(axis=-1)
    spreads = (n**2 - (support**2).sum(axis=-1)) * (n**2 - (predicted**2).sum(axis=-1))
    return _zero_if_constant(_ratio(together, np.sqrt(spreads)), n)


def kappa(counts: Counts) -> Float64:
    """Cohen's kappa (unweighted): agreement beyond what the two margins would give by chance.

    From Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960).

    Args:
        counts: confusion counts, shape [..., C, C].

    Returns:
        float64, shape [...], at most 1; 0 where all utterances are of one class and predicted as it (0 / 0, taken as
        nothing beyond chance); nan without utterances.
    """
    correct, support, predicted = _margins(counts)
    n = support.sum(axis=-1)
    by_chance = (support * predicted).sum(axis=-1)
    return _zero_if_constant(_ratio(correct.sum(axis=-1) * n - by_chance, n**2 - by_chance), n)


def per_class(counts: Counts) -> PerClass:
    """Score each class by itself.

    Args:
        counts: confusion counts, shape [..., C, C].

    Example:
        >>> per_class(np.array([[3, 1], [0, 4]])).recall.tolist()
        [0.75, 1.0]
    """
    correct, support, predicted = _margins(counts)
    return PerClass(
        precision=_ratio(correct, predicted),
        recall=_ratio(correct, support),
        f1=_ratio(2 * correct, support + predicted),
        support=support.astype(np.int64),
    )


METRICS: Mapping[str, Metric] = {
    "uar": Metric(function=uar, title="UAR", higher_is_better=True),
    "accuracy": Metric(function=accuracy, title="accuracy", higher_is_better=True),
    "macro_f1": Metric(function=macro_f1, title="macro F1", higher_is_better=True),
    "weighted_f1": Metric(function=weighted_f1, title="weighted F1", higher_is_better=True),
    "mcc": Metric(function=mcc, title="MCC", higher_is_better=True),
    "kappa": Metric(function=kappa, title="kappa", higher_is_better=True),
}


def _margins(counts: Counts) -> tuple[Float64, Float64, Float64]:
    """Give correct, true and predicted utterances per class, each float64 of shape [..., C]."""
    values = counts.astype(np.float64)
    return np.diagonal(values, axis1=-2, axis2=-1), values.sum(axis=-1), values.sum(axis=-2)


def _ratio(part: Float64, whole: Float64) -> Float64:
    ratio: Float64 = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return ratio


def _mean_where(values: Float64, wanted: npt.NDArray[np.bool_]) -> Float64:
    return _ratio(np.where(wanted, values, 0.0).sum(axis=-1), wanted.sum(axis=-1, dtype=np.float64))


def _zero_if_constant(values: Float64, n: Float64) -> Float64:
    return np.where(np.isnan(values) & (n > 0), 0.0, values)
