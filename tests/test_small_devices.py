"""The page of small devices shows what was measured, and what was measured keeps what is promised."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def small_device(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("small_device")


def test_the_page_is_made_of_the_figures(small_device: ModuleType) -> None:
    measured = json.loads(small_device.MEASURED.read_text(encoding="utf-8"))
    assert small_device.PAGE.read_text(encoding="utf-8") == small_device.page(measured)


def test_the_forms_called_safe_are_small_and_lose_less_than_a_point(small_device: ModuleType) -> None:
    measured = json.loads(small_device.MEASURED.read_text(encoding="utf-8"))
    rows = {row["form"]: row for row in measured["rows"] if row["normalise"] == "train"}
    for form in ("dynamic", "int8"):
        assert rows[form]["bytes"] <= 160_000
        assert rows[form]["low"] > -0.01, "the whole interval"
