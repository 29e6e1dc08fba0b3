"""One toy service for all tests that do not ask for another."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from toy_service import Toy, app_of, live


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with live(app_of(Toy())) as client:
        yield client
