"""What the pages of experiments say is what their runs gave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "experiments"


def table(tables: list[dict]) -> list[str]:
    """Write a leaderboard as the rows of a page."""
    return [
        f"| {row['features']} | {row['model']} | {entry['protocol']['normalise']} | {row['uar']:.4f} "
        f"| {row['low']:.3f} to {row['high']:.3f} | {row['uar_fold_mean']:.3f} |"
        for entry in tables
        for row in entry["rows"]
    ]


@pytest.mark.parametrize("study", sorted(path.parent.name for path in ROOT.glob("*/leaderboard.json")))
def test_the_figures_are_those_of_the_runs(study: str) -> None:
    page = (ROOT / study / "README.md").read_text(encoding="utf-8")
    quoted = page.split("<!-- from leaderboard.json -->")[1].split("<!-- end -->")[0]
    rows = [line for line in quoted.splitlines() if line.startswith("| ") and "---" not in line][1:]
    assert rows == table(json.loads((ROOT / study / "leaderboard.json").read_text(encoding="utf-8")))
    assert rows
