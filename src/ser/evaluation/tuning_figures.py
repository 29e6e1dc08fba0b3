"""Figures of a search for settings: how it went, and which settings mattered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ser.evaluation.figures import BLUE, GREY, INK, ORANGE, figure_of, plain


def search_figure(trials: Sequence[tuple[int, float, bool]], metric: str, title: str) -> Figure:
    """Draw the score of every trial in the order in which they began, and the best so far.

    Args:
        trials: number, score, and whether all of its fits were made; those that ended early are drawn hollow, and are
            never the best.
        metric: what the scores are ("development uar"); higher is better.
        title: the heading.
    """
    figure = figure_of(8, 4.2, title)
    axes = figure.subplots()
    whole = sorted((number, score) for number, score, complete in trials if complete)
    early = sorted((number, score) for number, score, complete in trials if not complete)
    if whole:
        numbers, scores = np.array(whole, dtype=np.float64).T
        axes.plot(numbers, scores, "o", color=BLUE, markersize=5, label="all fits made")
        axes.step(numbers, np.maximum.accumulate(scores), where="post", color=ORANGE, linewidth=2, label="best so far")
    if early:
        numbers, scores = np.array(early, dtype=np.float64).T
        axes.plot(numbers, scores, "o", color=GREY, markersize=5, markerfacecolor="white", label="ended early")
    if whole or early:
        axes.legend(frameon=False, labelcolor=INK)
    axes.set_xlabel("trial", color=GREY)
    axes.set_ylabel(metric, color=GREY)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    plain(axes)
    return figure


def importance_figure(importances: Mapping[str, float], title: str) -> Figure:
    """Draw how much of the scores' variation each setting explains.

    Args:
        importances: setting -> share, from 0 to 1.
        title: the heading.
    """
    names = sorted(importances, key=lambda name: (importances[name], name))
    figure = figure_of(8, 1.7 + 0.42 * len(names), title)
    axes = figure.subplots()
    axes.barh(names, [importances[name] for name in names], height=0.62, color=BLUE)
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the variation explained (functional ANOVA)", color=GREY)
    plain(axes)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    return figure
