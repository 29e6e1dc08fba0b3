"""Connections: only so many at a time, and none that is held for nothing.

Each takes one of the files that a process may have open, often 1024. Once they are used up nobody is heard any more,
not even to be told that the service is busy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""For so long the headers of a request are waited for, from the connection or from the last response on."""
TAKE_S = 120.0
"""For so long a client may leave what is sent to it."""


class Connection(H11Protocol):
    """HTTP/1.1 over one connection, which is cut where it keeps the service waiting.

    Args:
        at_most: connections at a time; for one more, that is cut which has waited longest for its client to ask.
        given: what uvicorn gives a protocol.
    """

    connections: set[Connection]  # type: ignore[assignment]

    def __init__(self, *, at_most: int, **given: Any) -> None:  # noqa: ANN401 - as uvicorn has them
        super().__init__(**given)
        self._at_most = at_most
        self._idle_since = self.loop.time()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def idle(self) -> bool:
        """Whether the client has not asked for anything that is still to be answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place, if need be that of another. See :class:`asyncio.Protocol`."""
        super().connection_made(transport)
        here = [each for each in self.connections if not each.transport.is_closing()]
        if len(here) > self._at_most:
            others = [each for each in here if each.idle and each is not self]
            min(others, key=lambda each: each._idle_since, default=self).transport.abort()
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client. See :class:`asyncio.Protocol`."""
        for timer in self._timers.values():
            timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Wait for the next request. See :class:`H11Protocol`."""
        self._await_head()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for the client to take what was sent. See :class:`asyncio.Protocol`."""
        super().pause_writing()
        self._after("take", TAKE_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on sending. See :class:`asyncio.Protocol`."""
        super().resume_writing()
        if taken := self._timers.pop("take", None):
            taken.cancel()

    def _await_head(self) -> None:
        self._idle_since = self.loop.time()
        # uvicorn has a timer too, which any byte stops; only a whole request stops this one.
        self._after("head", HEAD_S, self._cut_idle)

    def _cut_idle(self) -> None:
        if self.idle:
            self.transport.abort()

    def _after(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        if running := self._timers.pop(name, None):
            running.cancel()
        self._timers[name] = self.loop.call_later(seconds, then)
