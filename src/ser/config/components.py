"""From a composed group to the component it names: the frozen dataclass is the schema."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from collections.abc import Mapping
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

import pydantic
from omegaconf import DictConfig, OmegaConf

from ser.errors import ConfigError, one_of
from ser.paths import choices, conf_dir

Component = TypeVar("Component")


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
    types = get_type_hints(cls)
    plain = {key: _with_components(value, types.get(key), f"{where}.{key}") for key, value in plain.items()}
    return checked(cast("type[Component]", cls), plain, where)


def _with_components(value: object, declared: object, where: str) -> object:
    """Build the components of a setting declared as `dict[str, Component]`; other values pass.

    A family of components is an abstract class: `_target_` says which one is meant. Others need none.
    """
    _, kind = get_args(declared) if get_origin(declared) is dict else (str, None)
    if not (dataclasses.is_dataclass(kind) and inspect.isabstract(kind) and isinstance(value, Mapping)):
        return value
    nodes = {name: OmegaConf.create(dict(node) if isinstance(node, Mapping) else {}) for name, node in value.items()}
    return {name: build(node, cast("type", kind), f"{where}.{name}") for name, node in nodes.items()}


def checked(cls: type[Component], plain: Mapping[str, Any], where: str, fix: str | None = None) -> Component:
    """Build a dataclass from plain data, its keys and types checked.

    Args:
        cls: the dataclass.
        plain: a value for each of its fields.
        where: the configuration key of the whole, for messages; "" for the top.
        fix: what to do about a value of the wrong type; None sends to the group's folder in conf/.

    Raises:
        ConfigError: naming the first key that does not fit.
    """
    prefix = f"{where}." if where else ""
    _check_keys(cls, plain, prefix)
    try:
        return pydantic.TypeAdapter(cls).validate_python(plain)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        missing = first["type"] == "missing"
        raise ConfigError(
            expected=f"a value for {key}" if missing else first["msg"].removeprefix("Input should be ").strip(),
            received="none" if missing else first["input"],
            where=f"{prefix}{key}",
            fix=fix or f"Set {prefix}{key}=VALUE; the default and its meaning stand in conf/{where.split('.')[0]}.",
        ) from error


def _check_keys(cls: type, plain: Mapping[str, Any], prefix: str) -> None:
    fields = {field.name for field in dataclasses.fields(cls)}
    types = get_type_hints(cls)
    for key, value in plain.items():
        one_of(key, fields, what=f"a setting of {cls.__name__}", where=f"{prefix}{key}")
        # A component, one that may be null, or several by name.
        declared = types[key]
        kinds = [kind for kind in (declared, *get_args(declared)) if dataclasses.is_dataclass(kind)]
        if kinds and isinstance(value, Mapping):
            several = get_origin(declared) is dict
            inner = {f"{key}.{name}": each for name, each in value.items()} if several else {key: value}
            for place, each in inner.items():
                if isinstance(each, Mapping):
                    _check_keys(cast("type", kinds[0]), each, f"{prefix}{place}.")


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
