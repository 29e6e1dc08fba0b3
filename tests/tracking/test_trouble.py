"""Stores that refuse, in the words that the user reads."""

from __future__ import annotations

import http.server
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from mlflow import MlflowClient

from ser.errors import ConfigError, StoreError
from ser.pipeline.sync import store
from ser.tracking.store import Tracker
from tracked import check_whole, log, model, record, shown

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own, which `ser` keeps quiet.


@pytest.fixture
def refusing() -> Iterator[Callable[[int, str], str]]:
    """Makes an HTTP server that answers everything with one status and body; gives its address."""
    servers = []

    def start(status: int, body: str) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            do_POST = do_GET  # noqa: N815 - the library's name

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, "You are not authenticated.", ("knows who asks", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_TOKEN")),
        (403, "Permission denied", ("lets this user log runs", "--allowed-hosts")),
        (404, "<h1>It works!</h1>", ("an MLflow server at this address",)),
        (404, json.dumps({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No run"}), ("that answers", "No run")),
        (200, "<h1>It works!</h1>", ("that answers", "not in a valid JSON format")),
        (503, "restarting", ("that answers", "503")),
    ],
)
def test_a_server_that_refuses_is_understood(
    refusing: Callable[[int, str], str], status: int, body: str, words: tuple[str, ...]
) -> None:
    address = refusing(status, body)
    with pytest.raises(StoreError) as error:
        Tracker(address, None).check()
    assert f"tracking.uri={address}: expected" in str(error.value)
    assert "`ser sync` logs later what is missing" in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_text("this is no database")
    with pytest.raises(StoreError, match=r"broken\.db: expected .* but got 'file is not a database'"):
        Tracker(f"sqlite:///{tmp_path / 'broken.db'}", None)


def test_artifacts_that_cannot_be_written_name_their_folder(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("note")
    blocked = tmp_path / "mlartifacts"
    blocked.write_text("a file where the folder should be")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    with pytest.raises(StoreError, match="a folder for them that can be written") as error:
        log(uri, str(blocked), record(0, tmp_path / "note.txt"))
    assert error.value.where.startswith(str(blocked))
    assert {run.info.status for run in shown(uri)[0]} == {"RUNNING"}
    blocked.unlink()
    log(uri, str(blocked), record(0, tmp_path / "note.txt"))
    check_whole(uri, 1)


def test_a_database_that_another_program_made_ready_is_used(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("note")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    MlflowClient(uri).search_experiments()
    log(uri, str(tmp_path / "a"), record(0, tmp_path / "note.txt", model(tmp_path / "model")))
    check_whole(uri, 1)
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)


def test_a_run_that_a_repeated_request_made_twice_is_shown_once(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("note")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    first = record(0, tmp_path / "note.txt")
    log(uri, str(tmp_path / "a"), first)
    tracker = Tracker(uri, str(tmp_path / "a"))
    (shown_run,), _ = shown(uri)
    tracker.client.create_run(shown_run.info.experiment_id, tags={"ser.run_id": first.run_id})
    assert not tracker.complete(first)
    check_whole(uri, 1)
    assert shown(uri)[0][0].info.run_id == shown_run.info.run_id


def test_settings_that_a_kill_kept_from_being_logged_are_logged_later(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("note")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    whole = record(0, tmp_path / "note.txt")
    tracker = Tracker(uri, str(tmp_path / "a"))
    experiment = tracker.client.create_experiment("playground", artifact_location=(tmp_path / "a").as_uri())
    half = tracker.client.create_run(experiment, tags={"ser.run_id": whole.run_id})
    tracker.client.log_param(half.info.run_id, "setting.0", "0")
    assert tracker.complete(whole)
    check_whole(uri, 1)


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("mlruns", "a database file or a server"),
        ("file:///data/mlruns", "a database file or a server"),
        ("sqlite:///", "a database file or a server"),
        ("postgresql://ser:secret@db/ser", "start `mlflow server` on it"),
        ("http://", "the address of a server"),
        ("http://host:port", "the address of a server"),
        ("https://[::1", "the address of a server"),
        ("https://me:secret@mlflow.example.org/x", "https://...@mlflow.example.org/x"),
    ],
)
def test_a_store_is_named_by_a_uri_without_secrets(tmp_path: Path, uri: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        store(tmp_path, uri)
    assert words in str(error.value)
    assert "secret" not in str(error.value)


def test_artifacts_lie_beside_the_database(tmp_path: Path) -> None:
    own = store(tmp_path, None)
    assert own.uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert own.artifacts == f"{tmp_path}/mlartifacts"
    assert store(tmp_path, f"sqlite:///{tmp_path}/of/all.db").artifacts == f"{tmp_path}/of/mlartifacts"
    assert store(tmp_path, "https://mlflow.example.org").artifacts is None
