"""From names on the command line to typed, checked settings.

Hydra composes the YAML groups of `conf/`; each composed group names a component class by `_target_`, and that frozen
dataclass is its schema: an unknown key or an ill-typed value is refused here, before any work starts.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args, get_origin, get_type_hints

import pydantic
from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from ser.audio.augment import Augmentation
from ser.corpora.base import Corpus
from ser.errors import ConfigError, one_of
from ser.features.base import Recipe
from ser.paths import GROUPS, choices, conf_dir
from ser.protocol.labels import LabelSet
from ser.protocol.normalise import Normalisation
from ser.protocol.rules import SplitRule

if TYPE_CHECKING:
    from ser.models.base import ModelSpec
    from ser.training.trainer import Trainer

KEYS = frozenset(
    {"corpora", "labels", "protocol", "normalise", "augment", "features", "model", "trainer", "tracking"}
    | {
        "study",
        "seeds",
        "data_dir",
        "work_dir",
        "workers",
        "allowed_bad_share",
        "replicates",
        "embed_audio",
        "rerun",
        "to",
    }
)
"""The top of every composed configuration; what each means stands in conf/config.yaml."""

Component = TypeVar("Component")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tracking:
    """Where MLflow keeps runs.

    Attributes:
        enabled: whether runs are logged at all.
        uri: a tracking URI: `sqlite:///FILE`, or `http(s)://` of a server.
        artifacts: folder of artifacts for new experiments; None leaves it to the server.
    """

    enabled: bool
    uri: str
    artifacts: str | None


class Settings:
    """One composed job, its components built and type-checked when first asked for.

    Args:
        config: the composed configuration, without Hydra's own node.

    Raises:
        ConfigError: on access, when a group does not fit its component's schema.
    """

    def __init__(self, config: DictConfig) -> None:
        self.config = config
        for key in config:
            one_of(str(key), KEYS, what="a configuration key", where="command line")
        self.study = self._value("study", str)
        self.rerun = self._value("rerun", bool)
        self.embed_audio = self._value("embed_audio", bool)
        self.allowed_bad_share = self._value("allowed_bad_share", float)
        self.replicates = self._value("replicates", int)
        self.data_dir = Path(self._value("data_dir", str)).expanduser()
        self.work_dir = Path(self._value("work_dir", str)).expanduser()
        self.to = Path(config.to).expanduser() if config.to is not None else None
        self.workers = self._value("workers", int) if config.workers is not None else available_cores()
        self.seeds = _integers(config.seeds, "seeds")
        if self.workers < 1:
            raise ConfigError(
                expected="at least one worker", received=self.workers, where="workers", fix="Set workers=1."
            )

    @cached_property
    def corpora(self) -> dict[str, Corpus]:
        """The corpora by id, in order of their names."""
        nodes = self.config.get("corpora") or {}
        if not nodes:
            raise ConfigError(
                expected="at least one corpus",
                received="none",
                where="corpus",
                fix=f"Choose from: {', '.join(choices('corpus'))}.",
            )
        return {name: build(nodes[name], Corpus, f"corpora.{name}") for name in sorted(nodes)}  # type: ignore[type-abstract]

    @cached_property
    def labels(self) -> LabelSet:
        """The label map."""
        return build(self.config.labels, LabelSet, "labels")

    @cached_property
    def protocol(self) -> SplitRule:
        """The split rule."""
        return build(self.config.protocol, SplitRule, "protocol")  # type: ignore[type-abstract]

    @cached_property
    def normalise(self) -> Normalisation:
        """By whose statistics features are normalised."""
        return build(self.config.normalise, Normalisation, "normalise")  # type: ignore[type-abstract]

    @cached_property
    def augment(self) -> Augmentation:
        """The augmentation of training utterances."""
        return build(self.config.augment, Augmentation, "augment")

    @cached_property
    def features(self) -> Recipe:
        """The feature recipe."""
        return build(self.config.features, Recipe, "features")  # type: ignore[type-abstract]

    @cached_property
    def model(self) -> ModelSpec:
        """The model's description. Imports torch."""
        from ser.models.base import ModelSpec

        return build(self.config.model, ModelSpec, "model")

    @cached_property
    def trainer(self) -> Trainer:
        """The training settings. Imports torch."""
        from ser.training.trainer import Trainer

        return build(self.config.trainer, Trainer, "trainer")

    @cached_property
    def tracking(self) -> Tracking:
        """Where runs are logged."""
        return build(self.config.tracking, Tracking, "tracking")

    def plain(self) -> dict[str, Any]:
        """Return the whole configuration, interpolations resolved, as plain data."""
        return cast("dict[str, Any]", OmegaConf.to_container(self.config, resolve=True))

    def _value(self, key: str, kind: type[Component]) -> Component:
        value = self.config[key]
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ConfigError(
                expected=f"a value of type {kind.__name__}", received=value, where=key, fix=f"Set {key}=VALUE."
            )
        return value


def available_cores() -> int:
    """Count the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _integers(node: object, key: str) -> list[int]:
    values = [node] if isinstance(node, int) else list(cast("Iterable[Any]", node or []))
    if not values or any(isinstance(value, bool) or not isinstance(value, int) for value in values):
        raise ConfigError(
            expected="one or more whole numbers", received=str(node), where=key, fix=f"Write {key}=[0,1,2]."
        )
    return [int(value) for value in values]


def build(node: DictConfig, base: type[Component], where: str) -> Component:
    """Build a component from its composed group.

    Args:
        node: the group, with `_target_` and exactly the fields of that dataclass.
        base: the class that the target must be or derive from.
        where: the configuration key, for messages.

    Returns:
        The component: a frozen dataclass, its values converted to the declared types.

    Raises:
        ConfigError: when the target cannot be imported or is of another family, a key is unknown or missing, or a value
            has the wrong type or range.
    """
    plain = cast("dict[str, Any]", OmegaConf.to_container(node, resolve=True))
    target = str(plain.pop("_target_", ""))
    cls = _imported(target, where)
    if not (isinstance(cls, type) and issubclass(cls, base) and dataclasses.is_dataclass(cls)):
        raise ConfigError(
            expected=f"a class derived from {base.__module__}.{base.__name__}",
            received=target,
            where=f"{where}._target_",
            fix="Name a component of this group.",
        )
    _check_keys(cls, plain, where)
    plain = {key: _with_components(value, get_type_hints(cls)[key], f"{where}.{key}") for key, value in plain.items()}
    try:
        return cast("Component", pydantic.TypeAdapter(cls).validate_python(plain))
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        missing = first["type"] == "missing"
        raise ConfigError(
            expected=f"a value for {key}" if missing else first["msg"].removeprefix("Input should be ").strip(),
            received="none" if missing else first["input"],
            where=f"{where}.{key}",
            fix=f"Set {where}.{key}=VALUE; the default and its meaning stand in conf/{where.split('.')[0]}/.",
        ) from error


def _with_components(value: object, declared: object, where: str) -> object:
    """Build the components of a setting declared as `dict[str, Component]`; other values pass."""
    _, kind = get_args(declared) if get_origin(declared) is dict else (str, None)
    if not (dataclasses.is_dataclass(kind) and isinstance(value, Mapping)):
        return value
    nodes = {name: OmegaConf.create(dict(node) if isinstance(node, Mapping) else {}) for name, node in value.items()}
    return {name: build(node, cast("type", kind), f"{where}.{name}") for name, node in nodes.items()}


def _check_keys(cls: type, plain: Mapping[str, Any], where: str) -> None:
    fields = {field.name for field in dataclasses.fields(cls)}
    types = get_type_hints(cls)
    for key, value in plain.items():
        one_of(key, fields, what=f"a setting of {cls.__name__}", where=f"{where}.{key}")
        if dataclasses.is_dataclass(types[key]) and isinstance(value, Mapping):
            _check_keys(cast("type", types[key]), value, f"{where}.{key}")


def components(group: str) -> list[tuple[str, Any]]:
    """List the names of a group with their component classes, without building any.

    Args:
        group: such as "model".
    """
    found = []
    for name in choices(group):
        node = cast("DictConfig", OmegaConf.load(conf_dir() / group / f"{name}.yaml"))
        found.append((name, _imported(str(node.get("_target_")), f"conf/{group}/{name}.yaml")))
    return found


def _imported(target: str, where: str) -> object:
    module, _, name = target.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            expected="the dotted name of a class", received=target, where=f"{where}._target_", fix=f"Mend it: {error}."
        ) from error


def load(overrides: Sequence[str]) -> Settings:
    """Compose one job.

    Args:
        overrides: Hydra overrides ("model=cnn", "seeds=[0,1]"), without sweeps.

    Raises:
        ConfigError: for a misspelt group, choice, key or value; the nearest valid ones are named.
    """
    return Settings(compose(overrides))


def compose(overrides: Sequence[str]) -> DictConfig:
    """Compose the plain configuration of one job, unknown names and keys refused. See :func:`load`."""
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
            if key not in GROUPS and not override.is_add():
                one_of(key, known, what="a configuration key", where="command line")
        raise ConfigError(
            expected="overrides that Hydra can compose",
            received=str(error),
            where="command line",
            fix="See `ser train --help` for the form of overrides.",
        ) from error


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
    for name in value if isinstance(value, list) else [value]:
        one_of(str(name), choices(group), what=f"a name of the group {group}", where=group)


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
    """
    jobs: list[list[str]] = [[]]
    for override in parse(overrides):
        key = override.get_key_element()
        if override.is_sweep_override():
            values = [f"{key}={value}" for value in override.sweep_string_iterator()]
        else:
            values = [str(override.input_line)]
        jobs = [[*job, value] for job in jobs for value in values]
    return jobs
