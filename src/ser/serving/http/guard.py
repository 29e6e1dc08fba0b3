"""What every request passes first: who may ask, what a browser may do with the answer, and how a failure is told."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ser.errors import ConfigError
from ser.serving.addresses import LOOPBACK
from ser.serving.http.measures import Measures
from ser.serving.http.problems import Problem

OPEN = frozenset({"/", "/health", "/docs", "/openapi.json"})
"""Paths that need no token: they tell nothing of the model."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
}
_TOKEN_AT_LEAST = 16
_LINGER_S = 2.0
"""For so long what remains of a refused body is read and thrown away: most clients look for an answer only then."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may ask.

    Attributes:
        hosts: names and addresses by which the service may be called, without ports. A page of another site that has
            its own name resolve to this machine (DNS rebinding) calls it by another.
        token: what the header `Authorization: Bearer ...` must hold; None asks for none.

    Raises:
        ConfigError: for a token that could be guessed.
    """

    hosts: frozenset[str]
    token: str | None

    def __post_init__(self) -> None:
        if self.token is not None and (len(self.token) < _TOKEN_AT_LEAST or not self.token.isascii()):
            raise ConfigError(
                expected=f"a token of {_TOKEN_AT_LEAST} ASCII characters or more",
                received=f"one of {len(self.token)}",
                where="the service's token",
                fix="Make one with `openssl rand -hex 32`.",
            )

    def check(self, scope: Scope) -> None:
        """Let a request pass.

        Raises:
            Problem: when it may not.
        """
        headers = Headers(scope=scope)
        called = headers.get("host", "").lower()
        if _without_port(called) not in self.hosts:
            raise Problem(
                reason="host",
                detail="The Host header names another machine.",
                expected="one of the names the service was started for",
                fix="Call it by such a name, or start it with --host-name NAME.",
            )
        # Browsers send this along with what could change something; only pages of the service itself may.
        origin = headers.get("origin")
        if scope["method"] not in ("GET", "HEAD") and origin is not None and origin.partition("://")[2] != called:
            raise Problem(
                reason="origin",
                detail="The Origin header names another site.",
                expected="a request from no web page, or from a page of this service",
                fix="Send it from a program.",
            )
        if self.token is not None and scope["path"] not in OPEN:
            scheme, _, given = headers.get("authorization", "").partition(" ")
            if not hmac.compare_digest(given.encode(), self.token.encode()) or scheme.lower() != "bearer":
                raise Problem(
                    reason="token",
                    detail="The header Authorization is missing or does not hold the service's token.",
                    expected="Authorization: Bearer TOKEN",
                    fix="Ask whoever runs the service for the token.",
                    headers={"WWW-Authenticate": "Bearer"},
                )


def _without_port(host: str) -> str:
    """Cut the port off a Host header; an IPv6 address stands in brackets there."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


class Guard:
    """Stands before the application, as ASGI middleware.

    Args:
        app: what it stands before.
        access: who may ask.
        measures: told of every request.
    """

    def __init__(self, app: ASGIApp, access: Access, measures: Measures) -> None:
        self._app, self._access, self._measures = app, access, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and see it answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        passage = _Passage(scope, receive, send)
        try:
            self._access.check(scope)
            await self._app(scope, passage.receive, passage.send)
        except ClientDisconnect:
            self._measures.rejected("gone")
        except Problem as problem:
            self._measures.rejected(problem.reason)
            await passage.refuse(problem)
        except Exception:  # noqa: BLE001 - the last resort: the client gets a number to ask about, the log gets the rest
            number = secrets.token_hex(4)
            _log.exception("fault %s while answering %s", number, _route(scope))
            self._measures.rejected("fault")
            await passage.refuse(_fault(number))
        finally:
            self._measures.request(_route(scope), passage.status, time.perf_counter() - start)


class _Passage:
    """One request on its way: what has been read of it, and what has been answered."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._headers = Headers(scope=scope)
        self._all_read = not {"content-length", "transfer-encoding"} & set(self._headers)
        self.status = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._all_read = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)

    async def refuse(self, problem: Problem) -> None:
        """Answer with a problem, unless an answer is under way already."""
        if self.status:
            return
        await self._linger()
        await problem.response()(self._scope, self._receive, self.send)

    async def _linger(self) -> None:
        # Who asks before sending (Expect: 100-continue) has sent nothing, and is told to by reading.
        if "expect" in self._headers:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                while not self._all_read:
                    await self.receive()


def _route(scope: Scope) -> str:
    """Name the route of a request as the service does; all addresses that are none share a name."""
    path: str = getattr(scope.get("route"), "path", "other")
    return path


def _fault(number: str) -> Problem:
    return Problem(
        reason="fault",
        detail=f"Something went wrong that is not the request's fault. It is logged as {number}.",
        expected="no failure",
        fix=f"Give whoever runs the service the number {number}.",
    )


def hosts(names: Iterable[str]) -> frozenset[str]:
    """Gather the names by which a service may be called: the loopback's, and others.

    Example:
        >>> sorted(hosts(["Speech.example", "fd00::2"]))
        ['127.0.0.1', '[::1]', '[fd00::2]', 'localhost', 'speech.example']
    """
    given = (f"[{name}]" if ":" in name else name.lower() for name in (*LOOPBACK, *names))
    return frozenset(given)
