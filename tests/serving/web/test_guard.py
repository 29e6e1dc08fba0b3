from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ser.serving.web.guard import Guard


def _asked(kind: str, **headers: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Ask through a guard; gives what was answered, and what reached the application behind it."""
    answered: list[dict[str, Any]] = []
    reached: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: dict[str, Any]) -> None:
        answered.append(message)

    named = [(name.encode(), value.encode()) for name, value in headers.items()]
    guard = Guard(app, ["localhost", "page.example.org"])
    asyncio.run(guard({"type": kind, "headers": named}, None, send))
    return answered, reached


def test_every_answer_tells_the_browser_to_ask_nobody_else() -> None:
    answered, _ = _asked("http", host="localhost:8501")
    headers = dict(answered[0]["headers"])
    assert headers[b"a"] == b"b"
    policy = dict(part.split(" ", 1) for part in headers[b"content-security-policy"].decode().split("; "))
    assert policy["default-src"] == "'none'"
    assert not any(source.startswith(("http", "*", "ws")) for sources in policy.values() for source in sources.split())
    assert answered[1] == {"type": "http.response.body", "body": b""}


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "localhost.evil.example:8501"},
        {"host": ""},
        {"host": "[::1"},
        {},
        {"host": "localhost:8501", "origin": "http://evil.example"},
        {"host": "localhost:8501", "origin": "null"},
    ],
)
def test_other_names_and_other_pages_get_nothing(headers: dict[str, str]) -> None:
    answered, reached = _asked("http", **headers)
    assert (answered[0]["status"], reached) == (403, [])
    answered, reached = _asked("websocket", **headers)
    assert (answered, reached) == ([{"type": "websocket.close", "code": 1008}], [])


def test_a_connection_by_a_name_of_its_own_is_let_through_as_one_of_this_machine() -> None:
    _, reached = _asked("websocket", host="page.example.org", origin="https://page.example.org")
    assert dict(reached[0]["headers"]) == {b"host": b"page.example.org", b"origin": b"http://localhost"}


def test_starting_and_stopping_pass() -> None:
    _, reached = _asked("lifespan")
    assert reached[0]["type"] == "lifespan"
