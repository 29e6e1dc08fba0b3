"""From Hydra's sweeps to what a search draws from: `interval`, `range`, `choice`, and `tag(log, interval(...))`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep, Sweep
from omegaconf import OmegaConf

from ser.config.composition import compose, parse
from ser.errors import ConfigError
from ser.paths import GROUPS

SEARCHED = ("augment", "features", "model", "trainer")
"""Groups whose settings may be searched. The others say what is compared, on which data, and where it goes."""


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One setting that is searched: a range of numbers, or names and values to choose from.

    Attributes:
        key: the setting ("model.dropout") or group ("features").
        low: least value of a range, inclusive; None for choices.
        high: largest value of a range, inclusive; None for choices.
        step: between the whole numbers of a range; None for a range of real numbers.
        log: whether a range is drawn from by its logarithm.
        choices: values as overrides write them; empty for a range.
    """

    key: str
    low: float | None = None
    high: float | None = None
    step: int | None = None
    log: bool = False
    choices: tuple[str, ...] = ()

    def ends(self) -> list[str]:
        """Give what must be valid if the whole dimension is: every choice, or both ends of the range."""
        return list(self.choices) or [str(self.low), str(self.high)]


def search_space(overrides: Sequence[str]) -> tuple[list[str], list[Dimension]]:
    """Part overrides into those that hold for every trial and those that are searched.

    A range of a setting whose default is a whole number is one of whole numbers.

    Args:
        overrides: such as "model=mlp", "model.dropout=interval(0,0.6)", "trainer.batch_size=16,32,64",
            "trainer.learning_rate=tag(log,interval(1e-4,1e-1))".

    Raises:
        ConfigError: for an unknown key, or one that no search may touch.
    """
    parsed = parse(overrides)
    searched = [override for override in parsed if override.is_sweep_override()]
    fixed = [str(override.input_line) for override in parsed if not override.is_sweep_override()]
    firsts = {override.key_or_group: _first(override) for override in searched}
    groups = [f"{key}={value}" for key, value in firsts.items() if key in GROUPS]
    compose([*fixed, *(f"{key}={value}" for key, value in firsts.items())])
    defaults = compose([*fixed, *groups])
    return fixed, [_dimension(override, OmegaConf.select(defaults, override.key_or_group)) for override in searched]


def _first(override: Override) -> str:
    if override.key_or_group.split(".")[0] not in SEARCHED:
        raise ConfigError(
            expected=f"a setting of {', '.join(SEARCHED[:-1])} or {SEARCHED[-1]}",
            received=str(override.input_line),
            where=override.key_or_group,
            fix="Results of other corpora, labels, protocols or seeds do not compare: `ser train -m` sets them side by "
            "side.",
        )
    sweep = cast("Sweep", override.value())
    return str(sweep.start) if isinstance(sweep, IntervalSweep) else next(iter(override.sweep_string_iterator()))


def _dimension(override: Override, default: object) -> Dimension:
    key, sweep = override.key_or_group, cast("Sweep", override.value())
    if isinstance(sweep, IntervalSweep):
        return _interval(key, sweep, whole=isinstance(sweep.start, int) or type(default) is int)
    if isinstance(sweep, RangeSweep) and isinstance(steps := sweep.range(), range):
        return Dimension(key=key, low=min(steps), high=max(steps), step=abs(steps.step))
    return Dimension(key=key, choices=tuple(override.sweep_string_iterator()))


def _interval(key: str, sweep: IntervalSweep, *, whole: bool) -> Dimension:
    low, high, log = float(sweep.start or 0), float(sweep.end or 0), "log" in sweep.tags
    if not low < high or (log and low <= 0):
        raise ConfigError(
            expected="interval(LOW,HIGH) with LOW below HIGH" + (" and, for tag(log,...), above 0" if log else ""),
            received=f"interval({low:g},{high:g})",
            where=key,
            fix=f"Write '{key}=interval(0.1,0.5)', say.",
        )
    if whole:
        return Dimension(key=key, low=round(low), high=round(high), step=1, log=log)
    return Dimension(key=key, low=low, high=high, log=log)
