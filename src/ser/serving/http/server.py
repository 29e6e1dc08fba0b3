"""The web server: a socket first, so that what is said of the address is true; then uvicorn on it."""

from __future__ import annotations

import contextlib
import errno
import functools
import math
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from ser.errors import ConfigError
from ser.serving.addresses import LAST_PORT
from ser.serving.http.connections import Connection

_BACKLOG = 128
_HEADER_BYTES = 16_384


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen at an address.

    Args:
        host: a name or an address of this machine.
        port: TCP port; 0 takes a free one.

    Yields:
        The socket, closed after the block.

    Raises:
        ConfigError: when it cannot be, as when another program listens there.
    """
    try:
        if not 0 <= port <= LAST_PORT:
            raise OSError(errno.EINVAL, f"ports go from 0 to {LAST_PORT}")
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server((address[0], port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise ConfigError(
            expected="an address of this machine where nothing listens yet",
            received=f"{host}, port {port}: {error.strerror}",
            where="--host and --port",
            fix="Choose another port; 0 takes a free one.",
        ) from error
    with listener:
        # Connections inherit it. asyncio sets it on sockets of its own making only, and without it the second part of a
        # response waits 40 ms for the client's delayed acknowledgement of the first.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def run(app: FastAPI, listener: socket.socket, name: str, *, connections: int, patience_s: float) -> None:
    """Serve until SIGTERM or Ctrl-C; requests that have begun are finished first.

    Args:
        app: what answers.
        listener: where it listens.
        name: of the model, for the line that says it is ready.
        connections: see :func:`server_of`.
        patience_s: see :func:`server_of`.
    """
    ready = f"Serving {name} at {address_of(listener)} (docs: /docs). Ctrl-C stops it."
    server_of(app, ready, connections=connections, patience_s=patience_s).run([listener])


def server_of(app: FastAPI, ready: str, *, connections: int, patience_s: float) -> uvicorn.Server:
    """Set the web server up.

    Args:
        app: what answers.
        ready: what it prints when it can be asked.
        connections: clients that may be connected at a time.
        patience_s: for so long requests may take to finish at the end.
    """
    config = uvicorn.Config(
        app,
        http=functools.partial(Connection, at_most=connections),  # type: ignore[arg-type]
        backlog=_BACKLOG,
        # Its warnings are of what anybody may send, and do not say who did.
        log_level="error",
        access_log=False,
        server_header=False,
        ws="none",
        h11_max_incomplete_event_size=_HEADER_BYTES,
        timeout_graceful_shutdown=math.ceil(patience_s),
    )
    return _Server(config, ready)


def address_of(listener: socket.socket) -> str:
    """Write the address of a socket as a browser takes it."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family is socket.AF_INET6 else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Says when it is ready, and only then."""

    def __init__(self, config: uvicorn.Config, ready: str) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._ready, flush=True)
