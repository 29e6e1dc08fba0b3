from __future__ import annotations

import dataclasses
import logging
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest

from ser.arrays import Float32
from ser.errors import ConfigError
from ser.serving.http.guard import Access, hosts
from toy_service import AMPLE, TOKEN, Toy, app_of, form, live, speech


def refused(response: httpx.Response, status: int, reason: str) -> dict[str, str]:
    said: dict[str, str] = response.json()
    assert (response.status_code, said["reason"]) == (status, reason), said
    assert said["detail"]
    assert said["expected"]
    assert said["fix"]
    return said


def test_a_body_that_is_too_large_is_refused_whether_or_not_it_says_so(client: httpx.Client) -> None:
    large = bytes(3_000_000)
    said = refused(client.post("/predict", files=form(large)), 413, "too-large")
    assert "2,000,000 bytes" in said["expected"]

    def in_chunks() -> Iterator[bytes]:
        for start in range(0, len(large), 100_000):
            yield large[start : start + 100_000]

    headers = {"Content-Type": "audio/wav"}
    refused(client.post("/predict", content=in_chunks(), headers=headers), 413, "too-large")
    assert client.post("/predict", files=form(speech())).status_code == 200


def test_a_promise_alone_is_refused_before_anything_is_sent(client: httpx.Client) -> None:
    head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: audio/wav\r\nExpect: 100-continue\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=5) as connection:
        connection.sendall(f"{head}Content-Length: 99999999999\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_trickles_is_not_waited_for() -> None:
    with live(app_of(Toy(), capacity=dataclasses.replace(AMPLE, upload_s=0.2))) as client:

        def slowly() -> Iterator[bytes]:
            yield speech()[:100]
            time.sleep(0.4)
            yield b""

        refused(
            client.post("/predict", content=slowly(), headers={"Content-Type": "audio/wav"}), 408, "upload-too-slow"
        )


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    with live(app_of(Toy(delay_s=0.2), capacity=dataclasses.replace(AMPLE, answer_s=0.1))) as client:
        refused(client.post("/predict", files=form(speech())), 504, "too-long")


def test_one_request_too_many_is_turned_away_and_told_when_to_come_back() -> None:
    with live(app_of(Toy(delay_s=0.3), capacity=dataclasses.replace(AMPLE, at_once=1, waiting=1))) as client:

        def ask(_: int) -> httpx.Response:
            return client.post("/predict", files=form(speech()))

        with ThreadPoolExecutor(3) as threads:
            asked = [threads.submit(ask, number) for number in range(2)]
            time.sleep(0.1)
            assert client.get("/health").json() == {"live": True, "ready": False}
            busy = client.post("/predict", files=form(speech()))
            assert "ser_waiting 1.0" in client.get("/metrics").text
            assert [each.result().status_code for each in asked] == [200, 200]
        refused(busy, 503, "busy")
        assert busy.headers["retry-after"] == "1"
        assert ask(0).status_code == 200


def test_an_upload_for_which_there_is_no_room_is_not_the_services_fault(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    small, large = form(speech()), form(speech(50.0))
    refused(client.post("/predict", files=large), 503, "busy")
    assert client.post("/predict", files=small).status_code == 200


BOUNDARY = {"Content-Type": "multipart/form-data; boundary=x"}
PART = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="a.wav"\r\n\r\n'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x--\r\n",
        b"no boundary at all",
        PART % b"file" + b"cut short",
        PART % b"other" + b"1\r\n--x--\r\n",
        (PART % b"file" + b"1\r\n") * 2 + b"--x--\r\n",
        (PART % b"file" + b"1\r\n") * 5000 + b"--x--\r\n",
        b"--x\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(5000)) + b"\r\n1\r\n--x--\r\n",
        b"--x\r\nContent-Disposition: " + b"a" * 1_000_000 + b"\r\n\r\n1\r\n--x--\r\n",
        b"--x\r\n\r\n1\r\n--x--\r\n",
    ],
    ids=["empty", "no-parts", "prose", "cut", "other", "two", "thousands", "headers", "long-header", "nameless"],
)
def test_a_form_that_is_not_one_file_is_refused(client: httpx.Client, body: bytes) -> None:
    refused(client.post("/predict", content=body, headers=BOUNDARY), 422, "request")


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data", "", "audio/", "x" * 5000])
def test_another_kind_of_content_is_refused(client: httpx.Client, kind: str) -> None:
    refused(client.post("/predict", content=speech(), headers={"Content-Type": kind}), 415, "content-type")


def test_a_boundary_that_no_parser_takes_is_refused(client: httpx.Client) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary={'b' * 1000}"}
    refused(client.post("/predict", content=b"--b", headers=headers), 422, "request")


def test_another_host_name_is_refused(client: httpx.Client) -> None:
    for name in ("rebound.example", "localhost.rebound.example:80", ""):
        refused(client.get("/health", headers={"Host": name}), 421, "host")
    assert client.get("/health", headers={"Host": "LOCALHOST:8000"}).status_code == 200
    assert client.get("/health", headers={"Host": "[::1]:8000"}).status_code == 200


def test_pages_of_other_sites_cannot_ask(client: httpx.Client) -> None:
    for origin in ("https://elsewhere.example", "null"):
        refused(client.post("/predict", files=form(speech()), headers={"Origin": origin}), 403, "origin")
    own = str(client.base_url).rstrip("/")
    response = client.post("/predict", files=form(speech()), headers={"Origin": own})
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_token_is_asked_for_where_one_is_set() -> None:
    with live(app_of(Toy(), token=TOKEN)) as client:
        for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
            for path in ("/model", "/metrics"):
                response = client.get(path, headers=given)
                refused(response, 401, "token")
                assert response.headers["www-authenticate"] == "Bearer"
        assert client.get("/model", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert client.get("/model", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200
        assert client.get("/health").status_code == 200
        for path in ("/docs", "/openapi.json"):
            assert client.get(path).status_code == 200
            assert "toy loudness" not in client.get(path).text


@pytest.mark.parametrize("token", ["", "short", "a-lötter-that-is-not-ascii"])
def test_a_token_that_can_be_guessed_is_refused(token: str) -> None:
    with pytest.raises(ConfigError, match="openssl rand"):
        Access(hosts=hosts([]), token=token)


@pytest.mark.parametrize("limit", ["upload_bytes", "upload_s", "answer_s", "at_once"])
def test_limits_that_let_nothing_through_are_refused(limit: str) -> None:
    with pytest.raises(ConfigError, match=limit):
        dataclasses.replace(AMPLE, **{limit: 0})


class Broken(Toy):
    """Fails as a fault of ours would."""

    def represent(self, samples: Float32, sample_rate_hz: int) -> Float32:
        raise RuntimeError("secret: /home/someone/model.bin")


def test_a_fault_of_ours_is_told_by_a_number_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), live(app_of(Broken())) as client:
        response = client.post("/predict", files=form(speech()))
        assert client.get("/health").status_code == 200
    said = refused(response, 500, "fault")
    assert "secret" not in response.text
    number = said["detail"].split()[-1].rstrip(".")
    assert number in caplog.text
    assert "secret" in caplog.text


def test_a_client_that_leaves_harms_nobody() -> None:
    with live(app_of(Toy())) as client:
        address = (client.base_url.host, client.base_url.port or 0)
        head = "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: audio/wav\r\nContent-Length: 1000\r\n\r\n"
        with socket.create_connection(address, timeout=5) as connection:
            connection.sendall(head.encode() + bytes(10))
        while 'ser_rejected_total{reason="gone"} 1.0' not in client.get("/metrics").text:
            time.sleep(0.01)
        assert client.get("/health").json()["ready"]


def test_answers_do_not_depend_on_who_else_asks(client: httpx.Client) -> None:
    uploads = [speech(amplitude=amplitude) for amplitude in np.linspace(0.01, 0.9, 12)]
    alone = [client.post("/predict", files=form(upload)).json()["answer"]["probabilities"] for upload in uploads]
    barrier = threading.Barrier(len(uploads))

    def ask(upload: bytes) -> dict[str, float]:
        barrier.wait()
        found: dict[str, float] = client.post("/predict", files=form(upload)).json()["answer"]["probabilities"]
        return found

    with ThreadPoolExecutor(len(uploads)) as threads:
        together = list(threads.map(ask, uploads))
    for one, other in zip(alone, together, strict=True):
        assert one == pytest.approx(other)
