"""Charts made of boxes and text, so that they follow the page's width, letters and dark mode.

The numbers stand in the cells beside, so charts are hidden from screen readers; histograms speak for themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from ser.pages.html import DASH, Html, Number, shown, tag


def bar(value: float, largest: float) -> Html:
    """Draw a bar from the left.

    Args:
        value: 0 or more.
        largest: what fills the cell.
    """
    return stack([(value, "one")], largest)


def stack(parts: Sequence[tuple[float, str]], largest: float) -> Html:
    """Draw bars end to end.

    Args:
        parts: value and colour class of each.
        largest: the sum that fills the cell.
    """
    pieces = (
        tag("i", Html(""), class_=kind, style=f"width:{_percent(value, largest)}") for value, kind in parts if value
    )
    return tag("span", *pieces, class_="bar", aria_hidden="true")


def span(low: float, mark: float, high: float, axis: tuple[float, float]) -> Html:
    """Draw a bar from `low` to `high` with a tick at `mark`.

    Args:
        low: start of the bar.
        mark: where the tick stands.
        high: end of the bar.
        axis: the values at the cell's left and right edge.
    """
    left, right = axis
    width = right - left
    body = tag(
        "i", Html(""), class_="one", style=f"left:{_percent(low - left, width)};width:{_percent(high - low, width)}"
    )
    tick = tag("b", Html(""), style=f"left:{_percent(mark - left, width)}")
    return tag("span", body, tick, class_="span", aria_hidden="true")


def heat(value: object, share: float) -> Number:
    """Write a value on a ground that is the darker the larger `share` (0 to 1) is."""
    return Number(tag("span", value, class_="heat", style=f"--s:{min(max(share, 0.0), 1.0):.3f}"))


def histogram(counts: Sequence[int], edges: Sequence[float], *, what: str, unit: str) -> Html:
    """Draw a histogram.

    Args:
        counts: one a bin; their number is a multiple of four.
        edges: limits of the bins, one more than there are bins.
        what: what was counted, in words.
        unit: of the edges.
    """
    tallest = max(counts)
    columns = (
        tag("i", Html(""), style=f"height:{_percent(count, tallest)}", title=f"{low:g}{DASH}{high:g} {unit}: {count}")
        for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True)
    )
    quarter = len(counts) // 4
    labels = (tag("span", f"{edges[part * quarter]:g}" + (f" {unit}" if part == 4 else "")) for part in range(5))
    peak = counts.index(tallest)
    words = f"{what}; tallest bar {shown(tallest)} at {edges[peak]:g} to {edges[peak + 1]:g} {unit}"
    return tag(
        "figure",
        tag("figcaption", words),
        tag("div", *columns, class_="histogram", role="img", aria_label=words),
        tag("div", *labels, class_="axis", aria_hidden="true"),
    )


def _percent(value: float, whole: float) -> str:
    return f"{100 * value / whole if whole else 0:.2f}%"
