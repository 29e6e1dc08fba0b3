"""What every test shares: quiet, offline, and away from the user's own folders."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from ser.startup import compute_in_one_thread

# Two workers of two threads each, on two cores, wait for each other most of the time.
compute_in_one_thread()
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


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of MLflow's with nothing in it; to make one takes MLflow seconds, to copy it nothing."""
    # Here, because most tests do without MLflow.
    from ser.tracking.store import Tracker

    file = tmp_path_factory.mktemp("empty") / "mlflow.db"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # MLflow's own, which `ser` keeps quiet.
        Tracker(f"sqlite:///{file}", None).client.search_experiments(max_results=1)
    return file
