"""Trained models on disk, in a form whose loading runs no code from the files.

A folder holds `model.json` (the model's class and settings, the features' shape and scaling, the classes),
`weights.safetensors` (of the network with its scaling, or of the scaling alone) and, for estimators, `estimator.skops`.
The class named in `model.json` must be a model of this package, or of a package that the caller trusts by name.
"""

from __future__ import annotations

import dataclasses
import importlib
import typing
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import safetensors
import safetensors.torch

from ser.arrays import Kind, Shape
from ser.errors import SerError, StoreError
from ser.files import folder_written_aside, read_json, write_json
from ser.models.base import EstimatorSpec, ModelSpec, NetworkSpec
from ser.models.standardize import Scaler, Scaling, Standardized
from ser.models.trained import TrainedEstimator, TrainedModel, TrainedNetwork

__all__ = ["TrainedModel", "load", "save"]

_FORMAT = 2
_DESCRIPTION, _WEIGHTS, _ESTIMATOR = "model.json", "weights.safetensors", "estimator.skops"
_OURS = "ser.models"
# What a damaged or hand-edited file gives: wrong JSON types, missing keys, tensors of another shape, a broken archive.
_DAMAGE = (AttributeError, KeyError, TypeError, ValueError, RuntimeError, OSError, zipfile.BadZipFile)


def save(folder: Path, model: TrainedModel) -> None:
    """Write a trained model, whole or not at all.

    Args:
        folder: replaced when it exists.
        model: the model.

    Raises:
        StoreError: when the folder cannot be written.
    """
    with folder_written_aside(folder) as aside:
        write_json(aside / _DESCRIPTION, _described(model))
        if isinstance(model, TrainedNetwork):
            safetensors.torch.save_file(model.network.state_dict(), str(aside / _WEIGHTS))
        else:
            estimator = cast("TrainedEstimator", model)
            safetensors.torch.save_file(estimator.scaler.state_dict(), str(aside / _WEIGHTS))
            from ser.models import estimator_files

            estimator_files.write(aside / _ESTIMATOR, estimator.estimator)


def load(folder: Path, *, trusted: Sequence[str] = ()) -> TrainedModel:
    """Read a trained model.

    Args:
        folder: as :func:`save` left it.
        trusted: packages besides `ser.models` whose model classes may be named, such as "mylab.models".

    Raises:
        StoreError: when files are missing or damaged, or name a class or type that is not trusted.
    """
    told = read_json(folder / _DESCRIPTION)
    try:
        spec = _spec(told, trusted, folder)
        shape = Shape(kind=cast("Kind", told["shape"]["kind"]), width=int(told["shape"]["width"]))
        classes = [str(name) for name in told["classes"]]
        scaling = cast("Scaling", _built(Scaling, told["scaling"]))
        weights = safetensors.torch.load_file(str(folder / _WEIGHTS))
        if isinstance(spec, NetworkSpec):
            network = Standardized(spec.build(shape, len(classes)), scaling)
            network.load_state_dict(weights)
            return TrainedNetwork(shape=shape, classes=classes, spec=spec, network=network.eval())
        scaler = Scaler(scaling)
        scaler.load_state_dict(weights)
        chosen = cast("EstimatorSpec", spec)
        from ser.models import estimator_files

        estimator = estimator_files.read(folder / _ESTIMATOR, chosen.trusted)
        return TrainedEstimator(shape=shape, classes=classes, spec=chosen, scaler=scaler, estimator=estimator)
    except StoreError:
        raise
    except (SerError, safetensors.SafetensorError, *_DAMAGE) as error:
        raise StoreError(
            expected="a model saved by ser",
            received=f"{type(error).__name__}: {error}",
            where=folder,
            fix="Train it again: the files are damaged or of another version.",
        ) from error


def _described(model: TrainedModel) -> dict[str, object]:
    kind = type(model.spec)
    return {
        "format": _FORMAT,
        "model": f"{kind.__module__}.{kind.__qualname__}",
        "settings": dataclasses.asdict(model.spec),
        "shape": dataclasses.asdict(model.shape),
        "scaling": dataclasses.asdict(model.scaling),
        "classes": model.classes,
    }


def _spec(told: Mapping[str, Any], trusted: Sequence[str], folder: Path) -> ModelSpec:
    if told["format"] != _FORMAT:
        raise StoreError(
            expected=f"format {_FORMAT}",
            received=told["format"],
            where=folder / _DESCRIPTION,
            fix="Use the version of ser that wrote it, or train again.",
        )
    module, _, name = str(told["model"]).rpartition(".")
    if not any(module == package or module.startswith(f"{package}.") for package in (_OURS, *trusted)):
        raise _refused(folder / _DESCRIPTION, str(told["model"]))
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise _refused(folder / _DESCRIPTION, str(told["model"])) from error
    if not (isinstance(kind, type) and issubclass(kind, ModelSpec)):
        raise _refused(folder / _DESCRIPTION, str(told["model"]))
    return cast("ModelSpec", _built(kind, told["settings"]))


def _built(kind: type[Any], settings: Mapping[str, Any]) -> object:
    """Build a dataclass from plain data, dataclasses inside it too."""
    hints = typing.get_type_hints(kind)
    values = {
        key: _built(hints[key], value) if dataclasses.is_dataclass(hints[key]) else value
        for key, value in settings.items()
    }
    return kind(**values)


def _refused(where: Path, received: str) -> StoreError:
    return StoreError(
        expected=f"a model class of {_OURS}",
        received=received,
        where=where,
        fix="Nothing was run. If you trust the package it comes from, name it: load(folder, trusted=['PACKAGE']).",
    )
