"""What holds of every compiled loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def assert_does_what_its_source_says(kernel: Any, arguments: tuple[Any, ...]) -> None:
    """Call a kernel compiled and as Python, each on copies, and compare what they return and what they write."""

    def results(function: Callable[..., Any]) -> list[Any]:
        copies = [argument.copy() if isinstance(argument, np.ndarray) else argument for argument in arguments]
        return [function(*copies), *(copy for copy in copies if isinstance(copy, np.ndarray))]

    compiled, plain = results(kernel), results(kernel.py_func)
    assert compiled[0] == plain[0]
    for ours, theirs in zip(compiled[1:], plain[1:], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
