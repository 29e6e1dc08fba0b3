from __future__ import annotations

import contextlib
import dataclasses
import socket
import time

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from ser.serving.http import connections, guard
from toy_service import AMPLE, Toy, app_of, form, live, speech

ASKED = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connected(client: httpx.Client) -> socket.socket:
    return socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=5)


def is_cut(connection: socket.socket) -> bool:
    """Whether the service has ended a connection from which nothing more is to be read."""
    with contextlib.suppress(ConnectionResetError):
        return connection.recv(1) == b""
    return True


def test_a_client_that_does_not_ask_is_parted_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    with live(app_of(Toy())) as client, contextlib.ExitStack() as stack:
        silent, begun, again = (stack.enter_context(connected(client)) for _ in range(3))
        begun.sendall(ASKED[:20])
        again.sendall(ASKED)
        answer = again.makefile("rb")
        while answer.readline() != b"\r\n":
            pass
        assert answer.read(26) == b'{"live":true,"ready":true}'
        again.sendall(ASKED[:20])
        assert all(map(is_cut, (silent, begun, again)))


def test_an_answer_may_take_longer_than_a_client_may_be_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.1)
    with live(app_of(Toy(delay_s=0.4))) as client:
        assert client.post("/predict", files=form(speech())).status_code == 200


def test_whoever_asks_is_heard_however_many_are_silent() -> None:
    with live(app_of(Toy()), connections=3) as client, contextlib.ExitStack() as stack:
        silent = [stack.enter_context(connected(client)) for _ in range(20)]
        for _ in range(3):
            assert client.get("/health").status_code == 200
        assert all(map(is_cut, silent[:17]))


def test_no_answer_under_way_gives_way_to_another_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_LINGER_S", 0.1)
    capacity = dataclasses.replace(AMPLE, upload_s=0.5)
    with live(app_of(Toy(), capacity=capacity), connections=1) as client, connected(client) as sending:
        sending.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: audio/wav\r\n")
        sending.sendall(b"Content-Length: 1000\r\n\r\n")
        time.sleep(0.1)
        with connected(client) as late:
            assert is_cut(late)
        assert sending.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_client_that_does_not_take_its_answer_is_parted_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "TAKE_S", 0.2)
    app, size = FastAPI(), 30_000_000

    @app.get("/long")
    async def long() -> PlainTextResponse:
        return PlainTextResponse(bytes(size))

    with live(app) as client:
        assert len(client.get("/long").content) == size
        with connected(client) as unread:
            unread.sendall(ASKED.replace(b"/health", b"/long"))
            time.sleep(0.6)
            taken = 0
            with contextlib.suppress(ConnectionResetError):
                while part := unread.recv(1 << 20):
                    taken += len(part)
        assert taken < size
