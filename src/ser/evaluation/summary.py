"""The summary of a run: every number that is reported of it, from its saved predictions.

A summary is plain data for JSON; what is undefined is None. Its keys:

- `n`, `classes`, `classes_without_support`, `seeds`
- `uar accuracy macro_f1 weighted_f1 mcc kappa`: of the pooled test parts, averaged over seeds
- `uar_fold_mean uar_fold_std`: of the folds' UARs (each over the classes it tests, averaged over seeds); the deviation
  is that of the folds themselves (divisor n, as `cross_val_score(...).std()`)
- `uar_interval`: `low high level method clusters`, or None
- `per_class`: class -> `precision recall f1` (over all seeds) and `support` (of one seed)
- `confusion`: counts summed over seeds, rows are true classes
- `corpora`: rows `corpus n classes uar accuracy`, one for each corpus tested: `classes` are those it has utterances
  of, and its UAR is over them; a prediction of another class is an error like any other
- `folds`: rows `fold seed n speakers uar accuracy`
- `per_seed`: rows `seed` and every metric
- `baselines`: `majority` and `stratified` (`uar accuracy`), `permuted` (`mean low high p_value method`)
- `development`: `n uar accuracy` of the pooled development parts, by models that had not seen them, averaged over
  seeds; `n` counts an utterance in each fold; None where these predictions are not at hand
- `calibration`: see :mod:`ser.evaluation.calibration`
- `abstention`: see :mod:`ser.evaluation.abstention`
- `groups`: see :mod:`ser.evaluation.groups`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ser.arrays import Int64
from ser.evaluation import metrics
from ser.evaluation.abstention import abstention
from ser.evaluation.aligned import Aligned, align, chance_columns
from ser.evaluation.baselines import majority, permuted, stratified
from ser.evaluation.calibration import calibration
from ser.evaluation.groups import by_group
from ser.evaluation.metrics import class_codes
from ser.evaluation.uar_interval import uar_interval

_SEED = 0  # of every draw: the same predictions give the same summary


def summarise(
    predictions: pd.DataFrame,
    utterances: pd.DataFrame,
    folds: pd.DataFrame,
    classes: Sequence[str],
    *,
    development: pd.DataFrame | None,
    replicates: int,
) -> dict[str, Any]:
    """Compute everything that is reported of a run.

    Args:
        predictions: columns `utterance_id fold seed y_true y_pred p_<class>`, test parts only; classes by name.
        utterances: columns `utterance_id label corpus speaker gender language intensity duration_s`.
        folds: the fold table.
        classes: C class names.
        development: columns `utterance_id fold seed p_<class>`, development parts only; None when not at hand.
        replicates: bootstrap draws and label permutations.

    Returns:
        The summary, as the head of this module describes it.

    Raises:
        StoreError: when predictions and folds do not belong together.
        ProtocolError: for a class that is not among `classes`.
    """
    data = align(predictions, utterances, folds, classes)
    pooled = metrics.confusions(data.true, data.predicted, np.zeros_like(data.true), (1, len(classes)))[:, 0]
    by_fold = metrics.confusions(data.true, data.predicted, data.fold, (len(data.folds), len(classes)))
    fold_uars = metrics.uar(by_fold).mean(axis=0)
    return {
        "n": len(data.true),
        "classes": list(classes),
        "classes_without_support": [classes[int(index)] for index in np.flatnonzero(pooled[0].sum(axis=1) == 0)],
        "seeds": data.seeds,
        **_scores(pooled),
        "uar_fold_mean": float(fold_uars.mean()),
        "uar_fold_std": float(fold_uars.std()),
        "uar_interval": uar_interval(data, np.ones(len(data.true), dtype=bool), replicates=replicates, seed=_SEED),
        "per_class": _per_class(pooled, classes),
        "confusion": pooled.sum(axis=0).tolist(),
        "corpora": _corpus_rows(data, classes),
        "folds": _fold_rows(data, by_fold),
        "per_seed": [{"seed": seed, **_scores(counts)} for seed, counts in zip(data.seeds, pooled, strict=True)],
        "baselines": _baselines(data, utterances, folds, classes, replicates),
        "development": _development(development, utterances, classes),
        "calibration": calibration(data, development, utterances, classes),
        "abstention": abstention(data),
        "groups": by_group(data, utterances, replicates=replicates, seed=_SEED),
    }


def _scores(counts: Int64) -> dict[str, float]:
    """Compute every metric of confusion counts [..., C, C], averaged."""
    return {name: float(metric.function(counts).mean()) for name, metric in metrics.METRICS.items()}


def _per_class(pooled: Int64, classes: Sequence[str]) -> dict[str, dict[str, float | int | None]]:
    scores = metrics.per_class(pooled.sum(axis=0))
    return {
        name: {
            "precision": _defined(scores.precision[code]),
            "recall": _defined(scores.recall[code]),
            "f1": _defined(scores.f1[code]),
            "support": int(scores.support[code]) // len(pooled),
        }
        for code, name in enumerate(classes)
    }


def _defined(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)


def _development(
    development: pd.DataFrame | None, utterances: pd.DataFrame, classes: Sequence[str]
) -> dict[str, Any] | None:
    if development is None:
        return None
    labels = development["utterance_id"].map(utterances.set_index("utterance_id")["label"])
    named = development[chance_columns(classes)].to_numpy(np.float64).argmax(axis=1)
    seeds = np.unique(development["seed"].to_numpy(), return_inverse=True)[1]
    true = class_codes(labels, classes)
    counts = np.zeros((seeds.max() + 1, len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (seeds, true, named), 1)
    scores = {"uar": metrics.uar(counts), "accuracy": metrics.accuracy(counts)}
    return {"n": int(counts[0].sum()), **{name: float(values.mean()) for name, values in scores.items()}}


def _corpus_rows(data: Aligned, classes: Sequence[str]) -> list[dict[str, Any]]:
    by_corpus = metrics.confusions(data.true, data.predicted, data.corpus, (len(data.corpora), len(classes)))
    uars, accuracies = metrics.uar(by_corpus).mean(axis=0), metrics.accuracy(by_corpus).mean(axis=0)
    support = by_corpus[0].sum(axis=2)
    return [
        {
            "corpus": corpus,
            "n": int(support[row].sum()),
            "classes": [name for name, count in zip(classes, support[row], strict=True) if count],
            "uar": float(uars[row]),
            "accuracy": float(accuracies[row]),
        }
        for row, corpus in enumerate(data.corpora)
    ]


def _fold_rows(data: Aligned, by_fold: Int64) -> list[dict[str, Any]]:
    uars, accuracies = metrics.uar(by_fold), metrics.accuracy(by_fold)
    return [
        {
            "fold": fold,
            "seed": seed,
            "n": int(by_fold[row, column].sum()),
            "speakers": [] if data.speaker is None else _speakers_of(data, data.speaker, column),
            "uar": float(uars[row, column]),
            "accuracy": float(accuracies[row, column]),
        }
        for column, fold in enumerate(data.folds)
        for row, seed in enumerate(data.seeds)
    ]


def _speakers_of(data: Aligned, speaker: Int64, fold: int) -> list[str]:
    return [data.speakers[code] for code in np.unique(speaker[data.fold == fold])]


def _baselines(
    data: Aligned,
    utterances: pd.DataFrame,
    folds: pd.DataFrame,
    classes: Sequence[str],
    replicates: int,
) -> dict[str, Any]:
    commonest = majority(folds, utterances, classes)
    counts = metrics.confusion(commonest["y_true"], commonest["y_pred"], classes)
    by_shares = stratified(folds, utterances, classes)
    chance = permuted(data.true, data.predicted, data.speaker, len(classes), replicates=replicates, seed=_SEED)
    return {
        "majority": _both(counts),
        "stratified": _both(by_shares),
        "permuted": dict(vars(chance)),
    }


def _both(counts: metrics.Counts) -> dict[str, float]:
    return {"uar": float(metrics.uar(counts)), "accuracy": float(metrics.accuracy(counts))}


def seed_spread(summary: Mapping[str, Any]) -> float | None:
    """Give the standard deviation of the UAR over seeds (divisor n - 1), or None with a single seed.

    Args:
        summary: as :func:`summarise` gives.
    """
    uars = [row["uar"] for row in summary["per_seed"]]
    return float(np.std(uars, ddof=1)) if len(uars) > 1 else None


def around_seeds(summary: Mapping[str, Any]) -> str:
    """Say how far the UAR of the seeds lies around their mean, to be written after it; nothing for a single seed.

    Args:
        summary: as :func:`summarise` gives.
    """
    spread = seed_spread(summary)
    return "" if spread is None else f" ± {spread:.3f} over {len(summary['per_seed'])} seeds"
