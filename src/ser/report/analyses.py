"""What was asked of a run beyond its scores, and what could be."""

from __future__ import annotations

from collections.abc import Mapping

from ser.pages.blocks import bullets
from ser.pages.html import Html, data_uri, number, table, tag
from ser.report.material import Analysis

QUESTIONS = {
    "probes": "what duration, loudness, silence, recording or speaker alone tell",
    "enrolment": "what clips of the tested speaker are worth",
    "learning": "what more training speakers are worth",
    "robustness": "how it bears degraded recordings",
    "embedding": "how its features and its inner representation part the classes",
}
"""Analyses, in the order of the page, and what they ask."""


def analyses(run_id: str, found: Mapping[str, Analysis], caution: str) -> list[Html]:
    """Show the answers at hand, and say how the others are had.

    Args:
        run_id: the run.
        found: by name of `QUESTIONS`.
        caution: what no number of the run is shown without, to end the captions with.
    """
    parts = [part for name in QUESTIONS if name in found for part in _answer(found[name], caution)]
    missing = [name for name in QUESTIONS if name not in found]
    if not missing:
        return parts
    asked = "; ".join(f"{name}: {QUESTIONS[name]}" for name in missing)
    command = tag("code", f"ser analyse {run_id} {' '.join(missing)}")
    return [
        *parts,
        tag(
            "p",
            f"Not asked of this run yet ({asked}). ",
            command,
            " answers, then ",
            tag("code", "ser report"),
            " shows it.",
            class_="note",
        ),
    ]


def _answer(found: Analysis, caution: str) -> list[Html]:
    rows = found.rows
    body = [[_cell(name, value, first=place == 0) for place, (name, value) in enumerate(row.items())] for row in rows]
    numbers = table(f"{found.title}.{caution}", list(rows[0]), body) if rows else Html("")
    picture = tag("img", src=data_uri(found.picture, "image/png"), alt=found.words, class_="picture", loading="lazy")
    return [
        tag("h4", found.title),
        tag("p", found.words),
        tag("div", picture, class_="scroll", tabindex="0", role="region", aria_label=found.title),
        tag("details", tag("summary", "The numbers, and how they were measured"), bullets(found.notes), numbers),
    ]


def _cell(name: str, value: object, *, first: bool) -> object:
    if isinstance(value, float):
        return number(value, ".3f")
    return str(value) if first or isinstance(value, bool) else value
