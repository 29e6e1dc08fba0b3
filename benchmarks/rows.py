"""What the benchmarks of features and augmentation share: taking turns, rows with targets, and tables of them."""

from __future__ import annotations

import dataclasses
import json
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Case = TypeVar("Case")

# A turn lasts this long at least, so that the clock's own steps do not show.
_TURN_S, _REPEATS = 0.001, 50


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        contest: what it belongs to.
        what: whose it is, or what was done.
        value: the figure.
        unit: of the figure: "ms" of CPU time a clip unless the contest says otherwise.
        times_faster: than the contest's yardstick; None for figures that are no contestants.
        target: what was asked for, in words; empty for none.
        met: whether it was met; None without a target.
        note: what a reader should know, such as why a target was missed.
    """

    contest: str
    what: str
    value: float
    unit: str = "ms"
    times_faster: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""


def at_least(row: Row, times: float, *, aim: float | None = None) -> Row:
    """Ask a row to be so many times faster than its yardstick."""
    said = f"at least {times:g}x" + (f", aim {aim:g}x" if aim else "")
    return dataclasses.replace(row, target=said, met=row.times_faster is not None and row.times_faster >= times)


def at_most(row: Row, value: float) -> Row:
    """Ask a row's figure not to exceed a value."""
    return dataclasses.replace(row, target=f"at most {value:g} {row.unit}", met=row.value <= value)


def race(contestants: Mapping[str, Callable[[Case], object]], cases: Sequence[Case], rounds: int) -> dict[str, float]:
    """Let contestants take turns on every case.

    Returns:
        The median over rounds of the milliseconds of CPU time a case.
    """
    repeats = {}
    for name, work in contestants.items():
        # What is compiled, imported or tabled on first use is so here.
        work(cases[0])
        start = time.process_time()
        work(cases[0])
        repeats[name] = min(_REPEATS, math.ceil(_TURN_S / max(time.process_time() - start, 1e-9)))
    means: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        spent = dict.fromkeys(contestants, 0.0)
        for case in cases:
            for name, work in contestants.items():
                start = time.process_time()
                for _ in range(repeats[name]):
                    work(case)
                spent[name] += (time.process_time() - start) / repeats[name]
        for name, seconds in spent.items():
            means[name].append(1000 * seconds / len(cases))
    return {name: statistics.median(values) for name, values in means.items()}


def compared(contest: str, spent: Mapping[str, float]) -> list[Row]:
    """Make rows of what a race gave; the first contestant is the yardstick."""
    yardstick = next(iter(spent.values()))
    return [
        Row(contest=contest, what=name, value=round(ms, 4), times_faster=round(yardstick / ms, 2))
        for name, ms in spent.items()
    ]


def save(path: Path, facts: Mapping[str, object], rows: Sequence[Row]) -> None:
    """Write what was measured."""
    body = {"facts": facts, "rows": [dataclasses.asdict(row) for row in rows]}
    path.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path) -> tuple[dict[str, object], list[Row]]:
    """Read what :func:`save` wrote: facts and rows."""
    body = json.loads(path.read_text(encoding="utf-8"))
    return body["facts"], [Row(**row) for row in body["rows"]]


def verdict(row: Row) -> str:
    """Say whether the target was met, in a word; nothing without one."""
    return {None: "", True: "met", False: "missed"}[row.met]


def figure(row: Row) -> str:
    """Write the figure with its unit."""
    digits = 0 if row.value >= 100 else 1 if row.value >= 10 else 2 if row.value >= 1 else 3
    return f"{row.value:.{digits}f} {row.unit}"


def ratio(row: Row) -> str:
    """Write how many times faster, if that is known."""
    return "" if row.times_faster is None else f"{row.times_faster:.1f}x"


def show(facts: Mapping[str, object], rows: Sequence[Row], *, ratios: str) -> None:
    """Print a table, then the facts; `ratios` says what the ratios tell."""
    print(f"Milliseconds are of CPU time a clip, unless the heading says otherwise; x: {ratios}.")
    contest = ""
    for row in rows:
        if row.contest != contest:
            contest = row.contest
            print(f"\n{contest}")
        told = "; ".join(part for part in (verdict(row), row.target, row.note) if part)
        print(f"  {row.what:58} {figure(row):>12} {ratio(row):>9}  {told}".rstrip())
    print()
    for name, value in facts.items():
        print(f"{name}: {value}")
