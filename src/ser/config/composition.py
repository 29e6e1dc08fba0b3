"""From overrides on the command line to composed configurations, unknown names refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ser.errors import ConfigError, one_of
from ser.paths import GROUPS, choices, conf_dir

_SEVERAL = ("corpus", "augment")
_JOIN_FEATURES = (
    "Join sets as parts of features=strong: '+features@features.parts.NAME=egemaps' adds one, as "
    "conf/features/strong.yaml says."
)


def compose(overrides: Sequence[str]) -> DictConfig:
    """Compose the plain configuration of one job, unknown names and keys refused.

    Args:
        overrides: Hydra overrides ("model=cnn", "seeds=[0,1]"), without sweeps.

    Raises:
        ConfigError: for a misspelt group, choice, key or value; the nearest valid ones are named.
    """
    parsed = parse(overrides)
    for override in parsed:
        _check_choice(override)
    try:
        return _composed(overrides)
    except (HydraException, OmegaConfBaseException) as error:
        chosen = [o for o in parsed if o.key_or_group in GROUPS and not o.is_delete()]
        known = _keys(_composed([str(o.input_line) for o in chosen]))
        for override in parsed:
            key = override.key_or_group
            _check_corpus(key, known)
            if key not in GROUPS and not override.is_add():
                one_of(key, known, what="a configuration key", where="command line")
        raise ConfigError(
            expected="overrides that Hydra can compose",
            received=str(error),
            where="command line",
            fix="See `ser train --help` for the form of overrides.",
        ) from error


def compose_apart(group: str, name: str) -> dict[str, Any]:
    """Compose one name of a group that is no part of a job's configuration.

    Args:
        group: such as "tune".
        name: of a file in it.

    Raises:
        ConfigError: when there is no such name.
    """
    one_of(name, choices(group), what=f"a name of the group {group}", where=group)
    return cast("dict[str, Any]", OmegaConf.to_container(_composed([f"+{group}={name}"])[group]))


def parse(overrides: Sequence[str]) -> list[Override]:
    """Parse overrides by Hydra's grammar.

    Raises:
        ConfigError: when one is not of the form key=value.
    """
    try:
        return list(OverridesParser.create().parse_overrides(overrides=list(overrides)))
    except HydraException as error:
        raise ConfigError(
            expected="overrides of the form key=value",
            received=str(error).splitlines()[0],
            where="command line",
            fix="Quote values with spaces or brackets: 'augment=[noise,pitch]'.",
        ) from error


def _check_choice(override: Override) -> None:
    group = override.key_or_group
    if group not in GROUPS or override.is_sweep_override() or override.is_delete():
        return
    value = override.value()
    names = value if isinstance(value, list) else [value]
    for name in names:
        one_of(str(name), choices(group), what=f"a name of the group {group}", where=group)
    if len(names) > 1 and group not in _SEVERAL:
        raise ConfigError(
            expected=f"one name: of {' and '.join(_SEVERAL)} alone several can be chosen at once",
            received=str(override.input_line),
            where=group,
            fix=_JOIN_FEATURES if group == "features" else f"Write {group}={names[0]}, or {','.join(names)} with -m.",
        )


def _check_corpus(key: str, known: Sequence[str]) -> None:
    parts = key.split(".")
    if parts[0] == "corpora" and len(parts) > 2 and ".".join(parts[:2]) not in known and parts[1] in choices("corpus"):
        raise ConfigError(
            expected="settings of a corpus that is chosen",
            received=key,
            where="command line",
            fix=f"Choose it too: corpus={parts[1]}, or corpus=[...,{parts[1]}].",
        )


def _composed(overrides: Sequence[str]) -> DictConfig:
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return cast("DictConfig", hydra_compose("config", list(overrides)))


def _keys(config: DictConfig) -> list[str]:
    found: list[str] = []

    def walk(node: Mapping[str, Any], prefix: str) -> None:
        for key, value in node.items():
            found.append(f"{prefix}{key}")
            if isinstance(value, Mapping):
                walk(value, f"{prefix}{key}.")

    walk(cast("Mapping[str, Any]", OmegaConf.to_container(config, resolve=False)), "")
    return found


def expand(overrides: Sequence[str]) -> list[list[str]]:
    """List the jobs of a multirun, each as its overrides, in the order in which Hydra will run them.

    Args:
        overrides: overrides that may hold sweeps ("model=mlp,cnn", "seeds=range(0,3)").

    Raises:
        ConfigError: for an interval, which has no list of values.
    """
    jobs: list[list[str]] = [[]]
    for override in parse(overrides):
        key = override.get_key_element()
        if isinstance(override.value(), IntervalSweep):
            raise ConfigError(
                expected="values that a sweep can list",
                received=str(override.input_line),
                where="command line",
                fix="Write them out (key=0.1,0.2), or search the interval with `ser tune`.",
            )
        if override.is_sweep_override():
            values = [f"{key}={value}" for value in override.sweep_string_iterator()]
        else:
            values = [str(override.input_line)]
        jobs = [[*job, value] for job in jobs for value in values]
    return jobs
