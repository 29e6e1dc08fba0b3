"""Which MLflow store runs are logged to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ser.errors import ConfigError

_WHERE = "tracking.uri"


@dataclass(frozen=True, kw_only=True)
class Tracking:
    """Where MLflow keeps runs.

    Attributes:
        enabled: whether runs are logged at all.
        uri: `sqlite:///FILE` (a path, nothing in it quoted), or `http(s)://` of a server. Who asks is said to a server
            by the environment (MLFLOW_TRACKING_USERNAME and _PASSWORD, or _TOKEN), since configurations are kept and
            shown.
        artifacts: folder of artifacts for new experiments in a database file; a server decides for itself.
        register: whether a run that takes the lead under its protocol enters the model registry.

    Raises:
        ConfigError: for a URI that is neither, or that holds a password.
    """

    enabled: bool
    uri: str
    artifacts: str | None
    register: bool

    def __post_init__(self) -> None:
        scheme, colon, _ = self.uri.partition(":")
        if scheme in ("http", "https"):
            _check_address(self.uri)
        elif not self.uri.startswith("sqlite:///") or self.uri == "sqlite:///":
            raise ConfigError(
                expected="a database file or a server: sqlite:///FILE, http://HOST:PORT or https://HOST",
                # Of other databases it may hold a password.
                received=f"{scheme}:..." if colon else self.uri,
                where=_WHERE,
                fix="For PostgreSQL or another database start `mlflow server` on it (docs/tracking.md), and name that.",
            )


def _check_address(uri: str) -> None:
    user, at, _ = uri.partition("//")[2].partition("/")[0].rpartition("@")
    if at:
        raise ConfigError(
            expected="an address without a user's name or password, since configurations are kept and shown",
            received=uri.replace(f"{user}@", "...@"),
            where=_WHERE,
            fix="Set MLFLOW_TRACKING_USERNAME and _PASSWORD, or MLFLOW_TRACKING_TOKEN, in the environment.",
        )
    try:
        parts = urlsplit(uri)
        # Asking for the port checks it.
        valid = parts.port != 0 and parts.hostname is not None
    except ValueError:
        valid = False
    if not valid:
        raise ConfigError(
            expected="the address of a server",
            received=uri,
            where=_WHERE,
            fix="Write http://HOST:PORT or https://HOST.",
        )
