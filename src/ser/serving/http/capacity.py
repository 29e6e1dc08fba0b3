"""How much the service takes on: what lies beyond is refused at once, and said so."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ser.errors import ConfigError
from ser.serving.http.problems import Problem


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What one service takes on.

    Attributes:
        upload_bytes: largest body of a request.
        upload_s: within this time a body must have arrived, in seconds.
        answer_s: within this time a request must be answered once its body has arrived, waiting included, in seconds.
        at_once: requests that are computed at a time, each in a thread.
        waiting: requests held beyond those; one more is turned away.

    Raises:
        ConfigError: for limits that let nothing through.
    """

    upload_bytes: int
    upload_s: float
    answer_s: float
    at_once: int
    waiting: int

    def __post_init__(self) -> None:
        for key, least in {"upload_bytes": 1, "upload_s": 0.01, "answer_s": 0.01, "at_once": 1, "waiting": 0}.items():
            if getattr(self, key) < least:
                raise ConfigError(
                    expected=f"{least} or more",
                    received=getattr(self, key),
                    where=f"the service's limit {key}",
                    fix="Raise the limit.",
                )


class Gate:
    """Counts the requests inside. Used from the event loop alone, so that it needs no lock.

    Args:
        capacity: how many may be inside.
    """

    def __init__(self, capacity: Capacity) -> None:
        self._most = capacity.at_once + capacity.waiting
        self.inside = 0

    @property
    def open(self) -> bool:
        """Whether one more request would be let in."""
        return self.inside < self._most

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place while in the block.

        Raises:
            Problem: when all are taken.
        """
        if not self.open:
            raise Problem(
                reason="busy",
                detail=f"{self.inside} requests are being answered or wait.",
                expected=f"at most {self._most} requests at a time",
                fix="Send it again after the seconds that Retry-After says.",
                headers={"Retry-After": "1"},
            )
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1


class Deadline:
    """The moment by which an answer must be there.

    Args:
        seconds: from now on.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._moment = time.monotonic() + seconds

    def check(self, *_: object) -> None:
        """Go on while there is time.

        Args:
            _: what a callback is told; not looked at.

        Raises:
            Problem: when there is none left.
        """
        if time.monotonic() > self._moment:
            raise Problem(
                reason="too-long",
                detail=f"No answer within {self._seconds:g} s.",
                expected="a recording that can be answered in that time",
                fix="Send a shorter recording, or a longer hop; or try again when the service is less busy.",
            )
