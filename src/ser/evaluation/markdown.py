"""Markdown tables that also read well in a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> str:
    """Write a Markdown table with its columns aligned in the source too.

    Args:
        header: column titles.
        rows: cells; a vertical bar in a cell is escaped.
        align: one letter a column, `l` or `r`.

    Returns:
        The lines, without a newline at the end.

    Example:
        >>> print(table(["model", "UAR"], [["svm", "0.6"], ["cnn_lstm", "0.55"]], "lr"))
        | model    |  UAR |
        | :------- | ---: |
        | svm      |  0.6 |
        | cnn_lstm | 0.55 |
    """
    lines = [[cell.replace("|", "\\|") for cell in line] for line in (header, *rows)]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(header))]
    rule = [
        ":" + "-" * (width - 1) if side == "l" else "-" * (width - 1) + ":"
        for side, width in zip(align, widths, strict=True)
    ]
    padded = [
        [
            cell.ljust(width) if side == "l" else cell.rjust(width)
            for cell, side, width in zip(line, align, widths, strict=True)
        ]
        for line in lines
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in (padded[0], rule, *padded[1:]))


def number(value: float | None, digits: int = 3) -> str:
    """Write a number, or "-" for what is undefined or not available.

    Example:
        >>> number(0.61549), number(None)
        ('0.615', '-')
    """
    return "-" if value is None else f"{value:.{digits}f}"
