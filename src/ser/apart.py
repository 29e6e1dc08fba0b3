"""Work in a process of its own: whatever kills it kills nothing else."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.process import BaseProcess
from typing import Any

from ser.console import quiet_libraries
from ser.pool import dismiss, end_with_parent

EXIT_INTERRUPTED = 130


@contextlib.contextmanager
def started(function: Callable[..., object], *arguments: object, ready: Sequence[str] = ()) -> Iterator[BaseProcess]:
    """Call a function in a process of its own, which is ended with the block if it has not ended before.

    Processes are forked off a server of one thread that has imported what they need, once: a job waits for no imports,
    and no lock or thread of this process comes with it. (Windows cannot fork; there each imports for itself.)

    Args:
        function: importable by name; what it returns is dropped.
        arguments: of the function; they are pickled.
        ready: modules that the server imports before the first process. Those of the first call count.

    Yields:
        The process, started. `join` waits for it; its `exitcode` is 0 after the function returned.
    """
    context: Any = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
    if sys.platform != "win32":
        context.set_forkserver_preload(list(ready))
    process = context.Process(target=_call, args=(dict(os.environ), function, arguments))
    process.start()
    try:
        yield process
    finally:
        if process.is_alive():
            process.terminate()
        process.join()


def ending(exitcode: int | None) -> str:
    """Say how a process ended that did not end well.

    Args:
        exitcode: as `multiprocessing` gives it: minus the number of the signal that killed it.

    Example:
        >>> ending(-9)
        'killed by SIGKILL (most often for want of memory)'
        >>> ending(3)
        'ended with exit code 3'
    """
    if exitcode is None or exitcode >= 0:
        return f"ended with exit code {exitcode}"
    name = signal.Signals(-exitcode).name
    return f"killed by {name}" + (" (most often for want of memory)" if name == "SIGKILL" else "")


def _call(environment: dict[str, str], function: Callable[..., object], arguments: tuple[object, ...]) -> None:
    # The server holds the environment of the moment when it was started.
    os.environ.clear()
    os.environ.update(environment)
    end_with_parent(os.getppid())
    quiet_libraries()
    try:
        function(*arguments)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    finally:
        dismiss()
