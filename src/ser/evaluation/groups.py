"""Scores of groups of utterances: whom, and what kind of speech, a model does worse on.

The summary's `groups` are plain data:

- `fewest`: utterances that a group needs to be named the worst, or to count in a gap
- `worst`: `grouping group n uar` of the group of lowest UAR anywhere, or None
- `groupings`: by name (`gender speaker corpus language intensity duration`), those that tell at least two groups apart:
  - `rows`: of each group `group n speakers classes`, every metric, `uar_interval` and `gap_to_rest`
  - `worst`, `best`: the groups of lowest and highest UAR, or None; `gap`: the UAR between them, or None

Groups need not hold the same classes. Each is scored over those it has (`classes` counts them), so that a group without
the hardest class looks better than it is. `gap_to_rest` is the group's UAR less that of all other tested utterances.
The gap between best and worst grows with the number of groups by chance alone: read it beside the intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ser.arrays import Float64, Int64
from ser.evaluation import markdown, metrics
from ser.evaluation.aligned import Aligned
from ser.evaluation.uar_interval import uar_interval

FEWEST = 20
UNKNOWN = "unknown"
COLUMNS = ("gender", "speaker", "corpus", "language", "intensity")
_SHOWN = 10


def by_group(data: Aligned, utterances: pd.DataFrame, *, replicates: int, seed: int) -> dict[str, Any]:
    """Score every group of every grouping.

    Args:
        data: aligned predictions.
        utterances: columns `utterance_id gender speaker corpus language intensity duration_s`; null is "unknown".
        replicates: bootstrap draws.
        seed: of the draws.

    Returns:
        As the head of this module describes it.
    """
    facts = utterances.set_index("utterance_id").loc[data.utterance_id]
    found: dict[str, pd.Series[Any]] = {name: facts[name] for name in COLUMNS}
    found["duration"] = quartiles(facts["duration_s"])
    groupings = {}
    for name, values in found.items():
        codes, groups = pd.factorize(values.astype(object).where(values.notna(), UNKNOWN).astype(str), sort=True)
        if len(groups) > 1:
            rows = _rows(data, codes.astype(np.int64), groups.tolist(), replicates, seed)
            groupings[name] = {"rows": rows, **_extremes(rows)}
    worst = [
        {"grouping": name, **{key: row[key] for key in ("group", "n", "uar")}}
        for name, grouping in groupings.items()
        for row in grouping["rows"]
        if row["group"] == grouping["worst"]
    ]
    return {
        "fewest": FEWEST,
        "worst": min(worst, key=lambda row: float(row["uar"]), default=None),
        "groupings": groupings,
    }


def quartiles(durations: pd.Series[float]) -> pd.Series[Any]:
    """Name the quarter of the clips that each belongs to by its duration.

    Args:
        durations: in seconds.

    Returns:
        Such as "Q1: up to 1.90 s"; clips of one duration are never parted, so that there may be fewer than four.
    """
    edges = np.unique(durations.quantile([0.25, 0.5, 0.75, 1]).dropna())
    names = [
        f"Q{place}: {'up to ' if place == 1 else f'{edges[place - 2]:.2f} to '}{edge:.2f} s"
        for place, edge in enumerate(edges, start=1)
    ]
    return pd.cut(durations, [-np.inf, *edges], labels=names)


def _rows(data: Aligned, codes: Int64, groups: list[str], replicates: int, seed: int) -> list[dict[str, Any]]:
    shape = (len(groups), data.probabilities.shape[-1])
    counts = metrics.confusions(data.true, data.predicted, codes, shape)
    scores = {name: metric.function(counts).mean(axis=0) for name, metric in metrics.METRICS.items()}
    gaps: Float64 = scores["uar"] - metrics.uar(counts.sum(axis=1, keepdims=True) - counts).mean(axis=0)
    support = counts[0].sum(axis=-1)
    return [
        {
            "group": group,
            "n": int(support[code].sum()),
            "speakers": None if data.speaker is None else len(np.unique(data.speaker[codes == code])),
            "classes": int((support[code] > 0).sum()),
            **{name: float(values[code]) for name, values in scores.items()},
            "uar_interval": uar_interval(data, codes == code, replicates=replicates, seed=seed),
            "gap_to_rest": float(gaps[code]),
        }
        for code, group in enumerate(groups)
    ]


def _extremes(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    large = sorted((row for row in rows if row["n"] >= FEWEST), key=lambda row: float(row["uar"]))
    if len(large) < 2:
        return {"worst": None, "best": None, "gap": None}
    return {"worst": large[0]["group"], "best": large[-1]["group"], "gap": large[-1]["uar"] - large[0]["uar"]}


def group_table(groups: Mapping[str, Any]) -> str:
    """Show the groups as a Markdown table, those of lowest UAR first where a grouping has many.

    Args:
        groups: as :func:`by_group` gives.
    """
    lines = []
    for name, grouping in groups["groupings"].items():
        rows = grouping["rows"]
        shown = rows if len(rows) <= _SHOWN else sorted(rows, key=lambda row: float(row["uar"]))[:_SHOWN]
        label = name if len(rows) <= _SHOWN else f"{name} (lowest {_SHOWN} of {len(rows)})"
        lines += [
            [
                label,
                row["group"],
                str(row["n"]),
                "unknown" if row["speakers"] is None else str(row["speakers"]),
                str(row["classes"]),
                markdown.number(row["uar"]),
                _around(row),
                f"{row['gap_to_rest']:+.3f}",
            ]
            for row in shown
        ]
    header = ["grouping", "group", "utterances", "speakers", "classes", "UAR", "95 % interval", "to the rest"]
    return markdown.table(header, lines, "llrrrrlr")


def worst_in_words(groups: Mapping[str, Any]) -> str:
    """Name the group of lowest UAR in a sentence.

    Args:
        groups: as :func:`by_group` gives.
    """
    worst, fewest = groups["worst"], groups["fewest"]
    if worst is None:
        return f"No two groups of {fewest} utterances or more can be compared."
    return (
        f"Lowest among groups of {fewest} utterances or more: {worst['grouping']} {worst['group']}, "
        f"UAR {worst['uar']:.3f} on {worst['n']} utterances."
    )


def _around(row: Mapping[str, Any]) -> str:
    interval = row["uar_interval"]
    if interval:
        return f"{interval['low']:.3f} to {interval['high']:.3f}"
    return f"none: too few {'utterances' if row['speakers'] is None else 'speakers'}"
