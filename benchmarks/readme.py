"""The tables of the README that benchmarks write: each stands between a mark of its own and the next end mark."""

from __future__ import annotations

from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
END = "<!-- end -->"


def quoted(text: str, result: Path) -> str:
    """Return what a README quotes of a result.

    Args:
        text: of the README.
        result: the file of figures that the table is made of.
    """
    return text.split(_begin(result))[1].split(END)[0]


def with_table(text: str, result: Path, table: str) -> str:
    """Put a result's table in the place of the one before."""
    before, rest = text.split(_begin(result))
    return f"{before}{_begin(result)}{table}{END}{rest.split(END, 1)[1]}"


def write_table(result: Path, table: str) -> None:
    """Put a result's table into this project's README."""
    README.write_text(with_table(README.read_text(encoding="utf-8"), result, table), encoding="utf-8")


def _begin(result: Path) -> str:
    return f"<!-- from benchmarks/{result.name} -->\n"
