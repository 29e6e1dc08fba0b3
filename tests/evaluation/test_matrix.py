"""The cross-corpus matrix: what a cell takes from its run, and what the page says of it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage

from ser.evaluation.matrix import OTHERS, Cell, Matrix, cell, to_json, to_markdown
from ser.evaluation.matrix_figure import matrix_figure

CLASSES = ["angry", "happy", "sad", "surprise"]


def found(row: str, column: str, uar: float, **more: Any) -> Cell:
    record = {
        "run_id": f"{row}-{column}",
        "protocol": {
            "name": "cross_corpus",
            "words": f"trained on {row} and tested on {column}",
            "warning": "TRANSDUCTIVE: it sees the test." if column == "b" else "",
            "speaker_independent": True,
            "verdict": "speaker-independent",
        },
    }
    summary = {
        "n": 40,
        "classes": CLASSES,
        "classes_without_support": ["surprise"],
        "uar": uar,
        "accuracy": 0.5,
        "uar_interval": {"low": uar - 0.1, "high": uar + 0.1},
    }
    dropped = [
        {"corpus": column, "count": 7, "reason": "left out by protocol=cross_corpus"},
        {"corpus": column, "count": 9, "reason": "no basic emotion"},
    ]
    return cell(row, column, [row], record, summary | more, dropped)


@pytest.fixture
def matrix() -> Matrix:
    cells = [
        found("a", "a", 0.95),
        found("a", "b", 0.45),
        found("b", "a", 0.30, uar_interval=None),
        Cell(row="b", column="b", train=["b"], run_id=None, reason="expected 2 or more speakers"),
        found(OTHERS, "a", 0.35),
        found(OTHERS, "b", 0.55),
    ]
    return Matrix(title="functionals svm, seven labels", corpora=["a", "b"], cells=cells)


def test_a_cell_is_scored_over_the_classes_that_both_sides_have() -> None:
    shown = found("a", "b", 0.45)
    assert shown.classes == ("angry", "happy", "sad")
    assert shown.only_trained == ("surprise",)
    assert shown.chance == pytest.approx(1 / 3)
    assert (shown.low, shown.high) == (pytest.approx(0.35), pytest.approx(0.55))
    assert shown.left_out == 7, "what the label set drops is dropped in every cell"


def test_the_page_gives_every_cell_with_interval_chance_classes_and_run(matrix: Matrix) -> None:
    page = to_markdown(matrix, "matrix.png")
    assert "# Across corpora: functionals svm, seven labels" in page
    squeezed = " ".join(page.split())
    assert "| a | 0.950 (0.850 to 1.050); chance 0.333 | 0.450 (0.350 to 0.550); chance 0.333 |" in squeezed
    assert "| b | 0.300; chance 0.333 | - |" in squeezed, "a single speaker has no interval"
    assert "b on b: expected 2 or more speakers" in page
    assert "![Heat map of the matrix](matrix.png)" in page
    assert "angry, happy, sad" in page
    assert page.count("- Off the diagonal: trained on the row and tested on the column.\n") == 1
    assert "- a on a: trained on a and tested on a." in page
    assert page.count("**TRANSDUCTIVE: it sees the test.**") == 1
    for run in ("a-a", "a-b", "b-a"):
        assert run in page


def test_the_json_holds_what_the_page_shows(matrix: Matrix) -> None:
    value = json.loads(json.dumps(to_json(matrix)))
    assert value["rows"] == ["a", "b", OTHERS]
    assert value["cells"][1]["uar"] == 0.45
    assert value["cells"][3]["run_id"] is None


def test_the_heat_map_is_shaded_from_chance_and_frames_the_diagonal(matrix: Matrix, tmp_path: Path) -> None:
    figure = matrix_figure(matrix)
    (axes,) = figure.axes
    assert figure.get_suptitle().endswith("TRANSDUCTIVE")
    (image,) = (child for child in axes.get_children() if isinstance(child, AxesImage))
    shades = image.get_array()
    assert shades is not None
    assert shades.shape == (3, 2)
    assert shades[0, 0] == pytest.approx((0.95 - 1 / 3) / (2 / 3))
    assert shades[1, 0] == 0, "below chance is white, as is a cell without a run"
    texts = {text.get_text(): text for text in axes.texts}
    assert {"95.0%", "no run", "too few speakers\n3 classes", "35% to 55%\n3 classes"} <= set(texts)
    assert to_rgb(texts["95.0%"].get_color()) == to_rgb("white")
    frames = [patch for patch in axes.patches if not patch.get_fill()]
    assert len(frames) == 2
    figure.savefig(tmp_path / "matrix.png")


def test_a_cell_is_plain_data() -> None:
    assert dataclasses.asdict(Cell(row="a", column="b", train=["a"], run_id=None))["uar"] is None
