"""What no number of a run may be shown without: in sentences, and in a word or two for titles and badges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

DEPENDENT = "NOT speaker-independent"
"""The mark of scores whose tested speakers are also trained on, or are unknown."""
# The names of warnings are their first words in capitals: TRANSDUCTIVE, ENROLMENT, OTHER DATA.
_NAME = re.compile(r"\b[A-Z]{2,}(?: [A-Z]{2,})*(?=:)")


def cautions(protocol: Mapping[str, Any]) -> list[str]:
    """Say in sentences what must be said of scores under a protocol; nothing where there is nothing to say.

    Args:
        protocol: of `run.json`: at least `speaker_independent`, `verdict` and `warning`.
    """
    dependent = [f"{DEPENDENT}: these numbers say nothing of new speakers."] * _dependent(protocol)
    return dependent + [protocol["warning"]] * bool(protocol["warning"])


def marks(protocol: Mapping[str, Any]) -> list[str]:
    """Name in a word or two each of what :func:`cautions` says.

    Args:
        protocol: as there.

    Example:
        >>> marks({"speaker_independent": False, "verdict": "", "warning": "ENROLMENT: known. OTHER DATA: a part."})
        ['NOT speaker-independent', 'ENROLMENT', 'OTHER DATA']
    """
    return [DEPENDENT] * _dependent(protocol) + list(dict.fromkeys(_NAME.findall(protocol["warning"])))


def _dependent(protocol: Mapping[str, Any]) -> bool:
    return not protocol["speaker_independent"] or protocol["verdict"].startswith("not ")
