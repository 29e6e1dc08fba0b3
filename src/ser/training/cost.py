"""What a fit takes: time, memory, energy; and what its model takes to judge one clip."""

from __future__ import annotations

import contextlib
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ser.arrays import Ragged, ragged
from ser.models.batches import clips_of
from ser.models.trained import TrainedModel

Number = TypeVar("Number", int, float)

POWERCAP = Path("/sys/class/powercap")
STAT = Path("/proc/stat")
_WARM_UPS, _TIMED = 3, 15


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a process took.

    Attributes:
        wall_s: seconds.
        cpu_s: seconds of its processor time.
        energy_j: its share, by processor time, of the energy of all processor packages, in joules; None where the
            machine does not tell. Memory, disks and GPUs are not in it.
    """

    wall_s: float
    cpu_s: float
    energy_j: float | None


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a fit took, and what its model takes. No result depends on it.

    Attributes:
        wall_s: seconds from start to the last prediction, those before an interruption included.
        cpu_s: seconds of processor time of the process, likewise.
        energy_j: joules, as :class:`Spent` counts them, likewise.
        peak_memory_mb: largest resident size of the process so far, in MiB; None where the system does not say.
        parameters: trained weights; None for estimators.
        multiply_adds: of one clip (of median length in the development part) through convolutions, recurrences and
            matrix products; None for estimators.
        latency_ms: median time to judge that clip alone on one core, from its features on, in milliseconds.
    """

    wall_s: float
    cpu_s: float
    energy_j: float | None
    peak_memory_mb: float | None
    parameters: int | None
    multiply_adds: int | None
    latency_ms: float


class Meter:
    """Counts what this process takes.

    Args:
        before: what an interrupted process had taken.
    """

    def __init__(self, before: Spent | None = None) -> None:
        self._total = before or Spent(wall_s=0.0, cpu_s=0.0, energy_j=0.0)
        self._last = _counters()

    def read(self) -> Spent:
        """Return the whole so far. Energy counters turn over within an hour: reading more often misses nothing."""
        now, last, total = _counters(), self._last, self._total
        cpu = now.cpu_s - last.cpu_s
        used = _joules(last, now, cpu)
        self._total = Spent(
            wall_s=total.wall_s + now.wall_s - last.wall_s,
            cpu_s=total.cpu_s + cpu,
            energy_j=None if used is None or total.energy_j is None else total.energy_j + used,
        )
        self._last = now
        return self._total


@dataclass(frozen=True, kw_only=True)
class _Counters:
    """Attributes: wall_s, cpu_s: of this process. busy_s: of all cores. packages: energy and its range, in µJ."""

    wall_s: float
    cpu_s: float
    busy_s: float
    packages: dict[str, tuple[int, int]]


def _counters() -> _Counters:
    packages = _packages()
    busy = _busy_s() if packages else 0.0
    return _Counters(wall_s=time.perf_counter(), cpu_s=time.process_time(), busy_s=busy, packages=packages)


def _joules(last: _Counters, now: _Counters, cpu: float) -> float | None:
    if not now.packages or now.packages.keys() != last.packages.keys():
        return None
    micro = sum((energy - last.packages[name][0]) % limit for name, (energy, limit) in now.packages.items())
    # The system counts all cores' time in steps of 10 ms: in short spans it may lag behind the process's own.
    busy = max(now.busy_s - last.busy_s, cpu)
    return micro / 1e6 * cpu / busy if busy > 0 else 0.0


def _packages() -> dict[str, tuple[int, int]]:
    """Read the energy counters of the processor packages (RAPL), where there are any that this user may read."""
    found = {}
    for zone in POWERCAP.glob("intel-rapl:[0-9]*"):
        # Zones with two numbers are parts of those with one.
        if zone.name.count(":") > 1:
            continue
        try:
            energy, limit = (int((zone / name).read_text()) for name in ("energy_uj", "max_energy_range_uj"))
        except (OSError, ValueError):
            continue
        found[zone.name] = (energy, limit + 1)
    return found


def _busy_s() -> float:
    """Read how long all cores together have worked: user, nice, system and interrupts."""
    ticks = [int(value) for value in STAT.read_text().split("\n", 1)[0].split()[1:8]]
    return (sum(ticks[:3]) + sum(ticks[5:7])) / os.sysconf("SC_CLK_TCK")


def peak_memory_mb() -> float | None:
    """Return the largest resident size this process has had, in MiB; None on systems that do not say."""
    if sys.platform == "win32":  # pragma: no cover
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def typical(features: Ragged) -> Ragged:
    """Pick the clip of median length, as features of one clip."""
    order = np.argsort(features.lengths, kind="stable")
    return ragged([features[int(order[len(order) // 2])]], features.kind)


def multiply_adds(network: nn.Module, clip: Ragged) -> int:
    """Count the multiplications with addition that a network in its evaluation mode makes of one clip."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), _visible_products(), counter:
        network(*clips_of(clip).batch(torch.tensor([0])))
    return int(counter.get_total_flops()) // 2


@contextlib.contextmanager
def _visible_products() -> Iterator[None]:
    """Keep from oneDNN, whose fused recurrences hide their matrix products from the counter."""
    with warnings.catch_warnings():
        # Switching oneDNN also sets its flag for Intel GPUs, and torch warns that there is none.
        warnings.filterwarnings("ignore", message="TF32 acceleration on top of oneDNN")
        with torch.backends.mkldnn.flags(enabled=False):
            yield


def latency_ms(model: TrainedModel, clip: Ragged) -> float:
    """Time the judgement of one clip: the median of a few, in milliseconds."""
    times = []
    for _ in range(_WARM_UPS + _TIMED):
        start = time.perf_counter()
        model.predict_proba(clip)
        times.append(time.perf_counter() - start)
    return round(1000 * statistics.median(times[_WARM_UPS:]), 4)


def total(costs: Sequence[Cost]) -> Cost:
    """Add up the fits of a run.

    Seconds and joules add up, memory is the largest, and a model's own figures are the median of the fits.

    Args:
        costs: of at least one fit.
    """
    return Cost(
        wall_s=round(sum(cost.wall_s for cost in costs), 3),
        cpu_s=round(sum(cost.cpu_s for cost in costs), 3),
        energy_j=_joined([cost.energy_j for cost in costs], lambda values: round(sum(values), 3)),
        peak_memory_mb=_joined([cost.peak_memory_mb for cost in costs], max),
        parameters=_joined([cost.parameters for cost in costs], statistics.median_low),
        multiply_adds=_joined([cost.multiply_adds for cost in costs], statistics.median_low),
        latency_ms=round(statistics.median(cost.latency_ms for cost in costs), 4),
    )


def _joined(values: list[Number | None], how: Callable[[list[Number]], Number]) -> Number | None:
    """Join the values of several fits, if all are known."""
    known = [value for value in values if value is not None]
    return how(known) if len(known) == len(values) else None
