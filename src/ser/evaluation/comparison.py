"""Runs of one protocol against each other: what differs in their settings, their scores, and their mistakes.

A comparison is plain data for JSON. Its keys:

- `metric level replicates`; `classes`
- `contest`: under which protocol, over which data, in words; `warnings`: what no number of it may be shown without, in
  sentences, and `marks`: the same in a word or two each
- `configuration`: rows `key values`, of the settings in which the runs differ; a run without the setting has None
- `runs`: rows `run_id name label score interval seeds seed_std metrics recall`, in the order asked for; `score` is the
  mean over seeds of the metric of all test parts together, `recall` is of each class
- `pairs`: rows `first second difference interval p_value p_holm smallest_p test`, of labels; the difference is that of
  the second run less the first, `p_holm` is adjusted for the number of pairs
- `against_first`: rows `run confusion`, for every run but the first: what it says more (or less) often than the first
  run, as shares of the true class
- `ranking`: with three runs or more `blocks of p_value critical alpha rows alike` (rows `run average_rank`), or None
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ser.arrays import Float64, Int64
from ser.errors import ProtocolError
from ser.evaluation import metrics
from ser.evaluation.aligned import Aligned
from ser.evaluation.cautions import marks
from ser.evaluation.intervals import LEVEL, bootstrap, mean_of
from ser.evaluation.leaderboard import ELSEWHERE, leaderboard, row
from ser.evaluation.metrics import METRICS, Metric
from ser.evaluation.paired import ALPHA, holm, pair, permutation_test
from ser.evaluation.ranks import rank
from ser.evaluation.resampling import units_of
from ser.evaluation.results import RunResult, labels_of
from ser.nested import flat

_SEVERAL = 3
_ELSEWHERE = (*ELSEWHERE, "study", "engine", "path", "replicates")
_PROTOCOL = ("name", "labels", "classes", "normalise", "metric", "utterances", "speakers", "folds", "words")


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A run to be compared.

    Attributes:
        result: the run as the leaderboard knows it.
        config: its resolved configuration.
        data: its predictions.
    """

    result: RunResult
    config: Mapping[str, Any]
    data: Aligned


def compare(contestants: Sequence[Contestant], *, replicates: int, seed: int) -> dict[str, Any]:
    """Compare runs of one protocol over the same data.

    Args:
        contestants: at least two; the first is what the others' mistakes are shown against.
        replicates: bootstrap draws, and exchanges of the permutation tests where not all can be gone through.
        seed: of both.

    Returns:
        The comparison, as the head of this module describes it.

    Raises:
        ProtocolError: when the runs may not be compared, saying in what they differ.
    """
    refuse_strangers([contestant.result for contestant in contestants])
    protocol = contestants[0].result.record["protocol"]
    metric, classes = METRICS[protocol["metric"]], protocol["classes"]
    (table,) = leaderboard([row(contestant.result) for contestant in contestants])
    labels = labels_of([contestant.result for contestant in contestants])
    draws = {"replicates": replicates, "seed": seed}
    return {
        "metric": protocol["metric"],
        "level": LEVEL,
        "replicates": replicates,
        "classes": classes,
        "contest": table.facts(),
        "warnings": table.warnings(),
        "marks": marks(protocol),
        "configuration": configuration([contestant.config for contestant in contestants]),
        "runs": [
            _run(contestant, label, protocol["metric"], draws)
            for contestant, label in zip(contestants, labels, strict=True)
        ],
        "pairs": _pairs(contestants, labels, metric, draws),
        "against_first": _against_first(contestants, labels),
        "ranking": _ranking(contestants, labels, metric) if len(contestants) >= _SEVERAL else None,
    }


def refuse_strangers(results: Sequence[RunResult]) -> None:
    """Refuse runs whose numbers do not compare: of other folds, labels, normalisation, metric or data.

    Raises:
        ProtocolError: naming the two runs and what differs.
    """
    first = results[0]
    for other in results[1:]:
        here, there = first.record["protocol"], other.record["protocol"]
        parts = [f"{key}: {here[key]} and {there[key]}" for key in _PROTOCOL if here[key] != there[key]] or [
            "the folds themselves"
        ]
        differing = parts if here["hash"] != there["hash"] else []
        if first.record["data_hash"] != other.record["data_hash"]:
            differing = [*differing, f"data: {first.record['data_hash']} and {other.record['data_hash']}"]
        if differing:
            raise ProtocolError(
                expected="runs of one protocol over the same data",
                received=f"{first.run_id} and {other.run_id}, which differ in {'; '.join(differing)}",
                where="ser compare",
                fix="Compare runs that stand in one table of `ser leaderboard`.",
            )


def configuration(configs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List the settings in which runs differ, as dotted keys; where and how fast they ran is left out.

    Args:
        configs: the resolved configurations.

    Returns:
        Rows `key values`, one value a run, None where a run has no such setting.
    """
    laid_out = [flat({key: value for key, value in config.items() if key not in _ELSEWHERE}) for config in configs]
    rows = [
        {"key": key, "values": [settings.get(key) for settings in laid_out]}
        for key in dict.fromkeys(key for settings in laid_out for key in settings)
    ]
    return [row for row in rows if any(value != row["values"][0] for value in row["values"])]


def _run(contestant: Contestant, label: str, metric: str, draws: Mapping[str, int]) -> dict[str, Any]:
    result, data = contestant.result, contestant.data
    function = METRICS[metric].function
    units = units_of(data, data.predicted, _classes(contestant))
    interval = bootstrap(units, function, mean_of(units), level=LEVEL, **draws)
    scores = function(_pooled(contestant))
    return {
        "run_id": result.run_id,
        "name": result.name,
        "label": label,
        "score": float(scores.mean()),
        "interval": None if interval is None else dict(vars(interval)),
        "seeds": data.seeds,
        "seed_std": float(scores.std(ddof=1)) if len(scores) > 1 else None,
        "metrics": {name: float(other.function(_pooled(contestant)).mean()) for name, other in METRICS.items()},
        "recall": _defined(np.diagonal(_shares(contestant))),
    }


def _pairs(
    contestants: Sequence[Contestant], labels: Sequence[str], metric: Metric, draws: Mapping[str, int]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for first, second in itertools.combinations(range(len(contestants)), 2):
        found = pair(contestants[first].data, contestants[second].data, _classes(contestants[first]))
        interval = found.interval(metric.function, level=LEVEL, **draws)
        test = permutation_test(found, metric.function, **draws)
        rows.append(
            {
                "first": labels[first],
                "second": labels[second],
                "difference": found.difference(metric.function),
                "interval": None if interval is None else dict(vars(interval)),
                "p_value": test.p_value,
                "smallest_p": test.smallest,
                "test": test.method,
            }
        )
    adjusted = holm([row["p_value"] for row in rows])
    return [{**row, "p_holm": value} for row, value in zip(rows, adjusted, strict=True)]


def _against_first(contestants: Sequence[Contestant], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Show what the later runs say more often than the first, as shares of the true class; None without support."""
    first, *later = (_shares(contestant) for contestant in contestants)
    return [
        {"run": label, "confusion": [_defined(row) for row in found - first]}
        for label, found in zip(labels[1:], later, strict=True)
    ]


def _defined(values: Float64) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def _shares(contestant: Contestant) -> Float64:
    """Give the row-normalised confusion matrix over all seeds: float64, shape [C, C]; nan without support."""
    counts = _pooled(contestant).sum(axis=0)
    support = counts.sum(axis=1, keepdims=True)
    shares: Float64 = np.divide(counts, support, out=np.full(counts.shape, np.nan), where=support > 0)
    return shares


def _ranking(contestants: Sequence[Contestant], labels: Sequence[str], metric: Metric) -> dict[str, Any] | None:
    scores = np.array([metric.function(_blocks(contestant)).mean(axis=0) for contestant in contestants])
    found = rank(scores, higher_is_better=metric.higher_is_better, alpha=ALPHA)
    if found is None:
        return None
    return {
        "of": "folds" if contestants[0].data.speaker is None else "speakers",
        "blocks": found.blocks,
        "p_value": found.p_value,
        "critical": found.critical,
        "alpha": found.alpha,
        "rows": [{"run": label, "average_rank": average} for label, average in zip(labels, found.average, strict=True)],
        "alike": [[labels[place] for place in group] for group in found.alike()],
    }


def _classes(contestant: Contestant) -> int:
    return len(contestant.result.record["protocol"]["classes"])


def _pooled(contestant: Contestant) -> Int64:
    data = contestant.data
    counts: Int64 = metrics.confusions(data.true, data.predicted, np.zeros_like(data.true), (1, _classes(contestant)))
    return counts[:, 0]


def _blocks(contestant: Contestant) -> Int64:
    """Count confusions by speaker, or by fold where any speaker is unknown: int64, shape [seeds, blocks, C, C]."""
    data = contestant.data
    blocks, names = (data.fold, len(data.folds)) if data.speaker is None else (data.speaker, len(data.speakers))
    return metrics.confusions(data.true, data.predicted, blocks, (names, _classes(contestant)))
