"""Clips as points in two dimensions, coloured by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ser.arrays import Float64
from ser.evaluation.figures import INK, figure_of

# The Okabe-Ito palette, safe for every common colour blindness, and marks for whoever sees no colour.
_COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#22282e", "#8a939b")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_INCHES = 4.4, 4.4
_A_VIEW = 4  # names that fit below one view


@dataclass(frozen=True, kw_only=True)
class View:
    """One picture of the clips.

    Attributes:
        title: what stands above it.
        train: shape [n, 2], clips that the projection was learned from; small and faint.
        test: shape [m, 2], clips that it was not learned from.
    """

    title: str
    train: Float64
    test: Float64


def scatter_figure(
    views: Sequence[View], train: Sequence[str], test: Sequence[str], classes: Sequence[str], title: str
) -> Figure:
    """Draw views side by side.

    Args:
        views: at least one.
        train: n class names, of the training clips.
        test: m class names, of the test clips.
        classes: all class names.
        title: the heading.
    """
    width, height = _INCHES
    figure = figure_of(width * len(views), height + 0.8, title)
    for axes, view in zip(np.atleast_1d(figure.subplots(1, len(views))), views, strict=True):
        for code, name in enumerate(classes):
            colour, marker = _COLOURS[code % len(_COLOURS)], _MARKERS[code % len(_MARKERS)]
            learned, tested = (
                points[np.array(labels) == name] for points, labels in ((view.train, train), (view.test, test))
            )
            axes.scatter(*learned.T, s=8, color=colour, alpha=0.25, linewidths=0)
            axes.scatter(*tested.T, s=34, color=colour, marker=marker, edgecolors="white", linewidths=0.6)
        axes.set_title(view.title, size=10, color=INK, loc="left")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color("#c8ccd0")
    handles = [
        Line2D([], [], linestyle="", marker=_MARKERS[code % len(_MARKERS)], color=_COLOURS[code % len(_COLOURS)])
        for code in range(len(classes))
    ]
    columns = min(len(classes), _A_VIEW * len(views))
    figure.legend(handles, list(classes), loc="outside lower center", ncols=columns, frameon=False, fontsize=9)
    return figure
