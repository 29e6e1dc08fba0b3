"""A service whose model is two lines of arithmetic, answering on the loopback."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import numpy as np
import soundfile
from fastapi import FastAPI

import asked
from ser.arrays import Float32
from ser.serving.engine import Engine
from ser.serving.facts import Facts
from ser.serving.http import server
from ser.serving.http.app import create_app
from ser.serving.http.capacity import Capacity
from ser.serving.http.guard import Access, hosts
from ser.serving.http.worker import Worker
from ser.serving.predictor import Predictor

RATE = 16_000
AMPLE = Capacity(upload_bytes=2_000_000, upload_s=10, answer_s=10, at_once=4, waiting=60)
TOKEN = "a-token-that-nobody-guesses"  # noqa: S105 - of a toy


def facts(run_id: str = "0123456789ab") -> Facts:
    name, classes = "toy loudness threshold", ["calm", "loud"]
    return asked.facts(run_id=run_id, name=name, classes=classes, features="loudness", cautions=["Only a toy."])


class Toy(Engine):
    """Loud above an amplitude of a quarter."""

    def __init__(self, run_id: str = "0123456789ab", delay_s: float = 0.0) -> None:
        self.facts, self.offset_s, self.duration_s = facts(run_id), 0.0, None
        self.delay_s = delay_s
        self.calls: list[int] = []

    def represent(self, samples: Float32, sample_rate_hz: int) -> Float32:
        return np.array([[samples.std()]], np.float32)

    def classify(self, clips: Sequence[Float32]) -> Float32:
        self.calls.append(len(clips))
        time.sleep(self.delay_s)
        loud = 1 / (1 + np.exp(-40 * (np.array([clip[0, 0] for clip in clips]) - 0.25)))
        return np.stack([1 - loud, loud], axis=1).astype(np.float32)


def predictor(engine: Engine) -> Predictor:
    usual = asked.predictor(engine, whole_s=2.0)
    return dataclasses.replace(usual, limits=dataclasses.replace(usual.limits, seconds=60))


def app_of(
    engine: Engine,
    *,
    capacity: Capacity = AMPLE,
    token: str | None = None,
    keep: Path | None = None,
    worker: Worker | None = None,
) -> FastAPI:
    access = Access(hosts=hosts([]), token=token)
    return create_app(predictor(engine), capacity=capacity, access=access, keep=keep, worker=worker)


@contextlib.contextmanager
def live(app: FastAPI, connections: int = 100) -> Iterator[httpx.Client]:
    """Serve an application in a thread; gives a client that knows its address."""
    with server.listening("127.0.0.1", 0) as listener:
        running = server.server_of(app, "", connections=connections, patience_s=5)
        thread = threading.Thread(target=running.run, args=([listener],))
        thread.start()
        while not running.started:
            time.sleep(0.005)
        try:
            with httpx.Client(base_url=server.address_of(listener), trust_env=False, timeout=30) as client:
                yield client
        finally:
            running.should_exit = True
            thread.join()


def speech(seconds: float = 1.0, amplitude: float = 0.1, container: str = "WAV") -> bytes:
    """A tone, as a file."""
    time_s = np.arange(round(RATE * seconds)) / RATE
    file = io.BytesIO()
    soundfile.write(file, amplitude * np.sin(2 * np.pi * 220 * time_s), RATE, format=container)
    return file.getvalue()


def form(content: bytes, name: str = "speech.wav") -> dict[str, tuple[str, bytes]]:
    return {"file": (name, content)}
