"""Figures of what was asked of a run beyond its scores: curves with their intervals, and probes beside the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ser.evaluation.figures import BLUE, GREY, INK, ORANGE, figure_of, plain

__all__ = ["Figure", "Panel", "Point", "curves_figure", "probes_figure"]

_COLOURS = (BLUE, ORANGE, INK)
_MARKERS = ("o", "D", "s")
_COLUMNS = 4
_INCHES = 3.2, 2.5


@dataclass(frozen=True, kw_only=True)
class Point:
    """A score and its interval.

    Attributes:
        place: where on the horizontal axis, an index into the labels of the panel.
        score: the score, from 0 to 1.
        low: lower end of its interval; None where there is none.
        high: upper end.
    """

    place: int
    score: float
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One pair of axes: curves over the same places.

    Attributes:
        title: what stands above it.
        labels: of the places, evenly spaced.
        curves: name -> its points, rising in place; three at most.
        level: a score that the curves are to be seen against, drawn as a line; None for none.
    """

    title: str
    labels: Sequence[str]
    curves: Mapping[str, Sequence[Point]]
    level: float | None


def curves_figure(panels: Sequence[Panel], below: str, metric: str, title: str) -> Figure:
    """Draw curves with their intervals as bands, several panels under one scale.

    Args:
        panels: one or more.
        below: what the places are, written below the axes.
        metric: what the scores are.
        title: the heading.
    """
    columns = min(len(panels), _COLUMNS)
    rows = -(-len(panels) // columns)
    width, height = (7.5, 4.2) if len(panels) == 1 else (max(7.5, _INCHES[0] * columns), 0.9 + _INCHES[1] * rows)
    figure = figure_of(width, height, title)
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes, panel in zip(grid.flat, panels, strict=False):
        _panel(axes, panel)
    figure.supxlabel(below, color=GREY, size=10)
    figure.supylabel(metric, color=GREY, size=10)
    return figure


def _panel(axes: Axes, panel: Panel) -> None:
    for (name, points), colour, marker in zip(panel.curves.items(), _COLOURS, _MARKERS, strict=False):
        places = [point.place for point in points]
        low, high = (np.array([getattr(point, end) for point in points], dtype=np.float64) for end in ("low", "high"))
        axes.fill_between(places, low, high, color=colour, alpha=0.12, linewidth=0)
        scores = [point.score for point in points]
        axes.plot(places, scores, marker=marker, color=colour, markersize=5, linewidth=1.6, label=name)
    if panel.level is not None:
        axes.axhline(panel.level, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    if len(panel.curves) > 1:
        axes.legend(frameon=False, labelcolor=INK, fontsize=8, loc="lower right")
    axes.set_title(panel.title, loc="left", size=10, color=INK)
    axes.set_xticks(range(len(panel.labels)), panel.labels)
    axes.set_xlim(-0.3, len(panel.labels) - 0.7)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    plain(axes)


def probes_figure(scores: Mapping[str, Point], chances: Mapping[str, float], model: Point, title: str) -> Figure:
    """Draw what each probe scores, with its interval and its chance level, beside the model.

    Args:
        scores: probe -> its score, whose place says nothing.
        chances: probe -> mean score against permuted labels.
        model: the score of the model.
        title: the heading.
    """
    names = ["the model", *scores]
    points = [model, *scores.values()]
    places = np.arange(len(names))
    figure = figure_of(8, 1.6 + 0.42 * len(names), title)
    axes = figure.subplots()
    axes.barh(places, [point.score for point in points], height=0.62, color=[BLUE] + ["#8fb8da"] * len(scores))
    for place, point in zip(places, points, strict=True):
        if point.low is not None and point.high is not None:
            axes.plot([point.low, point.high], [place, place], color=INK, linewidth=1.2)
    axes.plot(
        [chances[name] for name in scores],
        places[1:],
        "|",
        color=ORANGE,
        markersize=15,
        markeredgewidth=2,
        label="chance",
    )
    axes.axvline(model.score, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("UAR (line: 95 % interval)", color=GREY)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(frameon=False, labelcolor=INK, loc="lower right")
    plain(axes)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    return figure
