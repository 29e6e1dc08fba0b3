"""Work spread over processes of one thread, which never outlive the process they work for."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

import joblib
from joblib.externals.loky import reusable_executor

Item = TypeVar("Item")
Result = TypeVar("Result")

_WATCH_S = 0.5


def unordered(
    function: Callable[[Item], Result], items: Sequence[Item], *, workers: int
) -> Generator[Result, None, None]:
    """Apply a function to every item and give the results as they come, in any order.

    Args:
        function: importable by name, or a `functools.partial` of such a one.
        items: what it is applied to, one by one.
        workers: processes. With one, or fewer than two items, all is done in this process.

    Example:
        >>> sorted(unordered(abs, [-1, 2, -3], workers=1))
        [1, 2, 3]
    """
    if workers == 1 or len(items) < 2:
        yield from map(function, items)
        return
    guard = {"initializer": end_with_parent, "initargs": (os.getpid(),)}
    with joblib.parallel_config("loky", inner_max_num_threads=1, **guard), warnings.catch_warnings():
        # loky replaces a worker whose memory has grown since its first task, as when it has come to load torch.
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given to the executor")
        pool = joblib.Parallel(n_jobs=min(workers, len(items)), return_as="generator_unordered", batch_size=1)
        yield from pool(joblib.delayed(function)(item) for item in items)


def available_cores() -> int:
    """Count the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def dismiss() -> None:
    """End the workers that wait for more work; there need be none.

    They do so for minutes. A main program ends them on its way out; a process made by `multiprocessing` waits for them.
    """
    executor = reusable_executor._executor
    if executor is not None:
        executor.terminate(kill_workers=True)


def end_with_parent(parent: int) -> None:
    """End this process soon after its parent has died.

    A worker whose parent was killed (`kill -9`, want of memory) waits for work that never comes: it would hold its
    memory, and the parent's open pipes, until someone finds it.

    Args:
        parent: process id of the parent.
    """
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(1)
