"""The verbs. Each is idempotent, keeps what it finished when killed, and leaves whole files only."""

from __future__ import annotations

from collections.abc import Callable

from ser.config import Settings
from ser.pipeline import steps

VERBS: dict[str, Callable[[Settings], str]] = {
    "scan": steps.scan,
    "explore": steps.explore,
    "split": steps.split,
    "features": steps.features,
    "train": steps.train,
    "evaluate": steps.evaluate,
    "report": steps.report,
}
"""By name: does the step for the settings, leaves its results in `to` when that is set, and says what was done."""

check = steps.check

__all__ = ["VERBS", "check"]
