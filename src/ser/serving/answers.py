"""Answers as text: a table to read, JSON lines and CSV for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence

from ser.serving.answer import Answer
from ser.serving.facts import Facts
from ser.serving.turns import clock, turns


def table(answers: Sequence[Answer], facts: Facts) -> str:
    """Write one line a recording, its turns of emotion below it where it has several windows, and the warnings.

    Args:
        answers: one or more.
        facts: of the model.
    """
    width = max(len("recording"), *(len(answer.source) for answer in answers))
    short = max(6, *(len(name) for name in facts.classes))
    lines = [
        f"{facts.name}, run {facts.run_id}. {facts.score.words}.",
        *facts.cautions,
        "",
        f"{'recording':{width}}  {'seconds':>8}  {'emotion':{short}}  "
        + "  ".join(f"{name:>{max(5, len(name))}}" for name in facts.classes),
    ]
    for answer in answers:
        row = answer.probabilities or {}
        values = "  ".join(f"{format(row[name], '.3f') if row else '-':>{max(5, len(name))}}" for name in facts.classes)
        lines.append(f"{answer.source:{width}}  {answer.duration_s:8.2f}  {answer.emotion or 'none':{short}}  {values}")
        if len(answer.spans) > 1:
            lines += [
                f"    {clock(turn.start_s)} to {clock(turn.end_s)}  {turn.emotion or 'silence':{short}}"
                + (f"  {turn.probability:.2f}" if turn.probability is not None else "")
                for turn in turns(answer.spans)
            ]
    return "\n".join(lines + _warnings(answers))


def json_lines(answers: Sequence[Answer], facts: Facts) -> str:
    """Write one JSON object a recording, windows and warnings in it."""
    model = {"run_id": facts.run_id, "name": facts.name}
    return "\n".join(json.dumps({**answer.record(), "model": model}, ensure_ascii=False) for answer in answers)


def comma_separated(answers: Sequence[Answer], facts: Facts) -> str:
    """Write one line a window: recording, start, end, level, emotion, and a column for each class."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["recording", "start_s", "end_s", "level_db", "emotion", *(f"p_{name}" for name in facts.classes)])
    for answer in answers:
        for span in answer.spans:
            row = span.probabilities or {}
            writer.writerow(
                [
                    answer.source,
                    f"{span.start_s:.3f}",
                    f"{span.end_s:.3f}",
                    f"{span.level_db:.1f}",
                    span.emotion or "",
                    *(f"{row[name]:.6f}" if row else "" for name in facts.classes),
                ]
            )
    return text.getvalue().rstrip("\n")


FORMATS: dict[str, Callable[[Sequence[Answer], Facts], str]] = {
    "table": table,
    "jsonl": json_lines,
    "csv": comma_separated,
}
"""By the name that `ser predict --format` takes."""


def _warnings(answers: Sequence[Answer]) -> list[str]:
    """List each warning once, with the recordings it is about."""
    about: dict[str, list[str]] = {}
    for answer in answers:
        for warning in answer.warnings:
            about.setdefault(warning, []).append(answer.source)
    return [
        f"\n{warning} ({'all recordings' if len(names) == len(answers) > 1 else _listed(names)})"
        for warning, names in about.items()
    ]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
