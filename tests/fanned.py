"""Work for a process of its own, which must be able to import it."""

from __future__ import annotations

import math

from ser.pool import unordered


def fan_out() -> None:
    """Use the pool, whose workers then wait minutes for more work."""
    list(unordered(math.factorial, range(200), workers=2))
