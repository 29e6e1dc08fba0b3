from __future__ import annotations

import pytest

from markup import Page
from ser.pages.curves import Axis, Curve, axis_over, chart, key, ticks

UNIT = Axis(label="score", low=0, high=1, form=".0%")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.25, 0.5, 0.75, 1]),
        (0, 25, [0, 10, 20]),
        (-2, 3, [-2, 0, 2]),
        (0, 0.001, [0, 0.00025, 0.0005, 0.00075, 0.001]),
    ],
)
def test_ticks_are_round_and_within_the_axis(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_a_chart_says_in_words_what_it_shows() -> None:
    line = Curve(name="UAR", kind="one", points=[(0, 0.25), (1, 0.5)], joined=True)
    page = Page(chart("A <title>", [line], Axis(label="epoch", low=0, high=1, form="g"), UNIT))
    (drawn,) = page.all("svg")
    assert drawn["role"] == "img"
    assert drawn["aria-label"] == "A <title>: score over epoch; UAR ends at 50%"
    assert "A <title>" in page.text


def test_higher_values_lie_higher_and_later_ones_to_the_right() -> None:
    line = Curve(name="", kind="one", points=[(0, 0), (1, 1)], joined=True)
    (drawn,) = Page(chart("t", [line], UNIT, UNIT)).all("polyline")
    (x0, y0), (x1, y1) = (map(float, point.split(",")) for point in drawn["points"].split())
    assert x0 < x1
    assert y0 > y1


def test_points_and_a_line_of_one_point_are_dots() -> None:
    dots = Curve(name="", kind="two", points=[(0, 0), (1, 1)], joined=False)
    alone = Curve(name="", kind="one", points=[(0.5, 0.5)], joined=True)
    page = Page(chart("t", [dots, alone], UNIT, UNIT))
    assert [dot["class"] for dot in page.all("circle")] == ["dot two", "dot two", "dot one"]
    assert not page.all("polyline")


def test_an_axis_holds_all_values_and_0() -> None:
    assert (axis_over("loss", [0.5, 2], "g").low, axis_over("loss", [0.5, 2], "g").high) == (0, 2)
    assert (axis_over("loss", [-1.0, -0.5], "g").low, axis_over("loss", [-1.0, -0.5], "g").high) == (-1, 0)
    assert axis_over("loss", [], "g").high == 1


def test_a_key_names_its_colours() -> None:
    assert '<i class="key one"></i>training' in key([("training", "one")])
