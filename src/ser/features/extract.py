"""The extraction: every clip, clean and augmented, into the store, by all cores or many machines, once."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ser.audio.augment import Augmentation, variants_of
from ser.errors import DataError, StoreError
from ser.features.base import Recipe
from ser.features.engine import Engine
from ser.features.source import FeatureSource, feature_source
from ser.features.store import Space
from ser.features.work import Clip, Plan, Task, carry_out

__all__ = ["Clip", "Extraction", "extract"]

_LISTED = 5


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


def extract(
    clips: Sequence[Clip], recipe: Recipe, augmentation: Augmentation | None, root: Path, *, engine: Engine
) -> Extraction:
    """Compute what the store does not hold yet.

    Args:
        clips: the utterances; audio that comes twice is computed once.
        recipe: how features are computed.
        augmentation: which copies to make of every clip; None for none.
        root: folder of the store; the handle names it from the root of the filesystem, as an engine's processes may
            work in another folder.
        engine: what carries out the work; results do not depend on it.

    Returns:
        The handle to read by, and what was done.

    Raises:
        DataError: when clips could not be read or gave features that are not numbers. All others are stored then.
        StoreError: when the store cannot be written, or does not hold what the engine says it stored. What was finished
            before is kept.
    """
    source = feature_source(root.absolute(), recipe, augmentation)
    plan = _plan(source, recipe, augmentation)
    distinct = {clip.sha256: clip for clip in clips}
    stored = 0
    if _tasks(distinct, plan.spaces):
        with contextlib.ExitStack() as held:
            # In order of their names, so that two extractions never wait for each other in a ring.
            for _, space in sorted(plan.spaces.items()):
                held.enter_context(space.lock())
            stored = _extract(plan, _tasks(distinct, plan.spaces), engine)
    return Extraction(source=source, computed=stored, found=len(distinct) * len(plan.spaces) - stored)


def _plan(source: FeatureSource, recipe: Recipe, augmentation: Augmentation | None) -> Plan:
    variants = {} if augmentation is None else {variant.key: variant for variant in variants_of(augmentation)}
    # Copies that are the same by another name share a space.
    spaces = {space.folder.name: space for space in [source.clean_space, *source.variant_spaces.values()]}
    copies = {space.folder.name: variants[key] for key, space in source.variant_spaces.items()}
    return Plan(
        recipe=recipe,
        augmentation=augmentation,
        spaces=spaces,
        copies={source.clean_space.folder.name: None, **copies},
    )


def _tasks(clips: dict[str, Clip], spaces: dict[str, Space]) -> list[Task]:
    """List the clips that some space lacks, in the order given."""
    missing = {name: set(space.missing(clips)) for name, space in spaces.items()}
    lacking = {key: [name for name in spaces if key in missing[name]] for key in clips}
    return [Task(clip=clips[key], lacking=names) for key, names in lacking.items() if names]


def _extract(plan: Plan, tasks: list[Task], engine: Engine) -> int:
    """Have all tasks carried out. Returns the number of results stored."""
    stored = 0
    failures: list[str] = []
    with contextlib.closing(engine.run(functools.partial(carry_out, plan), tasks)) as outcomes:
        for outcome in outcomes:
            stored += outcome.stored
            failures.extend(outcome.failures)
    lacking = _tasks({task.clip.sha256: task.clip for task in tasks}, plan.spaces)
    for space in plan.spaces.values():
        # In the order of the run, which then reads a view of the memory map.
        space.compact([task.clip.sha256 for task in tasks])
    lost = stored - (_results(tasks) - _results(lacking))
    if lost > 0:
        raise _lost(lost, stored, plan)
    if failures:
        raise _failed(sorted(failures), len(tasks))
    return stored


def _results(tasks: Sequence[Task]) -> int:
    return sum(len(task.lacking) for task in tasks)


def _lost(lost: int, stored: int, plan: Plan) -> StoreError:
    return StoreError(
        expected=f"the {stored} results that were reported as stored",
        received=f"{lost} of them not there",
        where=next(iter(plan.spaces.values())).folder.parent,
        fix="Put work_dir where all machines of the engine see it under the same path, and run the same command again.",
    )


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
