"""Many processes, one database file."""

from __future__ import annotations

import multiprocessing
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tracked import check_whole, log, model, record

WRITERS = 16
PRELOADED = ["ser.tracking.store", "mlflow.pyfunc", "mlflow.store.tracking.sqlalchemy_store", "git"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own, which `ser` keeps quiet.
def test_sixteen_processes_write_one_store_that_none_had_made(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("note")
    saved = model(tmp_path / "model")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    # The libraries are imported once; every process then starts from there, with nothing opened yet.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    writers = [
        context.Process(
            target=log, args=(uri, str(tmp_path / "mlartifacts"), record(number, tmp_path / "note.txt", saved))
        )
        for number in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    check_whole(uri, WRITERS)
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    assert len(list((tmp_path / "mlartifacts").glob("models/*/artifacts/MLmodel"))) == WRITERS
