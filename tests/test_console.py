from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ser.console import stderr_of_python

SPEAK = """
import logging, os, sys
from ser.console import quiet_libraries, stderr_of_python
quiet_libraries()
with stderr_of_python():
    os.write(2, b"a library in C")
    print("Python", file=sys.stderr)
    logging.getLogger("ser").warning("its log")
    {more}
os.write(2, b"after")
logging.getLogger("ser").warning("wards")
"""


def spoken(more: str = "") -> str:
    command = [sys.executable, "-c", SPEAK.format(more=more)]
    return subprocess.run(command, check=False, capture_output=True, text=True).stderr


def test_only_python_writes_to_stderr_while_it_is_its_own() -> None:
    assert spoken() == "Python\nits log\nafterwards\n"


def test_a_crash_is_still_told() -> None:
    assert "Fatal Python error: Aborted" in spoken("os.abort()")


def test_a_stderr_that_something_else_has_taken_stays(capfd: pytest.CaptureFixture[str]) -> None:
    usual = sys.stderr
    with stderr_of_python():
        os.write(2, b"a library in C")
        assert sys.stderr is usual
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"
