"""The extraction: every clip, clean and augmented, into the store, on all cores, once.

The parent process holds the spaces and writes them; workers of one thread decode and compute. What a worker finished
is stored at once, so that a kill loses the chunks in hand and nothing else. Results do not depend on the number of
workers: each clip is computed alone.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from ser.arrays import Float32
from ser.audio.augment import Augmentation, Variant, augment, variants_of
from ser.audio.stft import shared_transforms
from ser.errors import DataError
from ser.features.base import Recipe
from ser.features.source import FeatureSource, feature_source
from ser.features.store import Space
from ser.files import sha256_of_file
from ser.pool import unordered
from ser.progress import track

_CHUNK = 25
_LISTED = 5


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
class Extraction:
    """What an extraction left.

    Attributes:
        source: through which the features are read.
        computed: results computed now, counted over clean clips and copies.
        found: results that were in the store already.
    """

    source: FeatureSource
    computed: int
    found: int


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """How features are computed. `copies` says what each space holds, by the space's name; None is the clean clip."""

    recipe: Recipe
    augmentation: Augmentation | None
    copies: dict[str, Variant | None]


@dataclass(frozen=True, kw_only=True)
class _Task:
    """A clip, and the names of the spaces that lack it."""

    clip: Clip
    lacking: list[str]


@dataclass(frozen=True, kw_only=True)
class _Done:
    """What came of some tasks: features by space and audio hash, and a reason for each failure."""

    features: dict[str, dict[str, Float32]]
    failures: list[str]


def extract(
    clips: Sequence[Clip], recipe: Recipe, augmentation: Augmentation | None, root: Path, *, workers: int
) -> Extraction:
    """Compute what the store does not hold yet.

    Args:
        clips: the utterances; audio that comes twice is computed once.
        recipe: how features are computed.
        augmentation: which copies to make of every clip; None for none.
        root: folder of the store.
        workers: processes, of one thread each.

    Returns:
        The handle to read by, and what was done.

    Raises:
        DataError: when clips could not be read or gave features that are not numbers. All others are stored then.
        StoreError: when the store cannot be written. What was finished before is kept.
    """
    source = feature_source(root, recipe, augmentation)
    copies = {} if augmentation is None else {variant.key: variant for variant in variants_of(augmentation)}
    # Copies that are the same by another name share a space.
    spaces = {space.folder.name: space for space in [source.clean_space, *source.variant_spaces.values()]}
    plan = _Plan(
        recipe=recipe,
        augmentation=augmentation,
        copies={
            source.clean_space.folder.name: None,
            **{space.folder.name: copies[key] for key, space in source.variant_spaces.items()},
        },
    )
    distinct = {clip.sha256: clip for clip in clips}
    computed = 0
    if _tasks(distinct, spaces):
        with contextlib.ExitStack() as held:
            # In order of their names, so that two extractions never wait for each other in a ring.
            for _, space in sorted(spaces.items()):
                held.enter_context(space.lock())
            computed = _extract_into(spaces, _tasks(distinct, spaces), plan, workers)
    return Extraction(source=source, computed=computed, found=len(distinct) * len(spaces) - computed)


def _tasks(clips: dict[str, Clip], spaces: dict[str, Space]) -> list[_Task]:
    """List the clips that some space lacks, in the order given."""
    missing = {name: set(space.missing(clips)) for name, space in spaces.items()}
    lacking = {key: [name for name in spaces if key in missing[name]] for key in clips}
    return [_Task(clip=clips[key], lacking=names) for key, names in lacking.items() if names]


def _extract_into(spaces: dict[str, Space], tasks: list[_Task], plan: _Plan, workers: int) -> int:
    """Carry out all tasks, storing as they come. Returns the number of results stored."""
    chunks = [tasks[start : start + _CHUNK] for start in range(0, len(tasks), _CHUNK)]
    computed = 0
    failures: list[str] = []
    with contextlib.closing(unordered(functools.partial(_compute, plan), chunks, workers=workers)) as results:
        for done in track(results, total=len(chunks), what=f"computing {plan.recipe.name}, {_CHUNK} clips a step"):
            for name, features in done.features.items():
                spaces[name].add(features)
                computed += len(features)
            failures.extend(done.failures)
    for space in spaces.values():
        space.compact()
    if failures:
        raise _failed(sorted(failures), len(tasks))
    return computed


def _compute(plan: _Plan, tasks: list[_Task]) -> _Done:
    """Decode each clip once and compute all that is lacking of it."""
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
    return _Done(features=features, failures=failures)


def _features(task: _Task, plan: _Plan) -> Iterator[tuple[str, Float32]]:
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


def _failed(failures: list[str], of: int) -> DataError:
    listed = [f"  {failure}" for failure in failures[:_LISTED]]
    if len(failures) > _LISTED:
        listed.append(f"  and {len(failures) - _LISTED} more")
    return DataError(
        expected="clips that can be read and give finite features",
        received=f"{len(failures)} of {of} that do not:\n" + "\n".join(listed) + "\n",
        where="features",
        fix="Mend or remove these files and scan again; the features of all others are stored.",
    )
