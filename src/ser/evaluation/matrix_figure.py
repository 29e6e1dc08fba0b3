"""The heat map of a cross-corpus matrix."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ser.evaluation.figures import DARK, GREY, INK, SHADES, figure_of
from ser.evaluation.matrix import Cell, Matrix


def matrix_figure(matrix: Matrix) -> Figure:
    """Draw the UAR of every cell, with its interval and its number of classes; the diagonal is framed.

    The shade is the way from chance (white) to all right (dark), so that cells with different numbers of classes are
    shaded alike when they are alike.

    Args:
        matrix: its cells.
    """
    rows, columns = matrix.rows, matrix.corpora
    marks = dict.fromkeys(mark for found in matrix.cells for mark in found.marks)
    title = " · ".join(["Across corpora", matrix.title, *marks])
    figure = figure_of(max(6.0, 2.6 + 1.5 * len(columns)), 2.1 + 0.95 * len(rows), title)
    axes = figure.subplots()
    found = [[matrix.at(row, column) for column in columns] for row in rows]
    shades = np.array([[_above_chance(entry) for entry in line] for line in found])
    axes.imshow(shades, cmap=SHADES, vmin=0, vmax=1, aspect="auto")
    for (row, column), shade in np.ndenumerate(shades):
        _write(axes, found[row][column], row, column, "white" if shade > DARK else INK)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel("tested on", color=GREY, labelpad=8)
    axes.set_ylabel("trained on (framed: other speakers of the same corpus)", color=GREY, labelpad=8)
    axes.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0, colors=INK)
    axes.spines[:].set_visible(False)
    return figure


def _above_chance(cell: Cell) -> float:
    if cell.uar is None or cell.chance is None:
        return 0.0
    return max(0.0, (cell.uar - cell.chance) / (1 - cell.chance))


def _write(axes: Axes, cell: Cell, row: int, column: int, colour: str) -> None:
    if cell.row == cell.column:
        axes.add_patch(Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, fill=False, edgecolor=INK, linewidth=1.4))
    if cell.uar is None:
        axes.text(column, row, "no run", ha="center", va="center", color=GREY, size=9)
        return
    around = "too few speakers" if cell.low is None else f"{cell.low:.0%} to {cell.high:.0%}"
    axes.text(column, row - 0.14, f"{cell.uar:.1%}", ha="center", va="center", color=colour, size=12, weight="bold")
    small = f"{around}\n{len(cell.classes)} classes"
    axes.text(column, row + 0.22, small, ha="center", va="center", color=colour, size=7.5)
