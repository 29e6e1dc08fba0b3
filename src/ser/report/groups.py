"""Scores of groups of utterances, and of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ser.evaluation.groups import worst_in_words
from ser.pages import charts
from ser.pages.html import Html, number, table, tag

_SHOWN = 12
_NOTE = (
    "Each group is scored over the classes it has. The gap between best and worst grows with the number of groups by "
    "chance alone: read it beside the intervals."
)


def per_class(summary: Mapping[str, Any], caution: str) -> Html:
    """Show recall, precision, F1 and support of each class.

    Args:
        summary: as :func:`ser.evaluation.summary.summarise` gives.
        caution: what no number of the run is shown without, to end the caption with.
    """
    body = [
        [
            name,
            charts.bar(row["recall"] or 0.0, 1),
            *(number(float("nan") if row[key] is None else row[key], ".3f") for key in ("recall", "precision", "f1")),
            row["support"],
        ]
        for name, row in summary["per_class"].items()
    ]
    header = ["class", "", "recall", "precision", "F1", "utterances"]
    return table(f"Classes. The bar is the recall, from 0 to 1.{caution}", header, body)


def groups(found: Mapping[str, Any], caution: str) -> list[Html]:
    """Show every grouping.

    Args:
        found: `groups` of a summary.
        caution: what no number of the run is shown without, to end the captions with.
    """
    return [
        tag("p", worst_in_words(found)),
        tag("p", _NOTE, class_="note"),
        *(_grouping(name, grouping, caution) for name, grouping in found["groupings"].items()),
    ]


def _grouping(name: str, grouping: Mapping[str, Any], caution: str) -> Html:
    rows: Sequence[Mapping[str, Any]] = sorted(grouping["rows"], key=lambda row: float(row["uar"]))
    head = rows[:_SHOWN]
    gap = (
        ""
        if grouping["gap"] is None
        else f" Gap between {grouping['best']} and {grouping['worst']}: {grouping['gap']:.3f}."
    )
    which = f"By {name}, lowest UAR first" + (f", {len(head)} of {len(rows)}." if len(head) < len(rows) else ".")
    words = f"{which}{gap} The tick is the UAR, the bar its 95 % interval, from 0 to 1.{caution}"
    body = [
        [
            row["group"],
            charts.span(*_ends(row), (0, 1)),
            number(row["uar"], ".3f"),
            number(row["gap_to_rest"], "+.3f"),
            row["n"],
            row["speakers"],
            row["classes"],
        ]
        for row in head
    ]
    return table(words, [name, "", "UAR", "to the rest", "utterances", "speakers", "classes"], body)


def _ends(row: Mapping[str, Any]) -> tuple[float, float, float]:
    interval = row["uar_interval"] or {"low": row["uar"], "high": row["uar"]}
    return interval["low"], row["uar"], interval["high"]
