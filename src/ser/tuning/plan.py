"""How a search is made: the settings of `tune`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ser.config import checked, compose_apart, parse
from ser.errors import ConfigError, one_of

GROUP = "tune"
PRUNING = ("median", "none")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The settings of a search; conf/tune/default.yaml says what each means.

    Attributes:
        trials: how many there are to be in all, the failed ones included.
        timeout_s: seconds after which one command begins no further trial; None for no limit.
        seed: of what is drawn.
        startup_trials: trials drawn at random before the estimator takes over.
        pruning: of `PRUNING`.
        warmup_fits: fits that a trial finishes before it can be ended.
        storage: a database URL; None for a SQLite file below the work folder.
        space: setting -> a sweep in Hydra's grammar ("interval(0,0.6)").

    Raises:
        ConfigError: for values out of range.
    """

    trials: int
    timeout_s: float | None
    seed: int
    startup_trials: int
    pruning: str
    warmup_fits: int
    storage: str | None
    space: dict[str, str]

    def __post_init__(self) -> None:
        one_of(self.pruning, PRUNING, what="a way to end trials early", where="tune.pruning")
        for key, least in (("trials", 1), ("seed", 0), ("startup_trials", 1), ("warmup_fits", 0)):
            value = getattr(self, key)
            if value < least:
                raise ConfigError(
                    expected=f"a whole number of at least {least}",
                    received=value,
                    where=f"tune.{key}",
                    fix=f"Set tune.{key}={least} or more.",
                )
        if self.timeout_s is not None and self.timeout_s <= 0:
            raise ConfigError(
                expected="seconds above 0", received=self.timeout_s, where="tune.timeout_s", fix="Set 3600, say."
            )


def plan_of(overrides: Sequence[str]) -> tuple[Plan, list[str]]:
    """Take the settings of the search out of what the command line says.

    Args:
        overrides: those of the job, sweeps for what is searched, and `tune=NAME` and `tune.KEY=VALUE`.

    Returns:
        The plan, and the overrides that are not its own, with its space added where they do not set it.

    Raises:
        ConfigError: for a name, key or value that does not fit.
    """
    name, values, rest = "default", {}, []
    for override in parse(overrides):
        group, _, key = override.key_or_group.partition(".")
        if group != GROUP:
            rest.append(override)
        elif key:
            values[key] = override.value()
        else:
            name = str(override.value())
    composed = {key: value for key, value in compose_apart(GROUP, name).items() if key != "_target_"}
    plan = checked(Plan, composed | values, GROUP)
    said = {override.key_or_group for override in rest}
    space = [f"{key}={sweep}" for key, sweep in plan.space.items() if key not in said]
    return plan, [*(str(override.input_line) for override in rest), *space]
