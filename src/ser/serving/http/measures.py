"""What Prometheus is told."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
_CLIPS = (1, 2, 4, 8, 16, 32, 64)


class Measures:
    """The figures of one service, in a registry of its own, so that several can live in one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("ser_requests", "Requests.", ["route", "status"], registry=self._registry)
        self._seconds = Histogram(
            "ser_request_seconds",
            "From a request's headers to the end of its response.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._rejected = Counter("ser_rejected", "Requests refused.", ["reason"], registry=self._registry)
        self._batch = Histogram(
            "ser_batch_clips", "Clips classified in one call.", buckets=_CLIPS, registry=self._registry
        )
        self._audio = Counter("ser_audio_seconds", "Sound of the recordings answered.", registry=self._registry)

    def watch_queue(self, inside: Callable[[], int], at_once: int) -> None:
        """Let the numbers of requests computed and waiting be read off.

        Args:
            inside: how many are inside now.
            at_once: how many of them are computed.
        """
        running = Gauge("ser_running", "Requests being answered.", registry=self._registry)
        running.set_function(lambda: min(inside(), at_once))
        waiting = Gauge("ser_waiting", "Requests that wait for one of those to end.", registry=self._registry)
        waiting.set_function(lambda: max(inside() - at_once, 0))

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            route: as the service names it, never as the client wrote it: labels must be few.
            status: of the response.
            seconds: it took.
        """
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def rejected(self, reason: str) -> None:
        """Count a request that was refused."""
        self._rejected.labels(reason).inc()

    def batch(self, clips: int) -> None:
        """Count a call of the model."""
        self._batch.observe(clips)

    def audio(self, seconds: float) -> None:
        """Count the sound of a recording."""
        self._audio.inc(seconds)

    def text(self) -> bytes:
        """Write all of it in the text format of Prometheus."""
        return generate_latest(self._registry)
