"""The summary of a run: every number that is reported of it, from its saved predictions.

A summary is plain data for JSON; what is undefined is None. Its keys:

- `n`, `classes`, `classes_without_support`, `seeds`
- `uar accuracy macro_f1`: of the pooled test parts, averaged over seeds
- `uar_fold_mean uar_fold_std`: of the folds' UARs (each over the classes it tests, averaged over seeds); the deviation
  is that of the folds themselves (divisor n, as `cross_val_score(...).std()`)
- `uar_interval`: `low high level method clusters`, or None
- `per_class`: class -> `precision recall f1` (over all seeds) and `support` (of one seed)
- `confusion`: counts summed over seeds, rows are true classes
- `corpora`: rows `corpus n classes uar accuracy`, one for each corpus tested: `classes` are those it has utterances
  of, and its UAR is over them; a prediction of another class is an error like any other
- `folds`: rows `fold seed n speakers uar accuracy`
- `per_seed`: rows `seed uar accuracy macro_f1`
- `baselines`: `majority` (`uar accuracy`), `permuted` (`mean low high p_value method`)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ser.arrays import Int64
from ser.evaluation import metrics
from ser.evaluation.aligned import Aligned, align
from ser.evaluation.baselines import majority, permuted
from ser.evaluation.intervals import Interval, speaker_bootstrap, utterance_bootstrap

LEVEL = 0.95


def summarise(
    predictions: pd.DataFrame,
    utterances: pd.DataFrame,
    folds: pd.DataFrame,
    classes: Sequence[str],
    *,
    replicates: int,
    seed: int,
) -> dict[str, Any]:
    """Compute everything that is reported of a run.

    Args:
        predictions: columns `utterance_id fold seed y_true y_pred`, test parts only; classes by name.
        utterances: columns `utterance_id corpus speaker label`.
        folds: the fold table.
        classes: C class names.
        replicates: bootstrap draws and label permutations.
        seed: of both.

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
        **{name: float(metric.function(pooled).mean()) for name, metric in metrics.METRICS.items()},
        "uar_fold_mean": float(fold_uars.mean()),
        "uar_fold_std": float(fold_uars.std()),
        "uar_interval": _interval(data, len(classes), replicates, seed),
        "per_class": _per_class(pooled, classes),
        "confusion": pooled.sum(axis=0).tolist(),
        "corpora": _corpus_rows(data, classes),
        "folds": _fold_rows(data, by_fold),
        "per_seed": [
            {"seed": seed, **{name: float(metric.function(counts)) for name, metric in metrics.METRICS.items()}}
            for seed, counts in zip(data.seeds, pooled, strict=True)
        ],
        "baselines": _baselines(data, utterances, folds, classes, replicates, seed),
    }


def _interval(data: Aligned, classes: int, replicates: int, seed: int) -> dict[str, Any] | None:
    interval: Interval | None
    if data.speaker is None:
        interval = utterance_bootstrap(
            data.true, data.predicted, metrics.uar, replicates=replicates, level=LEVEL, seed=seed
        )
    else:
        by_speaker = metrics.confusions(data.true, data.predicted, data.speaker, (len(data.speakers), classes))
        interval = speaker_bootstrap(by_speaker, metrics.uar, replicates=replicates, level=LEVEL, seed=seed)
    return None if interval is None else dict(vars(interval))


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
    seed: int,
) -> dict[str, Any]:
    commonest = majority(folds, utterances, classes)
    counts = metrics.confusion(commonest["y_true"], commonest["y_pred"], classes)
    chance = permuted(data.true, data.predicted, data.speaker, len(classes), replicates=replicates, seed=seed)
    return {
        "majority": {"uar": float(metrics.uar(counts)), "accuracy": float(metrics.accuracy(counts))},
        "permuted": dict(vars(chance)),
    }


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


def classification_table(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Give the classification report as plain data, in the form of scikit-learn's `output_dict`.

    Args:
        summary: as :func:`summarise` gives.

    Returns:
        class -> `precision recall f1-score support`, then `accuracy` and the two averages. `macro avg` is over the
        classes where each is defined, so that its recall is the UAR.
    """
    rows = {
        name: {"precision": row["precision"], "recall": row["recall"], "f1-score": row["f1"], "support": row["support"]}
        for name, row in summary["per_class"].items()
    }
    support = [row["support"] for row in rows.values()]
    averages = {
        title: {
            **{
                key: _average([row[key] for row in rows.values()], weights)
                for key in ("precision", "recall", "f1-score")
            },
            "support": summary["n"],
        }
        for title, weights in (("macro avg", [1] * len(rows)), ("weighted avg", support))
    }
    return {**rows, "accuracy": summary["accuracy"], **averages}


def _average(values: Sequence[float | None], weights: Sequence[int]) -> float | None:
    """Average what is defined; None when nothing with a weight is."""
    pairs = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None]
    total = sum(weight for _, weight in pairs)
    return sum(value * weight for value, weight in pairs) / total if total else None


def classification_report(summary: Mapping[str, Any]) -> str:
    """Write the classification report as text, as scikit-learn prints it; "-" is undefined.

    Args:
        summary: as :func:`summarise` gives.
    """
    table = classification_table(summary)
    width = max(map(len, table))
    n = summary["n"]
    lines = [f"{'':>{width}}  precision    recall  f1-score   support", ""]
    for name, row in table.items():
        if name == "accuracy":
            lines += ["", f"{name:>{width}}  {'':>9} {'':>9} {row:>9.3f} {n:>9}"]
        else:
            cells = "".join(f" {_shown(row[key]):>9}" for key in ("precision", "recall", "f1-score"))
            lines.append(f"{name:>{width}} {cells} {row['support']:>9}")
    if len(summary["seeds"]) > 1:
        lines += ["", f"Over {len(summary['seeds'])} seeds; support is that of one."]
    return "\n".join(lines) + "\n"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
