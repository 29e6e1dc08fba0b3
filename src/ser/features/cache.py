"""`ser cache`: what is in the feature store, whether it is sound, and what may go."""

from __future__ import annotations

import contextlib
import shutil
import textwrap
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ser.errors import ConfigError, one_of
from ser.features.store import Space, Store
from ser.fingerprint import code_version
from ser.nested import flat

_DAY_S = 86_400
_UNKNOWN = "?"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A space, as it is listed.

    Attributes:
        space: the space.
        recipe: name of the recipe that made it; "?" when its record is lost.
        copy: the augmented copy, such as "noise-1"; "clean" for none.
        clips: how many it holds, by what can be opened.
        damaged: packs that cannot be opened.
        bytes: what its files take.
        code: "current" when the code of today gives the values in it; "stale" when that code has changed since, so
            that nothing will read it again.
        used: when it was last written to or read, in seconds since 1970; 0 when nobody knows.
    """

    space: Space
    recipe: str
    copy: str
    clips: int
    damaged: int
    bytes: int
    code: Literal["current", "stale"]
    used: float

    @property
    def name(self) -> str:
        """The space's name."""
        return self.space.folder.name

    @property
    def state(self) -> str:
        """What there is to say of its values: "damaged" goes before what its code says."""
        return "damaged" if self.damaged else self.code


def entries(root: Path) -> list[Entry]:
    """List the spaces of a store, by recipe and copy.

    Args:
        root: the store's folder; it need not exist.
    """
    found = [_entry(space) for space in Store(root=root).spaces()]
    return sorted(found, key=lambda entry: (entry.recipe, entry.copy != "clean", entry.copy, -entry.used))


def listing(root: Path) -> str:
    """Show the spaces of a store as a table."""
    found = entries(root)
    if not found:
        return f"Nothing is stored in {root}."
    rows = [("space", "recipe", "copy", "clips", "MB", "code", "last used", "")]
    for entry in found:
        size, used = f"{entry.bytes / 1e6:.1f}", _time(entry.used)
        rows.append(
            (entry.name, entry.recipe, entry.copy, str(entry.clips), size, entry.state, used, _own(entry, found))
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    stale = [entry for entry in found if entry.code == "stale"]
    note = f" {_sum(stale)} of that is stale: `ser cache prune` removes it." if stale else ""
    damaged = sum(entry.damaged for entry in found)
    mend = f" {_count(damaged, 'pack')} cannot be read: `ser cache verify` removes what is damaged." if damaged else ""
    return "\n".join([*lines, "", f"{_sum(found)} in {root}.{note}{mend}"])


def verify(root: Path) -> tuple[str, bool]:
    """Read everything in a store in full, and remove what is damaged. Waits for extractions that are running.

    Returns:
        The finding in words, and whether nothing was damaged.

    Raises:
        StoreError: when something cannot be read.
    """
    spaces = Store(root=root).spaces()
    problems = [problem for space in spaces for problem in space.verify()]
    if not problems:
        return f"{_count(len(spaces), 'space')} in {root}: all sound.", True
    head = f"Removed {_count(len(problems), 'damaged pack')}; `ser features` computes the clips again:"
    return "\n".join([head, *problems]), False


def chosen(found: Sequence[Entry], *, older_than_days: float | None, keep: Sequence[str] | None) -> list[Entry]:
    """Choose what may go: by default what is stale.

    Args:
        found: all entries.
        older_than_days: also what was not used for so many days.
        keep: names of recipes or spaces; all others are chosen, stale or not.

    Raises:
        ConfigError: when a name to keep is not there, or the days are below 0: either would choose everything.
    """
    if older_than_days is not None and not older_than_days >= 0:
        raise ConfigError(
            expected="0 days or more", received=older_than_days, where="--older-than", fix="Give the days of disuse."
        )
    if keep is not None and found:
        names = {name for entry in found for name in (entry.recipe, entry.name)}
        for name in keep:
            one_of(name, names, what="a recipe or a space of the store", where="--keep")
        return [entry for entry in found if not {entry.recipe, entry.name} & set(keep)]
    limit = -1.0 if older_than_days is None else time.time() - older_than_days * _DAY_S
    return [entry for entry in found if entry.code == "stale" or entry.used < limit]


def would_prune(found: Sequence[Entry]) -> str:
    """Say what removing some spaces would remove."""
    if not found:
        return "Nothing to remove."
    return "\n".join(["Would remove:", *map(_line, found), f"{_sum(found)}. Add --yes to remove it."])


def prune(root: Path, found: Sequence[Entry]) -> str:
    """Remove some spaces, and what earlier removals left when they were killed.

    Spaces that an extraction writes to stay. A process that reads one keeps what it has opened.

    Returns:
        What was removed and what was not, in words.
    """
    if not found:
        return "Nothing to remove."
    for leftover in root.glob(".*.gone"):
        shutil.rmtree(leftover, ignore_errors=True)
    removed = [entry for entry in found if entry.space.remove()]
    held = [f"{_line(entry)}  is being written, and stays" for entry in found if entry not in removed]
    return (
        "\n".join(["Removed:", *map(_line, removed), *held, f"{_sum(removed)} removed."])
        if found
        else "Nothing to remove."
    )


def _entry(space: Space) -> Entry:
    return Entry(
        space=space,
        recipe=str(space.about.get("recipe", _UNKNOWN)),
        copy=str(space.about.get("copy") or ("clean" if space.about else _UNKNOWN)),
        clips=len(space.keys()),
        damaged=space.damaged(),
        bytes=_bytes(space.folder),
        code="current" if _is_current(space) else "stale",
        used=space.used(),
    )


def _own(entry: Entry, found: Sequence[Entry]) -> str:
    """Say in which settings a space differs from others of the same recipe and copy."""
    mine = flat(entry.space.description)
    others = [
        flat(other.space.description)
        for other in found
        if (other.recipe, other.copy) == (entry.recipe, entry.copy) and other is not entry
    ]
    told = [key for key in mine if key != "code" and any(other.get(key) != mine[key] for other in others)]
    return textwrap.shorten(", ".join(f"{key.rpartition('.')[2]}={mine[key]}" for key in told), 60, placeholder=" ...")


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds)) if seconds else "unknown"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        # An extraction may be merging packs.
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def _is_current(space: Space) -> bool:
    modules = space.about.get("modules")
    if not isinstance(modules, list):
        return False
    try:
        return code_version(*map(str, modules)) == space.description.get("code")
    except FileNotFoundError:
        # The module is no more.
        return False


def _line(entry: Entry) -> str:
    clips, size = _count(entry.clips, "clip"), f"{entry.bytes / 1e6:.1f} MB"
    return f"  {entry.name}  {entry.recipe}  {entry.copy}  {clips}  {size}  {entry.state}"


def _sum(found: Sequence[Entry]) -> str:
    return f"{_count(len(found), 'space')}, {sum(entry.bytes for entry in found) / 1e6:.1f} MB"
