from __future__ import annotations

import socket
import sys

import pytest

import paged
from ser.errors import ConfigError
from ser.serving.web import server


def _serve(port: int) -> int:
    return server.serve(paged.site(), host="127.0.0.1", port=port, names=[])


def test_a_port_that_is_taken_is_told_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"expected a free TCP port, but got '127.0.0.1, port {port} \(Address"):
            _serve(port)


def test_a_port_that_cannot_be_is_told() -> None:
    with pytest.raises(ConfigError, match="--port"):
        _serve(70_000)


def test_a_missing_streamlit_is_told_with_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "streamlit", None)
    with pytest.raises(ConfigError, match=r"pip install 'ser\[page\]'"):
        _serve(0)


def test_the_script_finds_no_site_where_none_is_served() -> None:
    with pytest.raises(RuntimeError, match="no site"):
        server.site()
