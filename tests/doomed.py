"""A command in a process of its own, which is there to be killed or starved and must be able to import it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from ser.cli import main


def command(words: list[str], said: Path) -> None:
    """Run `ser` with its errors going to a file, and exit as it does."""
    with said.open("wb") as errors:
        os.dup2(errors.fileno(), sys.stderr.fileno())
    sys.exit(main(words))


def on_a_full_disk(words: list[str], said: Path, limit: int) -> None:
    """Run it where no file may grow beyond a limit in bytes."""
    import resource  # not on Windows

    # Writing past the limit then fails as it does on a full disk, instead of killing the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    command(words, said)
