from __future__ import annotations

import ctypes
import json
import subprocess
import sys

import pytest

from ser.training.memory import kept_memory

# In an interpreter of its own: once an allocation has failed in a process, as in the tests of ser.training.hardware,
# glibc serves its thread from another arena, which maps large blocks whatever it is told.
SCRIPT = """
import contextlib, json, resource
from pathlib import Path

import torch

from ser.training.memory import kept_memory


def touched(mib):  # fills a tensor, drops it, and counts the MiB that were cleared for it
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(mib * 2**20, dtype=torch.uint8)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) * resource.getpagesize() / 2**20


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


found = {"before": resident()}
with contextlib.suppress(ValueError), kept_memory():
    touched(66)
    found["second_step"] = touched(64)
    found["inside"] = resident()
    raise ValueError("a fault")
found["after"] = resident()
found["outside"] = touched(64)
print(json.dumps(found))
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc"
)
def test_a_step_finds_the_memory_of_the_step_before_and_a_fault_gives_it_back() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True, timeout=60)
    mib: dict[str, float] = json.loads(done.stdout)
    assert mib["second_step"] < 0.64
    assert mib["inside"] > mib["before"] + 60
    assert mib["after"] < mib["before"] + 8
    assert mib["outside"] > 32


def test_without_glibc_the_work_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    worked = False
    with kept_memory():
        worked = True
    assert worked
