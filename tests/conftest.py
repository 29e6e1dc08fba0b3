"""What every test shares: quiet, offline, and away from the user's own folders."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ.pop("SER_DATA_DIR", None)


@pytest.fixture(autouse=True)
def _no_stray_handlers() -> Iterator[None]:
    """The command line sets up logging; a test that runs it must not change what the next one sees."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
