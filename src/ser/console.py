"""What reaches the terminal: the lines of `ser`, and of the libraries beneath it only what the user must know."""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from typing import TextIO

TALKATIVE = ("hydra", "mlflow", "alembic", "lightning", "lightning.pytorch", "matplotlib", "fsspec", "optuna")


def quiet_libraries() -> None:
    """Let `ser` speak on stderr, and libraries only to warn.

    Every process that works for the command line calls this: the first, and those it starts.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    if not os.environ.get("SER_DATA_DIR"):
        # Set but empty would mean the current folder; it is meant as not set.
        os.environ.pop("SER_DATA_DIR", None)
    # Third-party deprecations are ours to follow (tests turn them into errors), not the user's to read.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", category=FutureWarning)


@contextlib.contextmanager
def stderr_of_python() -> Iterator[None]:
    """Keep stderr to Python, and to its account of a crash, while in the block.

    The decoder of MP3 prints a line for every frame that it cannot read, and no call stops it: an upload of damaged
    frames would fill the log with as many bytes as it has.
    """
    sys.stderr.flush()
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    usual = sys.stderr
    # Where it is something else already, as in a test, that stays.
    replaced = usual is sys.__stderr__
    with os.fdopen(kept, "w", buffering=1, encoding=usual.encoding, errors="backslashreplace") as ours:
        os.dup2(null, 2)
        os.close(null)
        if replaced:
            _write_to(ours)
            faulthandler.enable(ours)
        try:
            yield
        finally:
            if replaced:
                faulthandler.disable()
                _write_to(usual)
            os.dup2(kept, 2)


def _write_to(stream: TextIO) -> None:
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr:
            handler.setStream(stream)
    sys.stderr = stream
