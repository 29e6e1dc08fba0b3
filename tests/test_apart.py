from __future__ import annotations

from fanned import fan_out
from ser.apart import started


def test_a_process_that_used_workers_does_not_wait_for_them() -> None:
    with started(fan_out) as process:
        process.join(timeout=60)
        assert process.exitcode == 0
