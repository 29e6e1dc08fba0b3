"""The figure of groups: their UARs with intervals, one panel below another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ser.evaluation.figures import BLUE, GREY, INK, ORANGE, figure_of, plain

_MOST = 12
"""Groups that get a line each; of more, only dots on one line are drawn."""


def group_figure(groups: Mapping[str, Any], uar: float, title: str) -> Figure:
    """Draw the UAR of every group, its interval where it has one, and the worst group of each grouping in orange.

    Args:
        groups: as :func:`ser.evaluation.groups.by_group` gives.
        uar: of all tested utterances, drawn as a line.
        title: the heading.
    """
    groupings = groups["groupings"]
    heights = [_lines(grouping) for grouping in groupings.values()]
    figure = figure_of(8, 1.9 + 0.34 * sum(heights) + 0.35 * len(heights), title)
    if not groupings:
        axes = figure.subplots()
        axes.text(0.5, 0.5, "no two groups to compare", transform=axes.transAxes, ha="center", color=GREY)
        axes.set_axis_off()
        return figure
    panels = figure.subplots(len(groupings), sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    for axes, (name, grouping) in zip(panels, groupings.items(), strict=True):
        axes.axvline(uar, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        _panel(axes, grouping)
        gap = "" if grouping["gap"] is None else f", {100 * grouping['gap']:.1f} points from lowest to highest"
        axes.set_title(f"{name}{gap}", loc="left", size=10, color=INK)
        axes.invert_yaxis()
        plain(axes)
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
    panels[-1].set_xlim(0, 1)
    panels[-1].xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    panels[-1].set_xlabel(
        f"UAR with 95 % interval over speakers (none for a single one)\ndashed: all utterances, {uar:.1%}; "
        f"orange: lowest of the groups of {groups['fewest']} utterances or more",
        color=GREY,
        size=9,
    )
    return figure


def _lines(grouping: Mapping[str, Any]) -> int:
    count = len(grouping["rows"])
    return count if count <= _MOST else 1


def _panel(axes: Axes, grouping: Mapping[str, Any]) -> None:
    rows = grouping["rows"]
    uars = np.array([row["uar"] for row in rows])
    colours = [ORANGE if row["group"] == grouping["worst"] else BLUE for row in rows]
    if len(rows) > _MOST:
        axes.scatter(uars, np.zeros(len(rows)), c=colours, s=28, alpha=0.55, edgecolors="white")
        axes.set_yticks([0], [f"{len(rows)} groups"])
        axes.set_ylim(-0.5, 0.5)
        return
    for place, (row, colour) in enumerate(zip(rows, colours, strict=True)):
        interval = row["uar_interval"]
        if interval:
            axes.plot([interval["low"], interval["high"]], [place, place], color=colour, linewidth=2, alpha=0.5)
    axes.scatter(uars, np.arange(len(rows)), c=colours, s=34, zorder=3)
    axes.set_yticks(range(len(rows)), [f"{row['group']}  ({row['n']})" for row in rows])
    axes.set_ylim(-0.5, len(rows) - 0.5)
