"""What stands before the page: who may ask it, and whom its visitors' browsers may ask."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

# What a page may load and whom it may ask: this server. Streamlit's own code makes styles, and components from text.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data: blob:; media-src 'self' data: blob:; connect-src 'self' data: blob:; "
    "worker-src 'self' blob:; manifest-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
}
_HERE = b"http://localhost"


class Guard:
    """An ASGI application before another.

    It answers to its own names alone, so that no other page can ask in a visitor's name, not even by a name that leads
    here; and it tells browsers to ask nobody else.

    Args:
        app: the one behind it.
        names: host names that requests may come to, and come from.
    """

    def __init__(self, app: Any, names: Collection[str]) -> None:  # noqa: ANN401 - an ASGI application
        self.app, self.names = app, frozenset(names)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - as ASGI has them
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif not self._known(dict(scope["headers"])):
            await _refuse(scope, send)
        elif scope["type"] == "websocket":
            # Of a name that it does not know, Streamlit asks the internet whether it is this machine's.
            headers = [(name, _HERE if name == b"origin" else value) for name, value in scope["headers"]]
            await self.app({**scope, "headers": headers}, receive, send)
        else:
            await self.app(scope, receive, _guarded(send))

    def _known(self, headers: dict[bytes, bytes]) -> bool:
        origin = headers.get(b"origin")
        hosts = [b"//" + headers.get(b"host", b""), *([origin] if origin is not None else [])]
        return all(_host(place) in self.names for place in hosts)


def _host(place: bytes) -> str | None:
    try:
        return urlsplit(place.decode("latin-1")).hostname
    except ValueError:
        return None


async def _refuse(scope: Any, send: Any) -> None:  # noqa: ANN401
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"This page is not known by that name (--host-name).\n"})


def _guarded(send: Any) -> Any:  # noqa: ANN401
    async def sent(message: Any) -> None:  # noqa: ANN401
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *HEADERS.items()]}
        await send(message)

    return sent
