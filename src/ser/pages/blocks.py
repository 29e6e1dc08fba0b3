"""Parts that pages of every kind have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ser.pages.html import Html, tag


def tiles(values: Mapping[str, tuple[object, str]]) -> Html:
    """Show key figures: title -> value and a small remark."""
    boxes = (
        tag("div", tag("dt", title), tag("dd", value, tag("small", remark) if remark else Html("")))
        for title, (value, remark) in values.items()
    )
    return tag("dl", *boxes, class_="tiles")


def bullets(lines: Sequence[object]) -> Html:
    """List lines."""
    return tag("ul", *(tag("li", line) for line in lines))


def nav(links: Mapping[str, str]) -> Html:
    """Link to the sections of a page: address -> title."""
    return tag("nav", *(tag("a", title, href=href) for href, title in links.items()), aria_label="Sections")
