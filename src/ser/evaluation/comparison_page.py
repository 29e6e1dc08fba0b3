"""A comparison in words and tables, as Markdown that also reads well in a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from ser.evaluation import markdown

_COLUMNS = 118
_LONGEST = 40


def comparison_page(comparison: Mapping[str, Any]) -> str:
    """Write a comparison.

    Args:
        comparison: as :func:`ser.evaluation.comparison.compare` gives.
    """
    runs, pairs = comparison["runs"], comparison["pairs"]
    title = " and ".join([", ".join(run["label"] for run in runs[:-1]), runs[-1]["label"]])
    sections = [
        f"# {title}",
        _fill(comparison["contest"]),
        *(f"**{warning}**" for warning in comparison["warnings"]),
        "## Settings that differ",
        _settings(comparison),
        "## Scores",
        _scores(comparison),
        "## Differences",
        _several(comparison) if len(pairs) > 1 else _one(comparison),
        *([_ranks(comparison["ranking"])] if comparison["ranking"] else []),
        _recalls(comparison),
        *(_mistakes(comparison, change) for change in comparison["against_first"]),
    ]
    return "\n\n".join(sections) + "\n"


def _fill(words: str) -> str:
    return textwrap.fill(words, _COLUMNS)


def _settings(comparison: Mapping[str, Any]) -> str:
    rows = [[row["key"], *map(_short, row["values"])] for row in comparison["configuration"]]
    if not rows:
        return "None: the same settings, under other code or with other copies of the data's features."
    labels = [run["label"] for run in comparison["runs"]]
    return markdown.table(["setting", *labels], rows, "l" * (1 + len(labels)))


def _short(value: object) -> str:
    return "" if value is None else textwrap.shorten(str(value), _LONGEST, placeholder=" ...")


def _scores(comparison: Mapping[str, Any]) -> str:
    metric, runs = comparison["metric"], comparison["runs"]
    others = [name for name in runs[0]["metrics"] if name != metric]
    rows = [
        [
            run["run_id"],
            run["label"],
            markdown.number(run["score"]),
            _ends(run["interval"]),
            *(markdown.number(run["metrics"][name]) for name in others),
            str(len(run["seeds"])) if run["seed_std"] is None else f"{len(run['seeds'])} (± {run['seed_std']:.3f})",
        ]
        for run in runs
    ]
    header = ["run", "", metric, f"{comparison['level']:.0%} interval", *others, "seeds"]
    drawn = next((run["interval"]["method"] for run in runs if run["interval"]), "")
    words = "Scores are means over seeds, of the test parts of all folds together; after ± their standard deviation."
    table = markdown.table(header, rows, "llrr" + "r" * len(others) + "r")
    return table + "\n\n" + _fill(words + (f" Intervals: {drawn}." if drawn else ""))


def _ends(interval: Mapping[str, float] | None, sign: str = "") -> str:
    return f"{interval['low']:{sign}.3f} to {interval['high']:{sign}.3f}" if interval else "not available"


def _one(comparison: Mapping[str, Any]) -> str:
    (row,) = comparison["pairs"]
    return _fill(
        f"{row['second']} less {row['first']}: **{row['difference']:+.3f}** {comparison['metric']} "
        f"({comparison['level']:.0%} interval {_ends(row['interval'], '+')}), p = {row['p_value']:.2g} ({row['test']}"
        f"; no p-value of these data is below {row['smallest_p']:.2g})."
    )


def _several(comparison: Mapping[str, Any]) -> str:
    rows = [
        [
            row["first"],
            row["second"],
            f"{row['difference']:+.3f}",
            _ends(row["interval"], "+"),
            f"{row['p_value']:.2g}",
            f"{row['p_holm']:.2g}",
        ]
        for row in comparison["pairs"]
    ]
    header = ["first", "second", "second less first", f"{comparison['level']:.0%} interval", "p", "p (Holm)"]
    row = comparison["pairs"][0]
    words = (
        f"p: {row['test']}; no p-value of these data is below {row['smallest_p']:.2g}. p (Holm) is adjusted for the "
        f"{len(rows)} pairs. The intervals are not: each is of its own pair."
    )
    return markdown.table(header, rows, "llrrrr") + "\n\n" + _fill(words)


def _ranks(ranking: Mapping[str, Any]) -> str:
    rows = [
        [row["run"], f"{row['average_rank']:.2f}"]
        for row in sorted(ranking["rows"], key=lambda row: float(row["average_rank"]))
    ]
    alike = "; ".join(", ".join(group) for group in ranking["alike"])
    words = (
        f"Average ranks over {ranking['blocks']} {ranking['of']}; 1 is best. All alike: p = {ranking['p_value']:.2g} "
        f"(Friedman). Runs whose ranks differ by less than {ranking['critical']:.2f} (Nemenyi, {ranking['alpha']:.0%}) "
        f"are not told apart: {alike or 'none'}."
    )
    return "## Ranks\n\n" + markdown.table(["run", "average rank"], rows, "lr") + "\n\n" + _fill(words)


def _recalls(comparison: Mapping[str, Any]) -> str:
    first, *later = comparison["runs"]
    rows = [
        [name, markdown.number(recall), *(_against(run["recall"][place], recall) for run in later)]
        for place, (name, recall) in enumerate(zip(comparison["classes"], first["recall"], strict=True))
    ]
    labels = [run["label"] for run in comparison["runs"]]
    words = f"After each recall, in brackets: the difference from {first['label']} in points (hundredths)."
    table = markdown.table(["class", *labels], rows, "l" + "r" * len(labels))
    return f"## Recall of each class\n\n{table}\n\n{_fill(words)}"


def _against(recall: float | None, first: float | None) -> str:
    # Runs of one protocol test the same utterances: a class without any has no recall in either.
    return (
        markdown.number(recall) if recall is None or first is None else f"{recall:.3f} ({100 * (recall - first):+.1f})"
    )


def _mistakes(comparison: Mapping[str, Any], change: Mapping[str, Any]) -> str:
    classes, first = comparison["classes"], comparison["runs"][0]["label"]
    rows = [[name, *map(_points, row)] for name, row in zip(classes, change["confusion"], strict=True)]
    words = (
        f"What {change['run']} says more (+) or less (-) often than {first}, in points: hundredths of the utterances "
        "of the true class, over all seeds."
    )
    table = markdown.table(["true \\ predicted", *classes], rows, "l" + "r" * len(classes))
    return f"## Mistakes: {change['run']} against {first}\n\n{_fill(words)}\n\n{table}"


def _points(value: float | None) -> str:
    return markdown.number(value) if value is None else f"{100 * value:+.1f}"
