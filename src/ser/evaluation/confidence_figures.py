"""Figures of what a model's confidence is worth: reliability, and how it does when it may abstain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ser.evaluation.figures import BLUE, GREY, INK, ORANGE, figure_of, plain

_WORDS = {"before": "as predicted", "after": "temperature from development"}


def reliability_figure(calibration: Mapping[str, Any], title: str) -> Figure:
    """Draw accuracy against confidence, bin by bin, and below it how many utterances each bin holds.

    Args:
        calibration: as :func:`ser.evaluation.calibration.calibration` gives.
        title: the heading.
    """
    figure = figure_of(6.4, 6.2, title)
    curve, counts = figure.subplots(2, sharex=True, height_ratios=[3, 1])
    curve.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=(0, (4, 3)), label="perfectly calibrated")
    for name, colour, marker in (("before", BLUE, "o"), ("after", ORANGE, "D")):
        found = calibration[name]
        if found is None:
            continue
        rows = found["reliability"]
        confidence, accuracy, n = (np.array([row[key] for row in rows]) for key in ("confidence", "accuracy", "n"))
        curve.plot(confidence, accuracy, color=colour, linewidth=1.3, alpha=0.4)
        # A bin of few utterances says little: markers grow with the share that they stand for.
        sizes, label = 12 + 180 * n / n.sum(), f"{_WORDS[name]}: ECE {found['ece']:.3f}"
        curve.scatter(confidence, accuracy, sizes, color=colour, marker=marker, label=label)
        edges = np.arange(calibration["bins"] + 1) / calibration["bins"]
        shares = np.zeros(calibration["bins"])
        shares[[round(row["low"] * calibration["bins"]) for row in rows]] = n / n.sum()
        counts.stairs(shares, edges, color=colour, linewidth=1.6)
    _legend_above(curve)
    curve.set_ylabel("accuracy", color=GREY)
    curve.set_ylim(0, 1.02)
    counts.set_xlim(0, 1)
    counts.set_ylabel("utterances", color=GREY)
    counts.set_xlabel("confidence: probability of the predicted class", color=GREY)
    for axes in (curve, counts):
        plain(axes)
        _percent(axes)
    return figure


def abstention_figure(abstention: Mapping[str, Any], title: str) -> Figure:
    """Draw UAR and accuracy on the most confident share of the utterances.

    Args:
        abstention: as :func:`ser.evaluation.abstention.abstention` gives.
        title: the heading.
    """
    figure = figure_of(7.5, 4.4, title)
    axes = figure.subplots()
    coverage, uar, accuracy = (
        np.array([row[key] for row in abstention["curve"]], dtype=np.float64) for key in ("coverage", "uar", "accuracy")
    )
    areas = "AURC {aurc:.3f} (ideal {aurc_ideal:.3f}, random {aurc_random:.3f})".format(**abstention)
    axes.plot(coverage, accuracy, color=BLUE, marker="o", markersize=4, label=f"accuracy: {areas}")
    axes.plot(coverage, uar, color=ORANGE, marker="D", markersize=4, label="UAR over the classes answered")
    axes.axhline(accuracy[-1], color=GREY, linewidth=1, linestyle=(0, (4, 3)), label="accuracy without abstaining")
    _legend_above(axes)
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("share of utterances answered, the most confident first", color=GREY)
    plain(axes)
    _percent(axes)
    return figure


def _legend_above(axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    legend = axes.legend(handles, labels, frameon=False, labelcolor=INK, loc="lower left", bbox_to_anchor=(0, 1))
    for handle in legend.legend_handles:
        if isinstance(handle, PathCollection):
            handle.set_sizes([30])


def _percent(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0))
