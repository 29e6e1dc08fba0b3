"""The example notebook runs from top to bottom, and is kept as it was written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from ser import cli
from tiny import TINY

NOTEBOOK = Path(__file__).parents[1] / "examples" / "first-steps.ipynb"


@pytest.fixture
def notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Each cell's outputs by its id, of a run on the tiny study."""
    notebook = nbformat.read(NOTEBOOK, as_version=nbformat.NO_CONVERT)
    folder = tmp_path_factory.mktemp("notebook")
    settings = ["corpus=synthetic", *TINY, "tracking=none"]
    injected = nbformat.v4.new_code_cell(f"work_dir, settings = {str(folder)!r}, {settings!r}")
    place = next(place for place, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    notebook.cells.insert(place + 1, injected)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}


def data(outputs: Any, kind: str) -> str:
    return "".join(output.data[kind] for output in outputs if kind in output.get("data", {}))


def text(outputs: Any) -> str:
    return "".join(output.text for output in outputs if output.get("name") == "stdout")


def test_it_is_kept_without_outputs(notebook: Any) -> None:
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


def test_its_commands_and_links_exist(notebook: Any) -> None:
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert set(re.findall(r"(?:^ {4}|`)ser (\w+)", prose, flags=re.MULTILINE)) <= {*cli.VERBS, *cli.COMMANDS}
    for target in re.findall(r"\]\(([^)#]+)\)", prose):
        assert (NOTEBOOK.parent / target).exists(), target


def test_it_warns_of_nothing(outputs: dict[str, Any]) -> None:
    assert not [output for cell in outputs.values() for output in cell if output.get("name") == "stderr"]


def test_it_compares_two_models(outputs: dict[str, Any]) -> None:
    table = data(outputs["leaderboard"], "text/markdown")
    runs = re.findall(r"'(\w+)': '([0-9a-f]{12})'", data(outputs["training"], "text/plain"))
    assert [model for model, _ in runs] == ["svm", "mlp"]
    for model, run in runs:
        assert re.search(rf"\| {model} .*\| {run} \|", table)
    assert "synthetic mfcc_mean mlp against synthetic mfcc_mean svm: UAR" in text(outputs["comparison"])
    assert data(outputs["confusions"], "image/png")


def test_it_asks_the_model_about_a_recording_over_time(outputs: dict[str, Any]) -> None:
    assert "<audio" in data(outputs["recording"], "text/html")
    said = text(outputs["answer"])
    assert "synthetic mfcc_mean mlp" in said
    assert re.search(r"^first-steps\.wav +1\d\.\d", said, flags=re.MULTILINE)
    assert data(outputs["timeline"], "image/png")
