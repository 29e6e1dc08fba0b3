"""The MLflow UI on the loopback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ser.errors import StoreError
from ser.tracking.database import artifacts_beside, database_of, uri_of


def serve(work_dir: Path, *, port: int) -> int:
    """Run the MLflow UI until it is stopped.

    Args:
        work_dir: the folder that holds `mlflow.db`.
        port: TCP port on 127.0.0.1.

    Returns:
        The exit code of the server.

    Raises:
        StoreError: when nothing has been logged there yet.
    """
    database = database_of(work_dir)
    if not database.is_file():
        raise StoreError(
            expected="the MLflow database of earlier runs",
            received="no such file",
            where=database,
            fix="Run `ser train` first, or name its folder with --work-dir DIR.",
        )
    print(f"MLflow UI: http://127.0.0.1:{port}  (Ctrl-C stops it)", file=sys.stderr)
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri_of(database)]
    artifacts = artifacts_beside(database).as_uri()
    options = ["--default-artifact-root", artifacts, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    return subprocess.run([*command, *options], check=False).returncode  # noqa: S603 - our own interpreter and arguments
