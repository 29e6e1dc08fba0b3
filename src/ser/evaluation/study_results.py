"""The numbers of a study, from the predictions of its runs, and how those of two times compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ser.evaluation import markdown, metrics
from ser.evaluation.aligned import align
from ser.evaluation.study import FOLD_MEAN, SAME, Study

_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job of a run.

    Attributes:
        settings: the overrides that tell it from the other jobs of its run; empty for an only one.
        run_id: of its run folder.
        protocol_hash: of labels, folds and metric.
        seeds: that every fold was trained with.
        scores: of `ser.evaluation.study.SCORES`, means over seeds.
        fold_std: metric -> standard deviation of the folds' own values (divisor n, as `cross_val_score(...).std()`).
        interval: of the UAR: `low high level method clusters`, or None.
        folds: rows `fold seed n` and every metric.
    """

    settings: list[str]
    run_id: str
    protocol_hash: str
    seeds: list[int]
    scores: dict[str, float]
    fold_std: dict[str, float]
    interval: dict[str, Any] | None
    folds: list[dict[str, float | int]]


@dataclass(frozen=True, kw_only=True)
class RunResults:
    """What a run of a study gave.

    Attributes:
        protocol: in words; of the first job.
        chosen_on: which parts the model was fitted on, and how it was chosen, in words.
        verdict: of the leakage audit.
        data_hash: of the manifests.
        utterances: number of utterances.
        speakers: number of speakers.
        majority_accuracy: of always naming the commonest class.
        jobs: one, or those of its sweep.
    """

    protocol: str
    chosen_on: str
    verdict: str
    data_hash: str
    utterances: int
    speakers: int
    majority_accuracy: float
    jobs: list[Job]

    def values(self, score: str) -> list[float]:
        """List a score of every job."""
        return [job.scores[score] for job in self.jobs]

    def mean(self, score: str) -> float:
        """Give the mean of a score over the jobs."""
        return float(np.mean(self.values(score)))


@dataclass(frozen=True, kw_only=True)
class Results:
    """What `results.json` holds.

    Attributes:
        date: when the numbers were accepted, as YYYY-MM-DD.
        made_with: the machine, and the versions of the packages that can move a number.
        runs: name of the run -> what it gave.
    """

    date: str
    made_with: dict[str, str]
    runs: dict[str, RunResults]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One number, then and now.

    Attributes:
        run: name of the run.
        score: which number.
        published: what others reported of it, or None.
        committed: the number of the study, or None when it has none yet.
        now: the number of this repetition.
        tolerance: how far the two may lie apart.
    """

    run: str
    score: str
    published: float | None
    committed: float | None
    now: float
    tolerance: float

    @property
    def met(self) -> bool:
        """Whether there is a committed number, and this one lies within the tolerance of it."""
        return self.committed is not None and self._beyond(self.committed) <= 0

    @property
    def verdict(self) -> str:
        """Say how the comparison ended."""
        if self.committed is None:
            return "nothing committed"
        return "met" if self.met else f"MISSED by {self._beyond(self.committed):.4f}"

    def _beyond(self, committed: float) -> float:
        """Say by how much the distance of the two is more than the tolerance, in the digits that are kept."""
        return round(abs(self.now - committed) - self.tolerance, _DIGITS)


def scored(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame, classes: Sequence[str]
) -> dict[str, Any]:
    """Score the saved predictions of a finished run.

    Args:
        predictions: columns `utterance_id fold seed y_true y_pred`, test parts only.
        utterances: columns `utterance_id corpus speaker label`.
        folds: the fold table.
        classes: C class names.

    Returns:
        `seeds scores fold_std folds`, as :class:`Job` has them, rounded to six digits. A fold's own values are over the
        classes that it has, as :mod:`ser.evaluation.metrics` says of each metric.

    Raises:
        StoreError: when predictions and folds do not belong together.
    """
    data = align(predictions, utterances, folds, classes)
    pooled = metrics.confusions(data.true, data.predicted, np.zeros_like(data.true), (1, len(classes)))[:, 0]
    by_fold = metrics.confusions(data.true, data.predicted, data.fold, (len(data.folds), len(classes)))
    values = {name: metric.function(by_fold) for name, metric in metrics.METRICS.items()}
    means = {name: value.mean(axis=0) for name, value in values.items()}
    return {
        "seeds": data.seeds,
        "scores": {
            **{name: _rounded(metric.function(pooled).mean()) for name, metric in metrics.METRICS.items()},
            **{f"{name}{FOLD_MEAN}": _rounded(value.mean()) for name, value in means.items()},
        },
        "fold_std": {name: _rounded(value.std()) for name, value in means.items()},
        "folds": [
            {
                "fold": fold,
                "seed": seed,
                "n": int(by_fold[row, column].sum()),
                **{name: _rounded(value[row, column]) for name, value in values.items()},
            }
            for column, fold in enumerate(data.folds)
            for row, seed in enumerate(data.seeds)
        ],
    }


def _rounded(value: np.floating[Any]) -> float:
    return round(float(value), _DIGITS)


def compared(study: Study, committed: Results | None, now: Results) -> list[Comparison]:
    """Set every number that a study compares beside the committed one.

    Args:
        study: says which numbers, and their tolerances.
        committed: the numbers of the study, or None when it has none yet.
        now: those of this repetition.
    """
    then = {} if committed is None else committed.runs
    return [
        Comparison(
            run=name,
            score=score,
            published=study.published.number if (run.role, score) == (SAME, study.metric) else None,
            committed=then[name].mean(score) if name in then and score in then[name].jobs[0].scores else None,
            now=now.runs[name].mean(score),
            tolerance=tolerance,
        )
        for name, run in study.runs.items()
        for score, tolerance in run.tolerances.items()
    ]


def comparison_table(rows: Iterable[Comparison]) -> str:
    """Write comparisons as a table for the terminal."""
    header = ["run", "score", "published", "committed", "now", "tolerance", "verdict"]
    lines = [
        [
            row.run,
            row.score,
            *(markdown.number(value, 4) for value in (row.published, row.committed, row.now)),
            f"{row.tolerance:g}",
            row.verdict,
        ]
        for row in rows
    ]
    return markdown.table(header, lines, "llrrrrl")


def what_changed(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Say in which parts of machine and packages two repetitions differ.

    Example:
        >>> what_changed({"numpy": "2.1", "python": "3.11"}, {"numpy": "2.2", "python": "3.11"})
        ['numpy: 2.1 then, 2.2 now']
    """
    return [
        f"{name}: {then.get(name, 'none')} then, {now.get(name, 'none')} now"
        for name in dict.fromkeys([*then, *now])
        if then.get(name) != now.get(name)
    ]
