"""What `training.py` measured, as rows, and as the README's table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULT = Path(__file__).with_name("training.json")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        what: in words.
        seconds: median over rounds.
        unit: of what ("step", "epoch", "run").
        ratio: to the row `to`; None for that row itself.
        to: its name.
        target: what the ratio is to keep to, in words.
    """

    what: str
    seconds: float
    unit: str
    ratio: float | None = None
    to: str = ""
    target: str = ""


def table(result: dict[str, Any]) -> str:
    """Write a result as a Markdown table, with the machine and the versions it was measured with."""
    head = ["| what | time | beside | asked for |", "|---|--:|--:|---|"]
    machine = result["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    measured = f"On an {machine['processor']} with {machine['cores']} cores, no GPU; {versions}."
    return "\n".join([*head, *(_line(Row(**row)) for row in result["rows"]), "", measured, ""])


def _line(row: Row) -> str:
    time = f"{row.seconds * 1e6:.0f} us" if row.unit == "step" else f"{row.seconds:.1f} s"
    beside = "" if row.ratio is None else f"{row.ratio:.2f} x {row.to}"
    return f"| {row.what} | {time} / {row.unit} | {beside} | {row.target} |"
