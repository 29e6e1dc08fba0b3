"""Write `docs/speed.md` from what `features.py` and `augment.py` measured last.

Run from the repository's root:  python benchmarks/speed.py
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from rows import Row, figure, load, ratio, verdict

HERE = Path(__file__).parent
RESULT = HERE.parent / "docs" / "speed.md"
HEAD = """# How fast

Written by `make bench-features` (last step: `python benchmarks/speed.py`, from `benchmarks/features.json` and
`benchmarks/augment.json`). Contestants take turns with one thread each; a figure is the median over rounds of CPU time
a clip, where it does not say wall time. The **floor** is what nobody can do without, measured in the same turns.
"""
FEATURES = """
## Features

Faster: than the first line of each table.

"""
AUGMENTATION = """
## Augmentation

One copy of a clip, as an extraction makes it: a generator seeded by clip, variant and copy, then the operation with its
shipped settings, or the others' where they can be set alike. Faster: our best way than each of the others; asked for
was ten times audiomentations and torchaudio. Where the floor itself is less than ten times faster, that cannot be met.

"""


def table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Write a table whose first column is text and whose last two are too."""
    rules = ["---"] + ["---:"] * (len(heads) - 3) + ["---", "---"]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heads, rules, *lines))


def bullets(facts: Mapping[str, object]) -> str:
    """Write the circumstances on one line."""
    return ", ".join(f"{name} {value}" for name, value in facts.items()) + ".\n"


def contests(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Group rows by contest."""
    return [(contest, list(found)) for contest, found in itertools.groupby(rows, key=lambda row: row.contest)]


def features(rows: Sequence[Row]) -> str:
    """Write a table for each contest."""
    parts = []
    for contest, found in contests(rows):
        lines = [
            [row.what, figure(row), ratio(row), ": ".join(filter(None, (verdict(row), row.target))), row.note]
            for row in found
        ]
        parts.append(f"### {contest[0].upper()}{contest[1:]}\n\n" + table(["", "", "faster", "asked for", ""], lines))
    return "\n".join(parts)


def augmentation(rows: Sequence[Row]) -> str:
    """Write a line for each rival of each operation, the floor beside."""
    lines = []
    for contest, found in contests(rows):
        ours = [row for row in found if row.what.startswith("ser")]
        floor = next((row for row in found if row.what.startswith("floor")), None)
        best = min(ours, key=lambda row: row.value)
        others = [row for row in found if row not in ours and row is not floor]
        for other in others:
            below = f"{figure(floor)} ({floor.what.removeprefix('floor: ')})" if floor else ""
            cells = [contest, figure(best), below, f"{other.what} {figure(other)}", ratio(other)]
            lines.append([*cells, verdict(other), other.note])
        if not others:
            lines.append([contest, figure(best), "", "", "", "", best.what.removeprefix("ser: ")])
    return table(["", "ser", "floor", "other", "faster", "10x", "why not"], lines)


def main() -> None:
    """Write the page."""
    facts, rows = load(HERE / "features.json")
    augment_facts, augment_rows = load(HERE / "augment.json")
    page = HEAD + FEATURES + bullets(facts) + "\n" + features(rows)
    page += AUGMENTATION + bullets(augment_facts) + "\n" + augmentation(augment_rows)
    RESULT.write_text(page, encoding="utf-8")
    missed = [row for row in rows + augment_rows if row.met is False]
    print(f"{RESULT}: {sum(row.met is not None for row in rows + augment_rows)} targets, {len(missed)} missed")
    for row in missed:
        print(f"  {row.contest}: {row.what}: {figure(row)} {ratio(row)}")


if __name__ == "__main__":
    main()
