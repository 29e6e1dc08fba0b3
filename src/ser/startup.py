"""How a process starts, so that what is asked of it is answered soon."""

from __future__ import annotations

import atexit
import gc
import os

_NEW_OBJECTS = 50_000


def compute_in_one_thread() -> None:
    """Let the numeric libraries of this process, not yet imported, use one thread each, unless the user said otherwise.

    A clip at a time is too little for two: threads that wait for each other cost more than they save, on a busy machine
    many times more.
    """
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")


def collect_seldom() -> None:
    """Look for garbage less often from now on, and not at all at the end of the process.

    Libraries bring hundreds of thousands of objects that stay. Going through them every few hundred new ones, and once
    more on the way out, took 0.9 s of the 2.6 s in which one short recording was answered.
    """
    if gc.get_threshold()[0] < _NEW_OBJECTS:
        gc.set_threshold(_NEW_OBJECTS, 20, 20)
        atexit.register(gc.freeze)
