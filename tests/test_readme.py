"""What the README quotes is what the benchmarks measured, and the commands it shows exist."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from ser import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def benchmark(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of benchmarks/, which find each other as scripts of one folder do."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module(request.param)


@pytest.mark.parametrize("benchmark", ["main_road", "training_table", "serving_table"], indirect=True)
def test_the_figures_are_those_that_were_measured(benchmark: ModuleType) -> None:
    result = json.loads(benchmark.RESULT.read_text(encoding="utf-8"))
    quoted = importlib.import_module("readme").quoted(README, benchmark.RESULT)
    assert quoted == benchmark.table(result)


@pytest.mark.parametrize("benchmark", ["readme"], indirect=True)
def test_a_new_table_replaces_its_own_and_no_other(benchmark: ModuleType) -> None:
    a, b = Path("a.json"), Path("b.json")
    text = "".join(
        f"<!-- from benchmarks/{path.name} -->\n{path.stem}{benchmark.END}\nbelow {path}\n" for path in (a, b)
    )
    changed = benchmark.with_table(text, a, "new")
    assert benchmark.quoted(changed, a) == "new"
    assert changed.replace("\nnew<", "\na<") == text


def test_the_commands_exist() -> None:
    known = set(cli.VERBS) | set(cli.COMMANDS)
    assert set(re.findall(r"^ +ser (\w+)", README, flags=re.MULTILINE)) <= known


def test_the_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
