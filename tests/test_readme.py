"""What the README quotes is what the benchmark measured, and the commands it shows exist."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from ser import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def main_road() -> ModuleType:
    spec = importlib.util.spec_from_file_location("main_road", ROOT / "benchmarks" / "main_road.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_figures_are_those_that_were_measured(main_road: ModuleType) -> None:
    result = json.loads((ROOT / "benchmarks" / "main_road.json").read_text(encoding="utf-8"))
    quoted = README.split(main_road.BEGIN)[1].split(main_road.END)[0]
    assert quoted == main_road.table(result)


def test_the_commands_exist() -> None:
    known = set(cli.VERBS) | set(cli.COMMANDS)
    assert set(re.findall(r"^ +ser (\w+)", README, flags=re.MULTILINE)) <= known


def test_the_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
