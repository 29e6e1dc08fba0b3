"""A confusion matrix as counts and as shares, and its cells as a list with the worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ser.pages import charts
from ser.pages.html import Html, number, shown, table, tag

_LISTED = 12


def matrices(summary: Mapping[str, Any], caution: str) -> list[Html]:
    """Show the confusions of a run.

    Args:
        summary: as :func:`ser.evaluation.summary.summarise` gives.
        caution: what no number of the run is shown without, to end the captions with.
    """
    classes, counts = summary["classes"], summary["confusion"]
    seeds = len(summary["seeds"])
    over = f", summed over {seeds} seeds" if seeds > 1 else ""
    by_share = [[charts.heat(f"{share:.0%}" if share else "", share) for share in row] for row in shares(counts)]
    by_count = [
        [charts.heat(shown(count) if count else "", share) for count, share in zip(row, of_row, strict=True)]
        for row, of_row in zip(counts, shares(counts), strict=True)
    ]
    header = ["true \\ named", *classes]
    pair = [
        table(words + caution, header, [[name, *row] for name, row in zip(classes, cells, strict=True)])
        for words, cells in (
            ("Shares of the true class, row by row; the diagonal holds the recalls.", by_share),
            (f"Counts{over}; rows are true classes.", by_count),
        )
    ]
    return [tag("div", *pair, class_="matrices"), _worst(classes, counts, caution)]


def shares(counts: Sequence[Sequence[int]]) -> list[list[float]]:
    """Divide each row by its sum; a row without any stays 0.

    Example:
        >>> shares([[1, 3], [0, 0]])
        [[0.25, 0.75], [0.0, 0.0]]
    """
    return [[count / max(sum(row), 1) for count in row] for row in counts]


def errors(classes: Sequence[str], counts: Sequence[Sequence[int]]) -> list[tuple[str, str, int, float]]:
    """List what was mistaken for what, the largest share of its true class first.

    Args:
        classes: C class names.
        counts: shape [C, C], rows are true classes.

    Returns:
        True class, named class, count and share of the true class of each kind of error that occurred.
    """
    found = [
        (true, named, count, share)
        for true, row, of_row in zip(classes, counts, shares(counts), strict=True)
        for named, count, share in zip(classes, row, of_row, strict=True)
        if count and named != true
    ]
    return sorted(found, key=lambda error: (-error[3], -error[2], error[0], error[1]))


def _worst(classes: Sequence[str], counts: Sequence[Sequence[int]], caution: str) -> Html:
    found = errors(classes, counts)
    head = found[:_LISTED]
    body = [
        [f"{true} → {named}", charts.bar(share, found[0][3]), number(share, ".0%"), count]
        for true, named, count, share in head
    ]
    which = (
        f"The {len(head)} largest of {len(found)} kinds of error" if len(head) < len(found) else "Every kind of error"
    )
    return table(f"{which}, by share of the true class.{caution}", ["true → named", "", "share", "utterances"], body)
