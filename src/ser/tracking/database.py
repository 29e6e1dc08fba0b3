"""The database file that holds the runs, where it lies, and what MLflow calls it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

SQLITE = "sqlite:///"


def database_of(work_dir: Path) -> Path:
    """Return the database file of a work folder, as conf/tracking/local.yaml says it."""
    return work_dir.resolve() / "mlflow.db"


def artifacts_beside(database: Path) -> Path:
    """Return the folder of the artifacts that belong to a database file."""
    return database.with_name("mlartifacts")


def file_of(uri: str) -> Path | None:
    """Return the file that a tracking URI names, as `tracking.uri` writes it; None for a server.

    What follows `sqlite:///` is a path as it is, whatever characters it holds.

    Example:
        >>> file_of("sqlite:////data/50%25 done/mlflow.db").name
        'mlflow.db'
        >>> file_of("https://mlflow.example.org")
    """
    return Path(uri.removeprefix(SQLITE)).resolve() if uri.startswith(SQLITE) else None


def uri_of(file: Path) -> str:
    """Return the URI by which MLflow opens a database file.

    SQLAlchemy decodes percent signs and takes a question mark for the start of options. MLflow makes the folder of the
    path as it is written: with its slashes quoted too, that is the current folder, not one of a garbled name.

    Args:
        file: an absolute path.

    Example:
        >>> uri_of(Path("/is it?/mlflow.db"))
        'sqlite:///%2Fis%20it%3F%2Fmlflow.db'
    """
    return f"{SQLITE}{quote(str(file), safe='')}"
