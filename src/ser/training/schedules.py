"""Learning rates: functions of the step and of the losses so far, without a state that an interruption could lose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ser.errors import one_of
from ser.models.checks import require

KINDS = ("constant", "cosine", "one_cycle", "plateau")

_LEAST_GAIN = 1e-4
_FIRST_OF_CYCLE = 1 / 25


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How the learning rate changes.

    Attributes:
        kind: "constant". "cosine": a linear rise, then half a cosine down to the floor (Loshchilov and Hutter 2017,
            arXiv:1608.03983, without restarts). "one_cycle": half a cosine up from a 25th of the rate, another down to
            the floor (Smith and Topin 2019, arXiv:1708.07120; PyTorch's shape, momentum unchanged). "plateau": times
            `factor` whenever the training loss has not fallen by 0.0001 for `patience` epochs, as Keras'
            `ReduceLROnPlateau` counts them.
        warmup: share of all steps that the rise of "cosine" and "one_cycle" takes. All steps are those of `max_epochs`:
            early stopping cuts the end off.
        floor: the rate that none of the three goes below.
        factor: of "plateau".
        patience: of "plateau", in epochs.
    """

    kind: str
    warmup: float
    floor: float
    factor: float
    patience: int

    def __post_init__(self) -> None:
        where = "trainer.schedule"
        one_of(self.kind, KINDS, what="a schedule", where=f"{where}.kind")
        require(0 <= self.warmup < 1, expected="a share below 1", received=self.warmup, where=f"{where}.warmup")
        require(self.floor >= 0, expected="a number of at least 0", received=self.floor, where=f"{where}.floor")
        expected = "a factor above 0 and below 1"
        require(0 < self.factor < 1, expected=expected, received=self.factor, where=f"{where}.factor")
        expected = "a whole number of at least 1"
        require(self.patience >= 1, expected=expected, received=self.patience, where=f"{where}.patience")


def rates_of_epoch(
    settings: Schedule, peak: float, *, epoch: int, epochs: int, steps: int, losses: Sequence[float]
) -> list[float]:
    """Give the learning rate of each step of an epoch.

    Args:
        settings: the schedule.
        peak: the highest rate.
        epoch: which one, from 0.
        epochs: how many there may be.
        steps: batches an epoch.
        losses: training losses of the epochs before, in order.

    Returns:
        `steps` rates.
    """
    if settings.kind in ("constant", "plateau"):
        rate = peak if settings.kind == "constant" else plateau_rate(settings, peak, losses)
        return [rate] * steps
    at = cosine_rate if settings.kind == "cosine" else one_cycle_rate
    return [at(settings, peak, step, epochs * steps) for step in range(epoch * steps, (epoch + 1) * steps)]


def plateau_rate(settings: Schedule, peak: float, losses: Sequence[float]) -> float:
    """Give the rate after some epochs' losses.

    Example:
        >>> settings = Schedule(kind="plateau", warmup=0.0, floor=1e-7, factor=0.4, patience=2)
        >>> plateau_rate(settings, 0.001, [1.0, 0.9, 0.9, 0.9])
        0.0004
    """
    rate, best, waited = peak, math.inf, 0
    for loss in losses:
        if loss < best - _LEAST_GAIN:
            best, waited = loss, 0
            continue
        waited += 1
        if waited >= settings.patience:
            rate, waited = max(rate * settings.factor, settings.floor), 0
    return rate


def cosine_rate(settings: Schedule, peak: float, step: int, steps: int) -> float:
    """Give the rate of one of all steps, counted from 0."""
    rise = settings.warmup * steps
    if step < rise:
        return peak * min(1.0, (step + 1) / rise)
    return _between(peak, settings.floor, (step - rise) / (steps - rise))


def one_cycle_rate(settings: Schedule, peak: float, step: int, steps: int) -> float:
    """Give the rate of one of all steps, counted from 0."""
    top = settings.warmup * steps - 1
    if step < top:
        return _between(peak * _FIRST_OF_CYCLE, peak, step / top)
    return _between(peak, settings.floor, (step - top) / (steps - 1 - top))


def _between(first: float, last: float, share: float) -> float:
    """Go from one rate to another on half a cosine."""
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2
