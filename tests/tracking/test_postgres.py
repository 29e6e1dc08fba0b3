"""An MLflow server on a PostgreSQL cluster of the test's own, where PostgreSQL is installed."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from served import PATIENCE, free_port, serve
from tracked import check_whole, log, record

WRITERS = 4
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own, which `ser` keeps quiet.


def programs() -> Path | None:
    """The newest PostgreSQL of a Debian package, or the one on the PATH."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    found = packaged[-1] if packaged else shutil.which("initdb")
    return Path(found).parent if found else None


def as_other_than_root() -> list[str]:
    """PostgreSQL refuses to run as root; then it runs as nobody."""
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]


@pytest.fixture
def postgres() -> Iterator[str]:
    """Start a cluster on the loopback; gives the URI of its database."""
    bin_dir = programs()
    if bin_dir is None:
        pytest.skip("PostgreSQL's server programs are not installed (Debian: apt install postgresql)")
    if importlib.util.find_spec("psycopg2") is None:
        pytest.skip("psycopg2 is not installed (pip install ser[server])")
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL refuses to run as root, and there is no setpriv to run it as another")
    # Not below tmp_path, which only the user of the tests may enter.
    with tempfile.TemporaryDirectory(prefix="ser-postgres-") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        data, port = Path(folder) / "data", free_port()
        create = [
            bin_dir / "initdb",
            "--pgdata",
            data,
            "--username=ser",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
        ]
        start = [bin_dir / "postgres", "-D", data, "-p", str(port), "-k", "", "-c", "fsync=off"]
        subprocess.run([*as_other_than_root(), *create], cwd=folder, check=True, capture_output=True)
        with (
            (Path(folder) / "postgres.log").open("wb") as out,
            subprocess.Popen([*as_other_than_root(), *start], cwd=folder, stdout=out, stderr=out) as process,
        ):
            try:
                wait_for(bin_dir, port, process)
                yield f"postgresql+psycopg2://ser@127.0.0.1:{port}/postgres"
            finally:
                # A fast shutdown: connections are closed, not waited for.
                process.send_signal(signal.SIGINT)


def wait_for(bin_dir: Path, port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    ready = [bin_dir / "pg_isready", "-h", "127.0.0.1", "-p", str(port)]
    while subprocess.run(ready, capture_output=True, check=False).returncode != 0:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_server_on_postgresql_takes_whole_runs_of_several_writers(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("note")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ser.tracking.store"])
    with serve(postgres, tmp_path / "server") as address:
        records = [record(number, tmp_path / "note.txt") for number in range(WRITERS)]
        writers = [context.Process(target=log, args=(address, None, each)) for each in records]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert [writer.exitcode for writer in writers] == [0] * WRITERS
        check_whole(address, WRITERS)
