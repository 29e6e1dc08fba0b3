from __future__ import annotations

import ctypes
import resource
import sys
from pathlib import Path

import pytest
import torch

from ser.training.memory import kept_memory

MIB = 2**20
PAGES = 64 * MIB // resource.getpagesize()

on_glibc = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc"
)


def touched(mib: int) -> int:
    """Fill a tensor, drop it, and count the pages that were cleared for it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(mib * MIB, dtype=torch.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@on_glibc
def test_a_step_finds_the_memory_of_the_step_before() -> None:
    with kept_memory():
        touched(66)
        assert touched(64) < PAGES / 100
    assert touched(64) > PAGES / 2


@on_glibc
def test_what_was_kept_is_given_back_even_after_a_fault() -> None:
    before = resident_bytes()
    with pytest.raises(ValueError, match="a fault"), kept_memory():
        touched(64)
        assert resident_bytes() > before + 60 * MIB
        raise ValueError("a fault")
    assert resident_bytes() < before + 8 * MIB


def test_without_glibc_the_work_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with kept_memory():
        assert touched(1) >= 0
