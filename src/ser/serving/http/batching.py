"""Clips of concurrent requests, classified together."""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import numpy as np

from ser.arrays import Float32
from ser.serving.engine import Engine

AT_MOST = 64
"""Clips in one call, unless a single request brings more."""


class Batched(Engine):
    """An engine that is asked by many threads and asks another one, for all that wait, in one call.

    Nothing waits for company: a request that comes when the engine is idle is classified at once, and those that come
    in the meantime are the next batch. So a batch is as large as the load makes it, and a lone client loses nothing.

    Args:
        engine: what answers.
        observe: told of the number of clips of each call.
    """

    def __init__(self, engine: Engine, observe: Callable[[int], None] = lambda clips: None) -> None:
        self.engine = engine
        self.facts, self.offset_s, self.duration_s = engine.facts, engine.offset_s, engine.duration_s
        self._observe = observe
        self._asking = threading.Lock()
        self._waiting: collections.deque[_Turn] = collections.deque()

    def represent(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Represent a clip, in the thread of the caller. See :meth:`Engine.represent`."""
        return self.engine.represent(samples, sample_rate_hz)

    def strangeness(self, clip: Float32) -> float | None:
        """Say how strange a clip is. See :meth:`Engine.strangeness`."""
        return self.engine.strangeness(clip)

    def classify(self, clips: Sequence[Float32]) -> Float32:
        """Classify clips together with those of other threads. See :meth:`Engine.classify`."""
        turn = _Turn(clips)
        self._waiting.append(turn)
        # Whoever holds the lock asks for all that wait, so most find their answer there once they have it.
        while not turn.answer.done():
            with self._asking:
                if not turn.answer.done():
                    self._ask(self._taken())
        return turn.answer.result()

    def _taken(self) -> list[_Turn]:
        """Take turns in their order, as many as go into one call; at least one."""
        taken = [self._waiting.popleft()]
        clips = len(taken[0].clips)
        while self._waiting and (clips := clips + len(self._waiting[0].clips)) <= AT_MOST:
            taken.append(self._waiting.popleft())
        return taken

    def _ask(self, turns: list[_Turn]) -> None:
        try:
            rows = self.engine.classify([clip for turn in turns for clip in turn.clips])
        except Exception as error:  # noqa: BLE001 - goes to the threads it belongs to
            if len(turns) == 1:
                turns[0].answer.set_exception(error)
                return
            # The fault is of one of them: the others must not pay for it.
            for turn in turns:
                self._ask([turn])
            return
        self._observe(len(rows))
        ends = np.cumsum([len(turn.clips) for turn in turns])[:-1]
        for turn, part in zip(turns, np.split(rows, ends), strict=True):
            turn.answer.set_result(part)


class _Turn:
    """The clips of one caller, and the answer it waits for."""

    def __init__(self, clips: Sequence[Float32]) -> None:
        self.clips = clips
        self.answer: Future[Float32] = Future()
