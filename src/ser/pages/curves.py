"""Charts of lines and points as inline SVG: they scale with the page and take its colours, light or dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ser.pages.html import Html, tag

WIDTH, HEIGHT = 320, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 22, 12, 44
_TEXT = 4  # from the middle of a letter to its base line, about


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A line, or points.

    Attributes:
        name: what it is, for the key.
        kind: colour class: "one", "two" or "three"; "rule" is a thin grey line that is not in the key.
        points: x and y of each, in order.
        joined: whether a line joins them; else each is a dot.
    """

    name: str
    kind: str
    points: Sequence[tuple[float, float]]
    joined: bool


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis.

    Attributes:
        label: what is on it, with its unit.
        low: value at its start.
        high: value at its end, above `low`.
        form: format of the numbers on it.
    """

    label: str
    low: float
    high: float
    form: str


def axis_over(label: str, values: Sequence[float], form: str) -> Axis:
    """Make an axis that starts at 0, or below, and holds all values."""
    low, high = min([0.0, *values]), max([0.0, *values])
    return Axis(label=label, low=low, high=high if high > low else low + 1, form=form)


def chart(title: str, curves: Sequence[Curve], across: Axis, up: Axis) -> Html:
    """Draw curves in one frame.

    Args:
        title: heading of the figure, and what screen readers say together with the axes and the last values.
        curves: those with a name are in the key, if there are several.
        across: the horizontal axis.
        up: the vertical axis.
    """
    ends = ", ".join(f"{one.name} ends at {one.points[-1][1]:{up.form}}" for one in curves if one.points and one.joined)
    words = f"{title}: {up.label} over {across.label}" + (f"; {ends}" if ends else "")
    drawn = tag(
        "svg",
        *_frame(across, up),
        *(_drawn(one, across, up) for one in curves),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=words,
        class_="chart",
    )
    return tag("figure", tag("figcaption", title), drawn)


def key(names: Sequence[tuple[str, str]]) -> Html:
    """Explain colours: name and colour class of each."""
    return tag(
        "p", *(tag("span", tag("i", Html(""), class_=f"key {kind}"), name) for name, kind in names), class_="note"
    )


def ticks(low: float, high: float) -> list[float]:
    """Choose round values on an axis, three to five of them where it starts at 0.

    Example:
        >>> ticks(0, 1), ticks(1, 30)
        ([0.0, 0.25, 0.5, 0.75, 1.0], [10.0, 20.0, 30.0])
    """
    rough = (high - low) / 4
    size = 10 ** math.floor(math.log10(rough))
    step = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [float(round(place * step, 12)) for place in range(first, math.floor(high / step + 1e-9) + 1)]


def _frame(across: Axis, up: Axis) -> list[Html]:
    parts = []
    for value in ticks(up.low, up.high):
        y = _y(value, up)
        parts.append(tag("line", x1=_LEFT, x2=WIDTH - _RIGHT, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid"))
        parts.append(tag("text", f"{value:{up.form}}", x=_LEFT - 6, y=f"{y + _TEXT:.1f}", class_="end"))
    for value in ticks(across.low, across.high):
        x = _x(value, across)
        parts.append(tag("text", f"{value:{across.form}}", x=f"{x:.1f}", y=HEIGHT - _BOTTOM + 18, class_="middle"))
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    return [*parts, tag("text", across.label, x=middle, y=HEIGHT - 4, class_="middle")]


def _drawn(curve: Curve, across: Axis, up: Axis) -> Html:
    places = [(f"{_x(x, across):.1f}", f"{_y(y, up):.1f}") for x, y in curve.points]
    if curve.joined and len(places) > 1:
        return tag("polyline", points=" ".join(f"{x},{y}" for x, y in places), class_=f"line {curve.kind}")
    dots = (tag("circle", cx=x, cy=y, r=3.5, class_=f"dot {curve.kind}") for x, y in places)
    return tag("g", *dots)


def _x(value: float, axis: Axis) -> float:
    return _LEFT + (value - axis.low) / (axis.high - axis.low) * (WIDTH - _LEFT - _RIGHT)


def _y(value: float, axis: Axis) -> float:
    return HEIGHT - _BOTTOM - (value - axis.low) / (axis.high - axis.low) * (HEIGHT - _TOP - _BOTTOM)
