from __future__ import annotations

import math
import os
import subprocess
import sys
import threading

import pytest

from ser.pool import end_with_parent, unordered


@pytest.mark.parametrize("workers", [1, 2])
def test_every_item_gives_its_result(workers: int) -> None:
    assert sorted(unordered(math.factorial, range(6), workers=workers)) == [1, 1, 2, 6, 24, 120]


def test_one_item_is_not_worth_a_process() -> None:
    assert list(unordered(process_of, [0], workers=4)) == [os.getpid()]


def test_a_process_ends_when_its_parent_has_died() -> None:
    grandchild = (
        "import sys, time; from ser.pool import end_with_parent\nend_with_parent(int(sys.argv[1])); time.sleep(60)"
    )
    child = f"import os, subprocess, sys; subprocess.Popen([sys.executable, '-c', {grandchild!r}, str(os.getpid())])"
    # The pipe closes when the grandchild, which inherits it, is gone.
    subprocess.run([sys.executable, "-c", child], stdout=subprocess.PIPE, check=True, timeout=30)


def test_a_process_lives_as_long_as_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    parents, ended = [7, 7, 1], threading.Event()
    monkeypatch.setattr("ser.pool._WATCH_S", 0.001)
    monkeypatch.setattr("ser.pool.os.getppid", lambda: parents.pop(0))
    monkeypatch.setattr("ser.pool.os._exit", lambda _: ended.set())
    end_with_parent(7)
    assert ended.wait(5)
    assert parents == []


def process_of(_: int) -> int:
    return os.getpid()
