"""What the pages of experiments say is what their runs gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1] / "experiments"
STUDIES = sorted(path.parent.name for path in ROOT.glob("*/leaderboard.json"))
SEARCHED = sorted(path.parent.name for path in ROOT.glob("*/development.json"))


def read(study: str, name: str) -> Any:
    """Read a file of a study; nothing where it has none."""
    path = ROOT / study / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def quoted(study: str, source: str) -> list[str]:
    """Give the rows of the page's table that is marked as coming from a file, the header apart."""
    page = (ROOT / study / "README.md").read_text(encoding="utf-8")
    marked = page.split(f"<!-- from {source} -->")[1].split("<!-- end -->")[0]
    return [line for line in marked.splitlines() if line.startswith("| ") and "---" not in line][1:]


def cells(entry: dict[str, Any], row: dict[str, Any], run: dict[str, Any] | None) -> list[str]:
    """Write a run of a leaderboard as the cells of a page; with its seeds and cost where the study keeps them."""
    score = [f"{row['uar']:.4f}", f"{row['low']:.3f} to {row['high']:.3f}", f"{row['uar_fold_mean']:.3f}"]
    if run is None:
        return [row["features"], row["model"], entry["protocol"]["normalise"], *score]
    assert len(run["uar_by_seed"]) == row["seeds"]
    assert sum(run["uar_by_seed"].values()) / row["seeds"] == pytest.approx(row["uar"])
    seeds = ", ".join(f"{uar:.3f}" for uar in run["uar_by_seed"].values())
    size = "" if run["parameters"] is None else f"{run['parameters']:,}"
    cost = [f"{run['cpu_s_per_fit']:.1f}", size, f"{run['latency_ms']:.1f}"]
    return [row["corpora"], entry["protocol"]["normalise"], run["step"], *score, seeds, *cost]


@pytest.mark.parametrize("study", STUDIES)
def test_the_figures_are_those_of_the_runs(study: str) -> None:
    runs = read(study, "runs.json")
    rows = [
        cells(entry, row, runs[row["run_id"]] if runs else None)
        for entry in read(study, "leaderboard.json")
        for row in entry["rows"]
    ]
    assert rows
    assert quoted(study, "leaderboard.json") == [f"| {' | '.join(row)} |" for row in rows]


@pytest.mark.parametrize("study", SEARCHED)
def test_every_configuration_that_was_tried_is_on_the_page(study: str) -> None:
    rows = []
    for row in read(study, "development.json"):
        seeds = ", ".join(f"{uar:.3f}" for uar in row["dev_uar_by_seed"].values())
        scores = [f"{row['dev_uar']:.3f}", f"{row['last_epochs']:.3f}", seeds]
        rows.append([row["corpus"], row["normalise"], row["step"], *scores])
    assert rows
    assert quoted(study, "development.json") == [f"| {' | '.join(row)} |" for row in rows]
