"""The limits that keep a newcomer's eye on one thing at a time."""

from __future__ import annotations

import ast

import pytest

from ser.fingerprint import SOURCE, all_modules

MODULE_LINES, FUNCTION_LINES = 300, 50


@pytest.mark.parametrize("module", all_modules())
def test_modules_and_functions_stay_small(module: str) -> None:
    base = SOURCE.parent.joinpath(*module.split("."))
    text = (base / "__init__.py" if base.is_dir() else base.with_suffix(".py")).read_text(encoding="utf-8")
    assert text.count("\n") <= MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= FUNCTION_LINES, f"{node.name} has {lines} lines"
