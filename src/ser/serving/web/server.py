"""The page's server: Streamlit, on the loopback unless told otherwise."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ser.console import stderr_of_python
from ser.errors import ConfigError
from ser.extras import required
from ser.serving.addresses import LAST_PORT, LOOPBACK
from ser.serving.web.guard import Guard
from ser.serving.web.site import Site

SCRIPT = Path(__file__).with_name("script.py")
# They go before the user's config.toml, and no file is written. Nothing of the theme is among them: a theme of one's
# own is not dark where the visitor's system is.
SETTINGS: dict[str, object] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": True,
    "logger.level": "warning",
    "server.disconnectedSessionTTL": 10,
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.fileWatcherType": "none",
    "server.headless": True,
}

# Streamlit runs one page a process and hands its script nothing: this is how the script finds what to show.
_served: Site | None = None


def site() -> Site:
    """Give the site that this process serves."""
    if _served is None:
        raise RuntimeError("no site is served by this process")
    return _served


def serve(served: Site, *, host: str, port: int, names: Sequence[str]) -> int:
    """Serve a page until it is stopped.

    Args:
        served: what is shown.
        host: address to listen at.
        port: TCP port; 0 takes a free one.
        names: host names by which visitors call it, beside the loopback's and `host`.

    Returns:
        The exit code.

    Raises:
        ConfigError: when the port is taken, or Streamlit is not installed.
    """
    global _served
    free = _free(host, port)
    # Before Streamlit is imported, which takes stderr as it finds it.
    with stderr_of_python():
        app = _app([*LOOPBACK, host, *names])
        # Imported here: it needs Streamlit. And before the first visitor comes, who would wait for it.
        from ser.serving.web import page  # noqa: F401

        _served = served
        print(f"Page: http://{host}:{free}  (Ctrl-C stops it)", file=sys.stderr, flush=True)
        if host not in LOOPBACK:
            print("Whoever reaches this address can use it: the page has no login.", file=sys.stderr, flush=True)
        own = {"server.address": host, "server.port": free, "server.maxUploadSize": served.largest_bytes // 1_000_000}
        app.run(config={**SETTINGS, **own})
    return 0


def _free(host: str, port: int) -> int:
    """Find out whether a port is free, or which one; Streamlit would take another or end without a word."""
    received, free = f"{host}, port {port}", None
    if 0 <= port <= LAST_PORT:
        try:
            with socket.create_server((host, port)) as listening:
                free = int(listening.getsockname()[1])
        except OSError as error:
            received = f"{received} ({error.strerror if error.errno is None else os.strerror(error.errno)})"
    if free is None:
        fix = "Choose another port, or 0 for any."
        raise ConfigError(expected="a free TCP port", received=received, where="--host, --port", fix=fix)
    return free


def _app(names: Sequence[str]) -> Any:  # noqa: ANN401 - an application of Streamlit
    streamlit = required("streamlit", extra="page", where="ser page", instead="ask the model with `ser predict`")
    from starlette.middleware import Middleware

    return streamlit.App(SCRIPT, middleware=[Middleware(Guard, names=names)])
