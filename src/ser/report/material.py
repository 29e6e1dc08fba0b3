"""What the page of a study shows of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ser.evaluation import cautions
from ser.evaluation.leaderboard import Table
from ser.evaluation.results import History, RunResult


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """The answer to a question that was asked of a run beyond its scores.

    Attributes:
        title: the heading.
        words: the answer in a few sentences.
        rows: the table, the same keys in every row.
        notes: how it was measured, in sentences.
        picture: the figure, as PNG.
    """

    title: str
    words: str
    rows: Sequence[Mapping[str, Any]]
    notes: Sequence[str]
    picture: bytes


@dataclass(frozen=True, kw_only=True)
class Material:
    """One run.

    Attributes:
        result: what the leaderboard is told of it.
        histories: the epochs of each fit, by its name.
        hardest: as :func:`ser.evaluation.hardest.hardest` gives.
        sample: as :func:`ser.evaluation.sample.sample` gives.
        analyses: by name, those that were asked.
        environment: machine and packages; "" for a run that was exported without.
    """

    result: RunResult
    histories: Mapping[str, History]
    hardest: Sequence[Mapping[str, Any]]
    sample: Sequence[Mapping[str, Any]]
    analyses: Mapping[str, Analysis]
    environment: str


def marks(table: Table) -> list[str]:
    """Name in a word or two what no number of a contest may be shown without."""
    named = [mark.lower() for mark in cautions.marks(vars(table.contest))]
    return named + ["not a benchmark"] * (not table.contest.benchmark)
