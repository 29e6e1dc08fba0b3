"""Figures of a comparison: what one run mistakes more often than another, and which of several are told apart."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ser.evaluation.figures import BLUE, GREY, INK, ORANGE, figure_of

# Orange for what is less than before, blue for what is more: told apart in every common colour blindness.
_CHANGES = LinearSegmentedColormap.from_list("changes", [ORANGE, "#ffffff", BLUE])
# Beyond this share of the scale white figures stand out better from the shade than dark ones (WCAG contrast).
_DARK = 0.75
_LEAST_SCALE = 0.05
_LINE = 0.34  # inches
_LETTERS = 32


def figures_of(comparison: Mapping[str, Any]) -> dict[str, Figure]:
    """Draw the figures of a comparison, by the names of their files.

    Args:
        comparison: as :func:`ser.evaluation.comparison.compare` gives.

    Returns:
        `difference` for two runs, `difference_<run id>` for each but the first of more, and `critical_difference` where
        runs were ranked.
    """
    first, *later = comparison["runs"]
    marked = [f" · {mark}" for mark in comparison["marks"]]
    figures = {
        "difference" if len(later) == 1 else f"difference_{run['run_id']}": difference_figure(
            change["confusion"], comparison["classes"], "".join([f"{run['label']} against {first['label']}", *marked])
        )
        for run, change in zip(later, comparison["against_first"], strict=True)
    }
    if comparison["ranking"]:
        title = "".join([f"{len(comparison['runs'])} runs ranked by {comparison['metric']}", *marked])
        figures["critical_difference"] = critical_difference_figure(comparison["ranking"], title)
    return figures


def difference_figure(change: Sequence[Sequence[float | None]], classes: Sequence[str], title: str) -> Figure:
    """Draw the difference of two row-normalised confusion matrices, in points (hundredths of the true class).

    Args:
        change: shape [C, C], shares of the true class, -1 to 1; None for a class without utterances.
        classes: C class names.
        title: the heading.
    """
    values = np.array(change, dtype=np.float64)
    scale = max(_LEAST_SCALE, float(np.nanmax(np.abs(values), initial=0)))
    size = len(classes)
    figure = figure_of(max(6.0, 2.6 + 0.86 * size), 2.1 + 0.76 * size, title)
    axes = figure.subplots()
    axes.imshow(np.nan_to_num(values), cmap=_CHANGES, vmin=-scale, vmax=scale, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        axes.text(
            column,
            row,
            "-" if np.isnan(value) else f"{100 * value:+.0f}",
            ha="center",
            va="center",
            color="white" if abs(value) > _DARK * scale else INK,
            size=12,
            weight="bold" if row == column else "normal",
        )
    axes.set_xticks(range(size), list(classes))
    axes.set_yticks(range(size), list(classes))
    axes.set_xlabel("predicted class (blue: more often, orange: less often; points)", color=GREY, labelpad=8)
    axes.set_ylabel("true class", color=GREY, labelpad=8)
    axes.tick_params(length=0, colors=INK)
    axes.spines[:].set_visible(False)
    return figure


def critical_difference_figure(ranking: Mapping[str, Any], title: str) -> Figure:
    """Draw average ranks on a line, with bars over the models that are not told apart (Demsar, JMLR 7, 2006).

    Args:
        ranking: as of :func:`ser.evaluation.comparison.compare`.
        title: the heading.
    """
    rows = sorted(ranking["rows"], key=lambda row: row["average_rank"])
    places = {row["run"]: row["average_rank"] for row in rows}
    half, groups = (len(rows) + 1) // 2, ranking["alike"]
    # From the axis downwards, in lines of text: the bars, then the names, the best half on the left.
    top = 0.6 + 0.5 * len(groups)
    figure = figure_of(10, 1.9 + _LINE * (top + half), title)
    axes = figure.subplots()
    for number, row in enumerate(rows):
        left = number < half
        depth = top + (number if left else len(rows) - 1 - number)
        end = 0.75 if left else len(rows) + 0.25
        axes.plot([row["average_rank"], row["average_rank"], end], [0, depth, depth], color=GREY, linewidth=1)
        words = textwrap.fill(f"{row['average_rank']:.2f}  {row['run']}", _LETTERS)
        axes.text(end, depth, words, ha="right" if left else "left", va="center", linespacing=0.9, size=9, color=INK)
    for number, group in enumerate(groups):
        ends = [min(places[run] for run in group) - 0.03, max(places[run] for run in group) + 0.03]
        axes.plot(ends, [0.5 + 0.5 * number] * 2, color=BLUE, linewidth=4, solid_capstyle="butt")
    _rank_axis(axes, len(rows), top + half)
    critical = f"critical difference {ranking['critical']:.2f} (Nemenyi, {ranking['alpha']:.0%})"
    drawn = f"average rank over {ranking['blocks']} {ranking['of']}; blue: not told apart; {critical}"
    axes.set_xlabel(drawn, color=GREY, labelpad=8)
    return figure


def _rank_axis(axes: Axes, models: int, depth: float) -> None:
    axes.set_xlim(0.75 - models * 0.35, models + 0.25 + models * 0.35)
    axes.set_ylim(depth, -0.3)
    axes.plot([1, models], [0, 0], color=INK, linewidth=1.2)
    axes.set_xticks(range(1, models + 1))
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("bottom")
    axes.set_yticks([])
    axes.tick_params(colors=INK, length=0)
    axes.spines[:].set_visible(False)
