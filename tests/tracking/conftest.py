"""MLflow servers: one that answers, and one that is gone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pictures import drawn_once
from served import free_port, serve


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on SQLite, for the tests that need one that answers."""
    folder = tmp_path_factory.mktemp("server")
    with serve(f"sqlite:///{folder / 'server.db'}", folder) as address:
        yield address


@pytest.fixture
def work_dir(tmp_path: Path, empty_database: Path) -> Path:
    """A work folder with an empty database."""
    shutil.copyfile(empty_database, tmp_path / "mlflow.db")
    return tmp_path


@pytest.fixture
def gone() -> str:
    """The address of a server that is not there."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is not there is asked twice, without the pauses that a user's command makes."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", "0")


@pytest.fixture(autouse=True, scope="module")
def _pictures_are_drawn_once() -> Iterator[None]:
    with drawn_once():
        yield
