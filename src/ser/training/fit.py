"""Fitting one model to one fold with one seed, once."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from threadpoolctl import threadpool_limits

from ser.errors import StoreError
from ser.files import digest, read_json, write_json
from ser.models.base import EstimatorSpec, ModelSpec, NetworkSpec
from ser.models.trained import TrainedModel, TrainedNetwork
from ser.training import result
from ser.training.cost import Cost, Meter, latency_ms, multiply_adds, peak_memory_mb, typical
from ser.training.data import FoldData, check
from ser.training.estimator import train_estimator
from ser.training.memory import kept_memory
from ser.training.recall import uar
from ser.training.result import CHECKPOINT, FitResult, Row
from ser.training.trainer import Trainer

_WHAT = "fit.json"


def fit(data: FoldData, spec: ModelSpec, trainer: Trainer, *, classes: list[str], seed: int, folder: Path) -> FitResult:
    """Train a model on a fold and predict its development and test part.

    A network keeps the weights of its best epoch on the development part. An estimator chooses nothing there: its
    development score is that of a fit on the training part, its test predictions of a fit on both. (Where nothing is
    tested, as in a search for settings, the first is all there is.) See :func:`ser.training.estimator.train_estimator`.

    A finished fit is read, not repeated; an interrupted one goes on from its last checkpoint and ends with the bits it
    would have had. One thread does it all: the same on every number of cores, and for networks this small faster.

    Args:
        data: the fold; the same folder must always be given the same data.
        spec: a network or an estimator that takes features of this kind.
        trainer: how networks are trained.
        classes: class names; label i is `classes[i]`.
        seed: of everything random.
        folder: of this fit alone.

    Raises:
        DataError: when features are empty, not finite, or do not match their labels.
        ProtocolError: when a class has no training clip, or the development part is empty.
        TrainingError: when a loss is not a number.
        StoreError: when the folder cannot be written.
    """
    settings = _settings(spec, trainer, classes, seed)
    finished = result.read(folder, digest(settings))
    if finished is not None:
        return finished
    check(data, classes, folder)
    _claim(folder, settings)
    with one_thread():
        learned = _learn(data, spec, trainer, classes=classes, seed=seed, folder=folder)
        dev, test = learned.chooser.predict_proba(data.dev), learned.model.predict_proba(data.test)
        cost = _cost(learned, data)
    history = learned.history or [
        {"epoch": 1, "dev/uar": uar(data.dev_labels, dev.argmax(axis=1)), "seconds": round(cost.wall_s, 4)}
    ]
    fitted = FitResult(folder=folder, dev=dev, test=test, history=history, best_epoch=learned.best_epoch, cost=cost)
    result.write(fitted, learned.model, digest(settings))
    return fitted


def finished(spec: ModelSpec, trainer: Trainer, *, classes: list[str], seed: int, folder: Path) -> FitResult | None:
    """Read this fit if it is finished and whole; None if there is still work to do. Needs no data."""
    return result.read(folder, digest(_settings(spec, trainer, classes, seed)))


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread and by deterministic algorithms in the block, and leave torch's generator as it was."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    mode = cast("Any", torch.utils.deterministic)
    filled = mode.fill_uninitialized_memory
    with threadpool_limits(1), torch.random.fork_rng(devices=[]), kept_memory():
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        # Otherwise torch writes to every new tensor before the operation that it is for does.
        mode.fill_uninitialized_memory = False
        try:
            yield
        finally:
            mode.fill_uninitialized_memory = filled
            torch.use_deterministic_algorithms(deterministic)
            torch.set_num_threads(threads)


@dataclass(frozen=True, kw_only=True)
class _Learned:
    """What a fit learned.

    Attributes:
        model: predicts the test part.
        chooser: has not seen the development part, and is scored on it.
        meter: runs since the start.
    """

    model: TrainedModel
    chooser: TrainedModel
    history: list[Row]
    best_epoch: int
    meter: Meter


def _cost(learned: _Learned, data: FoldData) -> Cost:
    spent, clip, model = learned.meter.read(), typical(data.dev), learned.model
    network = model.network if isinstance(model, TrainedNetwork) else None
    return Cost(
        wall_s=round(spent.wall_s, 3),
        cpu_s=round(spent.cpu_s, 3),
        energy_j=None if spent.energy_j is None else round(spent.energy_j, 3),
        peak_memory_mb=peak_memory_mb(),
        parameters=sum(parameter.numel() for parameter in network.parameters()) if network else None,
        multiply_adds=multiply_adds(network, clip) if network else None,
        latency_ms=latency_ms(model, clip),
    )


def _learn(
    data: FoldData, spec: ModelSpec, trainer: Trainer, *, classes: list[str], seed: int, folder: Path
) -> _Learned:
    if isinstance(spec, NetworkSpec):
        # Here, because Lightning is slow to import and an estimator has no use for it.
        from ser.training.network import train_network

        network, progress = train_network(data, spec, trainer, classes=classes, seed=seed, folder=folder)
        return _Learned(
            model=network,
            chooser=network,
            history=progress.history,
            best_epoch=progress.best_epoch,
            meter=progress.meter,
        )
    meter = Meter()
    chooser, model = train_estimator(data, cast("EstimatorSpec", spec), classes=classes, seed=seed)
    return _Learned(model=model, chooser=chooser, history=[], best_epoch=1, meter=meter)


def _settings(spec: ModelSpec, trainer: Trainer, classes: list[str], seed: int) -> dict[str, object]:
    training = dataclasses.asdict(trainer)
    # How often a fit was saved does not change what it learned.
    del training["checkpoint_seconds"]
    return {
        "model": f"{type(spec).__module__}.{type(spec).__qualname__}",
        "settings": dataclasses.asdict(spec),
        "trainer": training,
        "classes": classes,
        "seed": seed,
    }


def _claim(folder: Path, settings: dict[str, object]) -> None:
    """Say what is fitted here; drop the checkpoint of anything else, and what a killed process left half-written."""
    for leftover in folder.glob(f".{Path(CHECKPOINT).stem}.*"):
        leftover.unlink()
    try:
        same = read_json(folder / _WHAT) == settings
    except StoreError:
        same = False
    if not same:
        (folder / CHECKPOINT).unlink(missing_ok=True)
        write_json(folder / _WHAT, settings)
