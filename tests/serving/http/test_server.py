from __future__ import annotations

import socket

import pytest

from ser.errors import ConfigError
from ser.serving.http import server


def test_port_zero_takes_a_free_one_and_tells_it() -> None:
    with server.listening("127.0.0.1", 0) as listener:
        address = server.address_of(listener)
        with pytest.raises(ConfigError, match="nothing listens yet"), server.listening(*listener.getsockname()):
            pass
        with socket.create_connection(listener.getsockname(), timeout=5):
            assert address == f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(("host", "port"), [("no-such-host.invalid", 0), ("127.0.0.1", 70_000), ("192.0.2.1", 0)])
def test_an_address_that_cannot_be_is_refused(host: str, port: int) -> None:
    with pytest.raises(ConfigError, match="--host and --port"), server.listening(host, port):
        pass
