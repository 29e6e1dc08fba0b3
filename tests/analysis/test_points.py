"""Finished points are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser.analysis.points import points

CALLS: list[int] = []


def halved(number: int, _: Path) -> float:
    CALLS.append(number)
    if number < 0:
        raise KeyboardInterrupt
    return number / 2


def asked(folder: Path, tasks: dict[str, int], code: str = "1") -> dict[str, float]:
    CALLS.clear()
    return points(halved, tasks, folder, identity={"code": code}, workers=1, what="halving")


def test_an_interrupted_curve_goes_on(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        asked(tmp_path, {"a": 2, "b": -1})
    assert asked(tmp_path, {"a": 2, "b": 4}) == {"a": 1.0, "b": 2.0}
    assert CALLS == [4], "what was finished is read"
    assert asked(tmp_path, {"b": 4, "a": 2}) == {"b": 2.0, "a": 1.0}
    assert CALLS == []


def test_other_code_computes_anew(tmp_path: Path) -> None:
    asked(tmp_path, {"a": 2})
    asked(tmp_path, {"a": 2}, code="2")
    assert CALLS == [2]
