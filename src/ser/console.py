"""What reaches the terminal: the lines of `ser`, and of the libraries beneath it only what the user must know."""

from __future__ import annotations

import logging
import os
import sys
import warnings

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
