"""How many threads the numeric libraries of a process use."""

from __future__ import annotations

import os


def compute_in_one_thread() -> None:
    """Let the numeric libraries of this process, not yet imported, use one thread each, unless the user said otherwise.

    A clip at a time is too little for two: threads that wait for each other cost more than they save, on a busy machine
    many times more.
    """
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
