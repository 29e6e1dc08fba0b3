"""The cross-corpus matrix: how well models of one corpus do on another, each cell with its interval and its classes.

A row is what a model was trained on, a column what it was tested on. On the diagonal stand the speaker-independent
scores within a corpus; the last row is trained on all the others. Cells are scored over the classes that both sides
have, which differ from cell to cell: chance is given with each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ser.evaluation import markdown
from ser.evaluation.cautions import cautions, marks

OTHERS = "all others"
"""The name of the last row."""

_HOW_TO_READ = """\
Rows: what the models were trained on. Columns: what they were tested on. A cell gives the UAR with its 95 % interval
(drawn over the tested speakers) and chance, one over the number of classes tested. A cell is scored over the classes
that both of its sides have, so cells of one table may have different classes: compare them by how far they clear
chance, or choose a label set that all corpora cover. On the diagonal no speaker is both trained and tested."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One training, tested on one corpus.

    Attributes:
        row: the corpus trained on, or `OTHERS`.
        column: the corpus tested.
        train: the corpora trained on.
        run_id: the run behind it; None when there is none.
        reason: why there is none; "" otherwise.
        uar: over the classes tested; None without a run, as are the other numbers.
        low: lower end of the 95 % interval; None also where fewer than four speakers are tested.
        high: its upper end.
        accuracy: share of utterances recognised.
        chance: one over the number of classes tested.
        utterances: how many were tested.
        classes: those tested, which both sides have.
        only_trained: those that only training has: they can be answered, and are then wrong.
        left_out: utterances of both sides that the protocol leaves out, since training lacks their classes.
        protocol: in words.
        warning: what must be said of such numbers; "" when there is nothing to say.
        marks: the same in a word or two each.
    """

    row: str
    column: str
    train: list[str]
    run_id: str | None
    reason: str = ""
    uar: float | None = None
    low: float | None = None
    high: float | None = None
    accuracy: float | None = None
    chance: float | None = None
    utterances: int = 0
    classes: tuple[str, ...] = ()
    only_trained: tuple[str, ...] = ()
    left_out: int = 0
    protocol: str = ""
    warning: str = ""
    marks: tuple[str, ...] = ()


def cell(
    row: str,
    column: str,
    train: list[str],
    record: Mapping[str, Any],
    summary: Mapping[str, Any],
    dropped: Sequence[Mapping[str, Any]],
) -> Cell:
    """Take from a run what its cell shows.

    Args:
        row: the corpus trained on, or `OTHERS`.
        column: the corpus tested.
        train: the corpora trained on.
        record: `run.json` of the run.
        summary: as :func:`ser.evaluation.summary.summarise` gives.
        dropped: `count reason` of the utterances that labels and protocol leave out.
    """
    interval = summary["uar_interval"] or {"low": None, "high": None}
    lacking = summary["classes_without_support"]
    tested = tuple(name for name in summary["classes"] if name not in lacking)
    by_rule = f"left out by protocol={record['protocol']['name']}"
    return Cell(
        row=row,
        column=column,
        train=train,
        run_id=record["run_id"],
        uar=summary["uar"],
        low=interval["low"],
        high=interval["high"],
        accuracy=summary["accuracy"],
        chance=1 / len(tested),
        utterances=summary["n"],
        classes=tested,
        only_trained=tuple(lacking),
        left_out=sum(entry["count"] for entry in dropped if entry["reason"] == by_rule),
        protocol=record["protocol"]["words"],
        warning=" ".join(cautions(record["protocol"])),
        marks=tuple(marks(record["protocol"])),
    )


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """All cells of one recipe.

    Attributes:
        title: the recipe in words.
        corpora: the columns, and but for the last the rows.
        cells: row by row.
    """

    title: str
    corpora: list[str]
    cells: list[Cell]

    @property
    def rows(self) -> list[str]:
        """What was trained on, in order."""
        return list(dict.fromkeys(found.row for found in self.cells))

    @property
    def warnings(self) -> list[str]:
        """What must be said of the numbers of some cells."""
        return list(dict.fromkeys(found.warning for found in self.cells if found.warning))

    def at(self, row: str, column: str) -> Cell:
        """Give the cell of a row and a column."""
        return next(found for found in self.cells if (found.row, found.column) == (row, column))


def to_json(matrix: Matrix) -> dict[str, Any]:
    """Give a matrix as plain data: `title corpora rows cells`."""
    return {
        "title": matrix.title,
        "corpora": matrix.corpora,
        "rows": matrix.rows,
        "cells": [asdict(found) for found in matrix.cells],
    }


def to_markdown(matrix: Matrix, figure: str) -> str:
    """Write the page of a matrix: how to read it, the table, the heat map, and what each cell is made of.

    Args:
        matrix: its cells.
        figure: the file of the heat map, beside the page.
    """
    table = [[row, *(_score(matrix.at(row, column)) for column in matrix.corpora)] for row in matrix.rows]
    missing = [found for found in matrix.cells if found.run_id is None]
    return "\n".join(
        [
            f"# Across corpora: {matrix.title}",
            "",
            _HOW_TO_READ,
            "",
            *(line for warning in matrix.warnings for line in (f"**{warning}**", "")),
            markdown.table(["trained on \\ tested on", *matrix.corpora], table, "l" + "r" * len(matrix.corpora)),
            "",
            f"![Heat map of the matrix]({figure})",
            "",
            "## The cells",
            "",
            _details(matrix),
            "",
            *(line for found in missing for line in (f"{found.row} on {found.column}: {found.reason}", "")),
            "## The protocols",
            "",
            *dict.fromkeys(_protocol(found) for found in matrix.cells if found.run_id is not None),
            "",
        ]
    )


def _score(found: Cell) -> str:
    if found.uar is None or found.chance is None:
        return "-"
    around = "" if found.low is None else f" ({found.low:.3f} to {found.high:.3f})"
    return f"{found.uar:.3f}{around}; chance {found.chance:.3f}"


def _protocol(found: Cell) -> str:
    """Say by what protocol a cell was made; off the diagonal all say the same but for the corpora."""
    if found.row == found.column:
        return f"- {found.row} on {found.column}: {found.protocol}."
    corpora = f"trained on {', '.join(found.train)} and tested on {found.column}"
    return f"- Off the diagonal: {found.protocol.replace(corpora, 'trained on the row and tested on the column')}."


def _details(matrix: Matrix) -> str:
    header = ["trained on", "tested on", "UAR", "accuracy", "utterances", "classes tested", "only trained"]
    rows = [
        [
            found.row,
            found.column,
            markdown.number(found.uar),
            markdown.number(found.accuracy),
            str(found.utterances),
            ", ".join(found.classes),
            ", ".join(found.only_trained) or "-",
            str(found.left_out),
            str(found.run_id),
        ]
        for found in matrix.cells
        if found.run_id is not None
    ]
    return markdown.table([*header, "utterances left out", "run"], rows, "llrrrllrl")
