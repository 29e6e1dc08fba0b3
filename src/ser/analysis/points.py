"""The points of a curve, each computed once: what is finished is kept, so that an interrupted analysis goes on."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ser.errors import StoreError
from ser.files import digest, read_json, write_json
from ser.pool import unordered
from ser.progress import track
from ser.training.fit import one_thread

Task = TypeVar("Task")


def points(
    function: Callable[[Task, Path], Any],
    tasks: Mapping[str, Task],
    folder: Path,
    *,
    identity: Mapping[str, object],
    workers: int,
    what: str,
) -> dict[str, Any]:
    """Compute the points that are not kept yet; whoever computes one writes it.

    Args:
        function: gives a point as plain data for JSON; importable by name. Its second argument is a folder of the
            point's own, for what it must find again after an interruption.
        tasks: name of the point -> what the function is given.
        folder: where points are kept.
        identity: what decides the points beside their names, such as the version of the code.
        workers: processes of one thread; with one, all is done in this one.
        what: what is done, for the progress bar.

    Returns:
        By name, the points, in the order of the tasks.
    """
    places = {name: folder / f"{digest({**identity, 'point': name})}.json" for name in tasks}
    kept = {name: value for name, place in places.items() if (value := _kept(place)) is not None}
    waiting = [(name, tasks[name], places[name]) for name in tasks if name not in kept]
    with contextlib.closing(unordered(functools.partial(_compute, function), waiting, workers=workers)) as found:
        kept.update(track(found, total=len(waiting), what=what))
    return {name: kept[name] for name in tasks}


def _compute(function: Callable[[Task, Path], Any], waiting: tuple[str, Task, Path]) -> tuple[str, Any]:
    name, task, place = waiting
    with one_thread():
        value = function(task, place.with_suffix(""))
    write_json(place, value)
    return name, value


def _kept(place: Path) -> Any:  # noqa: ANN401 - JSON is what it is
    with contextlib.suppress(StoreError):
        return read_json(place)
    return None
