"""What came out of a job: one file, left by the process that did it and read by the service that asked for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ser.errors import StoreError
from ser.files import locked, read_json, write_json
from ser.pool import end_with_parent


def do_once(outcome: Path, work: Callable[[], Mapping[str, Any]]) -> None:
    """Do a job, in a process of its own, unless it has been done.

    A service that was killed leaves its process behind for a moment, and the next service starts another: they go one
    after the other, and the second finds what the first has left.

    Args:
        outcome: where what came out is left.
        work: does the job and gives what came out, as plain data for JSON; `{"error": words}` when it failed.
    """
    end_with_parent(os.getppid())
    with locked(outcome):
        if not outcome.exists():
            write_json(outcome, work())


def read_outcome(outcome: Path) -> dict[str, Any] | None:
    """Read what came out of a job; None where its process ended before it left anything."""
    try:
        found: dict[str, Any] = read_json(outcome)
    except StoreError:
        return None
    return found
