"""Figures of a run. They are plain figures without pyplot, so that nothing global changes and no window opens."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ser.arrays import Float64
from ser.evaluation.results import History
from ser.files import written_aside

# One hue from white to navy: told apart by lightness alone, whatever the reader's colour vision.
SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#d3e3f1", "#86b4d9", "#2f74ae", "#0b3c66"])
# Blue and orange of the Okabe-Ito palette, safe for every common colour blindness.
BLUE, ORANGE, INK, GREY = "#0072b2", "#d55e00", "#22282e", "#8a939b"
# Above this share white figures stand out better from the shade than dark ones (WCAG contrast).
DARK = 0.67
_TITLE_LETTERS = 8  # an inch


def confusion_figure(
    counts: npt.NDArray[np.int64] | Sequence[Sequence[int]], classes: Sequence[str], title: str
) -> Figure:
    """Draw a confusion matrix: shade and large figure are the share of the true class, the small figure is the count.

    Args:
        counts: shape [C, C], rows are true classes.
        classes: C class names.
        title: the heading.
    """
    values = np.asarray(counts, dtype=np.int64)
    support = values.sum(axis=1)
    shares: Float64 = values / np.maximum(support, 1)[:, None]
    size = len(classes)
    figure = figure_of(max(6.0, 2.6 + 0.86 * size), 2.1 + 0.76 * size, title)
    axes = figure.subplots()
    axes.imshow(shares, cmap=SHADES, vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > DARK else INK
        weight = "bold" if row == column else "normal"
        axes.text(column, row - 0.1, f"{share:.0%}", ha="center", va="center", color=colour, size=12, weight=weight)
        axes.text(
            column, row + 0.25, str(values[row, column]), ha="center", va="center", color=colour, size=8, alpha=0.8
        )
    axes.set_xticks(range(size), classes)
    axes.set_yticks(range(size), [f"{name}  ({count})" for name, count in zip(classes, support, strict=True)])
    axes.set_xlabel("predicted class", color=GREY, labelpad=8)
    axes.set_ylabel("true class (utterances)", color=GREY, labelpad=8)
    axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0, colors=INK)
    axes.spines[:].set_visible(False)
    return figure


def history_figure(histories: Mapping[str, History], title: str) -> Figure:
    """Draw the losses and the development UAR of every fit over its epochs, with each fit's best epoch marked.

    Args:
        histories: name of the fit -> its epochs. Models that are fitted in one step have none.
        title: the heading.
    """
    figure = figure_of(10, 4.2, title)
    losses, scores = figure.subplots(1, 2)
    for history in histories.values():
        _curve(losses, history, "train/loss", BLUE)
        _curve(losses, history, "dev/loss", ORANGE)
        epochs, values = _curve(scores, history, "dev/uar", ORANGE)
        if len(values):
            best = int(values.argmax())
            scores.plot(epochs[best], values[best], "o", color=ORANGE, markersize=5, markeredgecolor="white")
    drawn = any(histories.values())
    if drawn:
        handles = [Line2D([], [], color=colour, linewidth=2) for colour in (BLUE, ORANGE)]
        losses.legend(handles, ["train", "development"], frameon=False, labelcolor=INK)
    for axes, what in ((losses, "loss"), (scores, "development UAR (dot: best epoch)")):
        axes.set_title(what, loc="left", size=10, color=INK)
        plain(axes)
        if drawn:
            axes.set_xlabel("epoch", color=GREY)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        else:
            axes.text(0.5, 0.5, "fitted in one step: no epochs", transform=axes.transAxes, ha="center", color=GREY)
            axes.set(xticks=[], yticks=[])
    scores.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return figure


def per_class_figure(per_class: Mapping[str, Mapping[str, float | None]], title: str) -> Figure:
    """Draw recall (bars) and precision (dots) of each class, with the UAR as a line.

    Args:
        per_class: class -> `precision recall support`; None is undefined and not drawn.
        title: the heading.
    """
    names = list(per_class)
    recalls = np.array([per_class[name]["recall"] for name in names], dtype=np.float64)
    precisions = np.array([per_class[name]["precision"] for name in names], dtype=np.float64)
    places = np.arange(len(names))
    figure = figure_of(7.5, 1.7 + 0.42 * len(names), title)
    axes = figure.subplots()
    bars = axes.barh(places, np.nan_to_num(recalls), height=0.62, color="#8fb8da")
    (dots,) = axes.plot(precisions, places, "D", color=ORANGE, markersize=6, markeredgecolor="white")
    uar = float(np.nanmean(recalls))
    line = axes.axvline(uar, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_yticks(places, [f"{name}  ({per_class[name]['support']})" for name in names])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    labels = ["recall", "precision", f"UAR {uar:.1%}"]
    axes.legend(
        [bars, dots, line], labels, frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1), labelcolor=INK
    )
    plain(axes)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    return figure


def figure_of(width: float, height: float, title: str) -> Figure:
    """Make an empty figure of a width and height in inches under a heading."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    figure.suptitle(textwrap.fill(title, round(width * _TITLE_LETTERS)), size=12, weight="bold", color=INK)
    return figure


def save(figure: Figure, file: Path) -> None:
    """Write a figure as PNG, aside and renamed.

    Without the program's name and version in it, the same numbers give the same bytes, which DVC relies on.

    Raises:
        StoreError: when the file cannot be written.
    """
    with written_aside(file) as aside:
        figure.savefig(aside, format="png", dpi=150, metadata={"Software": None})


def _curve(axes: Axes, history: History, key: str, colour: str) -> tuple[Float64, Float64]:
    rows = [row for row in history if key in row]
    epochs, values = (np.array([row[name] for row in rows], dtype=np.float64) for name in ("epoch", key))
    axes.plot(epochs, values, color=colour, linewidth=1.3, alpha=0.6)
    return epochs, values


def plain(axes: Axes) -> None:
    """Leave of the axes what helps to read them."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=INK, labelsize=9)
    axes.grid(color="#e6e9ec", linewidth=0.8)
    axes.set_axisbelow(True)
