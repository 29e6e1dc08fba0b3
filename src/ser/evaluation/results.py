"""What the leaderboard and the study page are told of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

History = Sequence[Mapping[str, float]]
"""One mapping an epoch, with the keys "epoch", "train/loss", "dev/loss" and "dev/uar" (those that a model has)."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """A finished, evaluated run, as plain data read from its folder.

    Attributes:
        run_id: its identity hash.
        name: for people.
        record: `run.json`: `corpora features augment model seeds data_hash protocol`; of the protocol `hash name words
            labels classes corpora normalise warning speaker_independent metric verdict utterances speakers folds`; of
            each corpus whether it is a `benchmark` (published, and not synthetic).
        summary: as :func:`ser.evaluation.summary.summarise` gives.
        audit: `verdict`, and `rows` of `fold kind parts count examples`.
        cost: `wall_s cpu_s energy_j peak_memory_mb parameters multiply_adds latency_ms`, each None where not known;
            None for a run that was exported, because no two repetitions cost the same.
    """

    run_id: str
    name: str
    record: Mapping[str, Any]
    summary: Mapping[str, Any]
    audit: Mapping[str, Any]
    cost: Mapping[str, Any] | None


def labels_of(results: Sequence[RunResult]) -> list[str]:
    """Call each run by its name, and by its id too where another has the same name."""
    names = [result.name for result in results]
    return [
        name if names.count(name) == 1 else f"{name} {result.run_id}"
        for name, result in zip(names, results, strict=True)
    ]
