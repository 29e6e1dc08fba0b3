"""The work of an extraction: clips, what the store lacks of them, and how a process carries out a chunk.

Whoever computes a chunk stores it, so that values never travel between processes, and a kill loses the chunks in hand
and nothing else. Each clip is computed alone, so that results do not depend on who computes what.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from ser.arrays import Float32
from ser.audio.augment import Augmentation, Variant, augment
from ser.audio.stft import shared_transforms
from ser.errors import DataError
from ser.features.base import Recipe
from ser.features.store import Space
from ser.files import sha256_of_file

CHUNK = 25
"""Clips that are computed, and stored as one pack a space, at a time."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One utterance's audio.

    Attributes:
        utterance_id: whose it is, for messages.
        path: the audio file.
        sha256: hash of the file, under which its features are stored.
    """

    utterance_id: str
    path: Path
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How features are computed and where they go.

    Attributes:
        recipe: how.
        augmentation: how copies are made; None for none.
        spaces: where features go, by the space's name.
        copies: what each space holds; None is the clean clip.
    """

    recipe: Recipe
    augmentation: Augmentation | None
    spaces: dict[str, Space]
    copies: dict[str, Variant | None]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A clip, and the names of the spaces that lack it."""

    clip: Clip
    lacking: list[str]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of some tasks: the number of results stored, and a reason for each clip that failed."""

    stored: int
    failures: list[str]


def in_chunks(tasks: Sequence[Task]) -> list[Sequence[Task]]:
    """Cut tasks into chunks, the last of which may be shorter."""
    return [tasks[start : start + CHUNK] for start in range(0, len(tasks), CHUNK)]


def carry_out(plan: Plan, tasks: Sequence[Task]) -> Outcome:
    """Decode each clip once, compute all that is lacking of it, and store what came of all.

    Args:
        plan: how, and where to.
        tasks: a chunk.

    Raises:
        StoreError: when the store cannot be written.
    """
    features: dict[str, dict[str, Float32]] = {}
    failures = []
    # The in-process path computes with one thread too: how a product is split over threads may move its last bits.
    with threadpool_limits(1):
        for task in tasks:
            try:
                for name, values in _features(task, plan):
                    features.setdefault(name, {})[task.clip.sha256] = values
            except DataError as error:
                failures.append(f"{task.clip.utterance_id}: {error}")
    for name, clips in features.items():
        plan.spaces[name].add(clips)
    return Outcome(stored=sum(map(len, features.values())), failures=failures)


def _features(task: Task, plan: Plan) -> Iterator[tuple[str, Float32]]:
    """Give the features of one clip for each space that lacks it."""
    clip = task.clip
    samples, rate_hz = plan.recipe.load(clip.path)
    if sha256_of_file(clip.path) != clip.sha256:
        raise DataError(
            expected="the file that was scanned",
            received="other bytes",
            where=clip.path,
            fix="It changed since: run `ser scan` again.",
        )
    with shared_transforms(samples):
        for name in task.lacking:
            variant = plan.copies[name]
            copy = samples
            if variant is not None and plan.augmentation is not None:
                copy = augment(samples, rate_hz, variant, plan.augmentation, clip.sha256)
            values = plan.recipe.compute(copy, rate_hz)
            if not np.isfinite(values).all():
                raise DataError(
                    expected="features that are finite numbers",
                    received="some that are not",
                    where=clip.path,
                    fix="Look at the file's samples; mend it or leave it out.",
                )
            yield name, values
