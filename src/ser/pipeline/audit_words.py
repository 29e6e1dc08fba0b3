"""What `ser audit` found, as text, Markdown or JSON."""

from __future__ import annotations

import json

import pandas as pd

from ser.evaluation import markdown
from ser.protocol.leaks import FAULT, KINDS, LEAK, NOTE, Leaks

_SECTIONS = {
    LEAK: "Leaks: they reach the test part and make its score too good",
    FAULT: "Faults: they make the score meaningless",
    NOTE: "Notes: to know, no alarm",
}


def verdict(found: Leaks) -> str:
    """Say the whole in a sentence."""
    said = [
        f"{count} kind{'s' * (count > 1)} of {severity}"
        for severity in (LEAK, FAULT)
        if (count := found.table.loc[found.table["severity"] == severity, "kind"].nunique())
    ]
    size = f"{found.utterances} utterances in {found.folds} fold{'s' * (found.folds > 1)}"
    unknown = ", ".join(f"{kind} ({count} utterances)" for kind, count in found.unchecked.items())
    if said:
        judged = f"LEAKS: {' and '.join(said)}" if found.leaks else f"FAULTY: {said[0]}"
    elif "speaker" in found.unchecked:
        count = found.unchecked["speaker"]
        judged = f"no leak found, but {count} utterances are of unknown speakers: NOT known to be speaker-independent"
    else:
        judged = "no leak found"
    return f"{judged}; {size}" + (f". Not known, not checked: {unknown}" if unknown else "")


def text(found: Leaks) -> str:
    """Write the findings for a terminal."""
    lines = [verdict(found)]
    for severity, title in _SECTIONS.items():
        rows = found.table[found.table["severity"] == severity]
        if len(rows):
            lines += ["", f"{title}:"]
        for kind, same in rows.groupby("kind", sort=False):
            lines.append(f"  {kind}: {KINDS[str(kind)]}")
            for _, parts, where, count, examples in _together(same, found.folds):
                lines.append(f"    {parts:11s} {where}, {count} in all: {examples}")
    return "\n".join(lines)


def to_markdown(found: Leaks) -> str:
    """Write the findings as a page."""
    lines = ["# Audit of a split", "", f"**{verdict(found)}.**"]
    for severity, title in _SECTIONS.items():
        rows = _together(found.table[found.table["severity"] == severity], found.folds)
        if rows:
            cells = [
                [kind, KINDS[kind], parts, where, str(count), examples] for kind, parts, where, count, examples in rows
            ]
            header = ["kind", "what it is", "parts", "folds", "count", "examples"]
            lines += ["", f"## {title}", "", markdown.table(header, cells, "llllrl")]
    return "\n".join(lines)


def to_json(found: Leaks) -> str:
    """Write every finding of every fold as JSON."""
    whole = {
        "sound": found.sound,
        "verdict": verdict(found),
        "folds": found.folds,
        "utterances": found.utterances,
        "unchecked": found.unchecked,
        "findings": found.table.to_dict("records"),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False)


RENDER = {"text": text, "markdown": to_markdown, "json": to_json}


def _together(table: pd.DataFrame, folds: int) -> list[tuple[str, str, str, int, str]]:
    """Put the folds of one kind and pair of parts in a row."""
    rows = []
    for (kind, parts), same in table.groupby(["kind", "parts"], sort=False):
        names = same["fold"].unique().tolist()
        where = "over all folds" if names == ["all"] else f"{len(names)} of {folds} fold{'s' * (folds > 1)}"
        rows.append((str(kind), str(parts), where, int(same["count"].sum()), str(same["examples"].iloc[0])))
    return rows
