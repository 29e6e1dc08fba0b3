from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from ser.arrays import Float32
from ser.serving.http.batching import AT_MOST, Batched
from toy_service import Toy


class Held(Toy):
    """Does not answer the first call before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = threading.Event(), threading.Event()

    def classify(self, clips: Sequence[Float32]) -> Float32:
        if any(np.isnan(clip).any() for clip in clips):
            raise ValueError("not a number")
        if not self.calls:
            self.asked.set()
            self.go.wait(10)
        return super().classify(clips)


def clip(value: float) -> Float32:
    return np.array([[value]], np.float32)


def asked_together(engine: Held, batched: Batched, groups: list[list[Float32]]) -> list[Future[Float32]]:
    """Ask once, and while that is not answered ask for each group in a thread."""
    threads = ThreadPoolExecutor(len(groups) + 1)
    first = threads.submit(batched.classify, [clip(0.1)])
    engine.asked.wait(10)
    answers = [threads.submit(batched.classify, group) for group in groups]
    while len(batched._waiting) < len(groups):
        pass
    engine.go.set()
    threads.shutdown()
    assert first.result().shape == (1, 2)
    return answers


def test_what_waits_is_asked_in_one_call_and_answered_as_if_alone() -> None:
    engine, seen = Held(), []
    groups = [[clip(0.1)], [clip(0.2), clip(0.3)], [clip(0.4)]]
    answers = asked_together(engine, Batched(engine, seen.append), groups)
    assert engine.calls == [1, 4]
    assert seen == [1, 4]
    for group, answer in zip(groups, answers, strict=True):
        np.testing.assert_array_equal(answer.result(), Toy().classify(group))


def test_a_call_holds_no_more_than_its_share() -> None:
    engine = Held()
    groups = [[clip(0.2)] * 40 for _ in range(3)]
    answers = asked_together(engine, Batched(engine), groups)
    assert engine.calls == [1, 40, 40, 40]
    assert all(len(answer.result()) == 40 for answer in answers)
    assert Batched(Toy()).classify([clip(0.1)] * (AT_MOST + 1)).shape == (AT_MOST + 1, 2)


def test_a_fault_stays_with_the_request_that_has_it() -> None:
    engine = Held()
    fine, faulty, also_fine = asked_together(engine, Batched(engine), [[clip(0.2)], [clip(np.nan)], [clip(0.3)]])
    with pytest.raises(ValueError, match="not a number"):
        faulty.result()
    np.testing.assert_array_equal(fine.result(), Toy().classify([clip(0.2)]))
    np.testing.assert_array_equal(also_fine.result(), Toy().classify([clip(0.3)]))


def test_everything_else_is_the_engine_s_own() -> None:
    engine = Toy()
    batched = Batched(engine)
    samples = np.array([0.5, -0.5], np.float32)
    assert batched.facts is engine.facts
    np.testing.assert_array_equal(batched.represent(samples, 16000), engine.represent(samples, 16000))
    assert batched.strangeness(clip(1.0)) is None
