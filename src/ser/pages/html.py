"""The few building blocks of a page. Everything is escaped but what was built here."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

_STYLE = Path(__file__).with_name("style.css")
# No script, no font, no picture and no sound from anywhere but the page itself.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:"


DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


class Html(str):
    """Markup: text that is put on the page as it is."""

    __slots__ = ()


class Number(Html):
    """Markup that stands to the right of its cell, as numbers do."""

    __slots__ = ()


_VOID = {"img"}


def tag(name: str, *children: object, **attributes: object) -> Html:
    """Build an element; children that are no :class:`Html` are escaped.

    Args:
        name: of the element.
        children: its content, in order; None shows as a dash.
        attributes: a trailing underscore is dropped and others become hyphens (`class_`, `aria_label`); None is left
            out.

    Example:
        >>> tag("p", "a < b", class_="note")
        '<p class="note">a &lt; b</p>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{written}>" + ("" if name in _VOID else f"{join(children)}</{name}>"))


def join(parts: Iterable[object]) -> Html:
    """Put parts one after the other, escaping those that are no :class:`Html`."""
    return Html("".join(part if isinstance(part, Html) else html.escape(shown(part), quote=False) for part in parts))


def shown(value: object) -> str:
    """Write a value for people: thousands apart, a dash for what is missing.

    Example:
        >>> shown(12345), shown("a"), shown(None) == DASH
        ('12,345', 'a', True)
    """
    if value is None:
        return DASH
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def number(value: float, form: str) -> Number:
    """Write a number by a format, to stand to the right; a dash when it is not a number.

    Example:
        >>> number(0.1234, ".1%"), number(-19.7, ".1f") == MINUS + "19.7"
        ('12.3%', True)
    """
    return Number(DASH if math.isnan(value) else f"{value:{form}}".replace("-", MINUS))


def table(caption: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> Html:
    """Build a table that scrolls sideways by itself where the screen is narrow.

    Args:
        caption: what it shows; also its name for screen readers.
        header: column titles.
        rows: cells; the first one is the row's title. Numbers and their columns' titles stand to the right.
    """
    lines = [list(row) for row in rows]
    body = [
        tag("tr", tag("th", first, scope="row"), *(tag("td", cell, class_=_side(cell)) for cell in rest))
        for first, *rest in lines
    ]
    sides = [_side(cell) for cell in lines[0]] if lines else [None] * len(header)
    head = tag("tr", *(tag("th", title, scope="col", class_=side) for title, side in zip(header, sides, strict=True)))
    whole = tag("table", tag("caption", tag("span", caption)), tag("thead", head), tag("tbody", *body))
    return tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _side(cell: object) -> str | None:
    return "n" if cell is None or isinstance(cell, (int, Number)) else None


def section(anchor: str, title: str, *content: object) -> Html:
    """Build a section with a heading, reachable as `#anchor`."""
    return tag("section", tag("h2", title), *content, id=anchor)


def data_uri(content: bytes, media_type: str) -> str:
    """Write bytes as an address that holds them."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def page(title: str, *content: object) -> str:
    """Build a whole page that asks the network for nothing.

    Args:
        title: of the window.
        content: what is inside `main`.

    Returns:
        An HTML 5 document.
    """
    head = join(
        [
            Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
            Html('<meta name="color-scheme" content="light dark">'),
            tag("title", title),
            tag("style", Html(_STYLE.read_text(encoding="utf-8"))),
        ]
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{tag("main", *content)}</body></html>\n'
