"""What training takes, beside plain PyTorch: the same steps in alternation, in one process on one thread.

Run from the repository's root:  python benchmarks/training.py [--steps N]

Every row is the median of the rounds of processor time (of wall time where several processes work), and its ratio to
the row that it names. The figures are written to `benchmarks/training.json`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from plain_training import PlainCNN, PlainLSTM, plain_epoch
from torch import nn

from ser.arrays import Ragged, Shape
from ser.config import load
from ser.errors import ConfigError
from ser.models.base import NetworkSpec
from ser.models.cnn import CNN
from ser.models.convolution import ConvLayout
from ser.models.lstm import LSTM
from ser.models.mlp import MLP
from ser.models.standardize import Scaling, Standardized
from ser.pipeline.environment import processor
from ser.training import hardware
from ser.training.data import FoldData, TrainingBatches
from ser.training.fit import fit, one_thread
from ser.training.module import FoldModule
from ser.training.parallel import FitTask, fit_all
from ser.training.trainer import Trainer

RESULT = Path(__file__).with_suffix(".json")
ROWS, WIDTH, CLASSES = 36_000, 162, 8
KERAS_S = {"system D's CNN": 36.0, "LSTM(256)": 63.0}
"""Seconds an epoch that Keras 3 on TensorFlow 2.21 took for ROWS at one thread, measured once on another
machine of this kind, never beside these rows: a reference, no ratio of this run."""

SMALL = MLP(name="small", hidden=[32], dropout=0.0)
LAYOUT = ConvLayout(
    channels=[256, 256, 128, 128, 64],
    kernels=[5] * 5,
    dropouts=[0.0, 0.0, 0.2, 0.0, 0.2],
    pool=5,
    stride=2,
    batch_norm=False,
)
SYSTEM_D = CNN(name="system D's CNN", conv=LAYOUT, pooling="mean", hidden=[32], dropout=0.3)
RECURRENT = LSTM(
    name="LSTM(256)", values_per_step=1, units=[256], bidirectional=False, pooling="last", hidden=[], dropout=0.0
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure.

    Attributes:
        what: in words.
        seconds: median over rounds.
        unit: of what ("step", "epoch of 36,000 clips").
        ratio: to the row `to`; None for that row itself.
        to: its name.
        target: what the ratio is to keep to, in words.
    """

    what: str
    seconds: float
    unit: str
    ratio: float | None = None
    to: str = ""
    target: str = ""


def trainer_of(batch_size: int, **changes: object) -> Trainer:
    """Take the default settings, with changes."""
    return dataclasses.replace(load([]).trainer, batch_size=batch_size, **changes)  # type: ignore[arg-type]


def fold_of(clips: int) -> FoldData:
    """Make a fold of random vectors, its development and test part small."""
    rng, held_out = np.random.default_rng(0), 16
    labels = np.arange(clips) % CLASSES
    train, dev, test = (
        Ragged(
            values=rng.standard_normal((count, WIDTH)).astype(np.float32), offsets=np.arange(count + 1), kind="vector"
        )
        for count in (clips, held_out, held_out)
    )
    scaling = Scaling(standardize=True, signed_sqrt=False, l2=False, widths=[WIDTH], group=None, shape=None)
    return FoldData(
        train=train,
        train_labels=labels,
        versions=1,
        dev=dev,
        dev_labels=labels[:held_out],
        test=test,
        scaling=scaling,
        train_weights=None,
        dev_weights=None,
        test_weights=None,
        self_training=None,
    )


def our_epoch(spec: NetworkSpec, data: FoldData, trainer: Trainer) -> Callable[[], None]:
    """Give an epoch's steps as training makes them."""
    network = Standardized(spec.build(Shape(kind="vector", width=WIDTH), CLASSES), data.scaling)
    network.fit(data.train.values)
    module = FoldModule(network, trainer, torch.ones(CLASSES), 0)
    module.optimizers = lambda **_: optimizer  # type: ignore[method-assign]
    optimizer, batches = module.configure_optimizers(), TrainingBatches(data, trainer, CLASSES, 0)
    return lambda: module.training_step(batches, 0)


def whole_fit(spec: NetworkSpec, data: FoldData, trainer: Trainer) -> Callable[[], None]:
    """Give a whole fit, from Lightning's set-up to the files."""

    def whole() -> None:
        with tempfile.TemporaryDirectory() as folder:
            fit(data, spec, trainer, classes=[str(label) for label in range(CLASSES)], seed=0, folder=Path(folder))

    return whole


def alternating(jobs: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Run each job once to warm up, then all in turn. Returns the median processor time of each, in seconds."""
    for job in jobs.values():
        job()
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.process_time()
            job()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def small_network(rounds: int) -> list[Row]:
    """Time whole fits of a small network on one fold, beside as many plain steps."""
    rows = []
    for clips, epochs in ((20_000, 3), (400, 60)):
        data = fold_of(clips)
        small = nn.Sequential(nn.Linear(WIDTH, 32), nn.ReLU(), nn.Linear(32, CLASSES))
        plain = plain_epoch(small, data.train.values, data.train_labels, 32)

        def repeated(epoch: Callable[[], None] = plain, times: int = epochs) -> None:
            for _ in range(times):
                epoch()

        trainer = trainer_of(32, max_epochs=epochs, patience=epochs)
        times = alternating({"plain": repeated, "ser": whole_fit(SMALL, data, trainer)}, rounds)
        steps = epochs * -(-clips // 32)
        name = f"small MLP, {clips:,} clips, {epochs} epochs"
        rows.append(Row(what=f"{name}, plain loop", seconds=times["plain"] / steps, unit="step"))
        ratio = times["ser"] / times["plain"]
        rows.append(
            Row(
                what=f"{name}, whole fit",
                seconds=times["ser"] / steps,
                unit="step",
                ratio=ratio,
                to="plain loop",
                target="1.25" if clips > 1000 else "",
            )
        )
    return rows


def large_network(spec: NetworkSpec, plain: nn.Module, steps: int, rounds: int) -> list[Row]:
    """Time the steps of a network that computes much, in float32 and, where the processor has it, in bfloat16."""
    data, trainer = fold_of(64 * steps), trainer_of(64)
    jobs = {
        "plain PyTorch": plain_epoch(plain, data.train.values, data.train_labels, 64),
        "float32": our_epoch(spec, data, trainer),
    }
    half = dataclasses.replace(trainer, precision="bf16")
    try:
        hardware.check(half)
        jobs["bf16"] = our_epoch(spec, data, half)
    except ConfigError as error:
        print(error)
    per_epoch = ROWS / (64 * steps)
    times = {name: seconds * per_epoch for name, seconds in alternating(jobs, rounds).items()}
    return [
        Row(
            what=f"{spec.name}, {name}",
            seconds=seconds,
            unit=f"epoch of {ROWS:,} clips",
            ratio=None if name == "plain PyTorch" else seconds / times["plain PyTorch"],
            to="" if name == "plain PyTorch" else "plain PyTorch",
        )
        for name, seconds in times.items()
    ]


@dataclass(frozen=True, kw_only=True)
class Made:
    """Makes a fold in whatever process asks for it."""

    clips: int

    def __call__(self) -> FoldData:
        """Make it."""
        return fold_of(self.clips)


def fitted(seeds: int, clips: int, workers: int) -> float:
    """Fit five folds. Returns the seconds that it took."""
    spec = dataclasses.replace(SYSTEM_D, conv=dataclasses.replace(LAYOUT, channels=[64, 64, 64, 64, 64]))
    with tempfile.TemporaryDirectory() as folder:
        tasks = [
            FitTask(
                name=f"{fold}-{seed}",
                load=Made(clips=clips),
                spec=spec,
                trainer=trainer_of(64, max_epochs=6, patience=6),
                classes=[str(label) for label in range(CLASSES)],
                seed=seed,
                folder=Path(folder) / f"{fold}-{seed}",
            )
            for fold in range(5)
            for seed in range(seeds)
        ]
        start = time.perf_counter()
        fit_all(tasks, workers=workers)
        return time.perf_counter() - start


def folds(seeds: int, clips: int) -> list[Row]:
    """Time five folds with one worker and with two, by wall time, the workers started already."""
    fitted(1, 64, 2)
    seconds = {workers: fitted(seeds, clips, workers) for workers in (1, 2)}
    name = f"five folds, {seeds} seed{'s' if seeds > 1 else ''}"
    best = 5 * seeds / -(-5 * seeds // 2)
    return [
        Row(what=f"{name}, one worker", seconds=seconds[1], unit="run"),
        Row(
            what=f"{name}, two workers",
            seconds=seconds[2],
            unit="run",
            ratio=seconds[1] / seconds[2],
            to="one worker (times faster)",
            target=f"of {best:.2f} at most",
        ),
    ]


def table(rows: list[Row]) -> str:
    """Write the rows as text."""
    lines = []
    for row in rows:
        said = f"{row.ratio:.2f} x {row.to}" if row.ratio is not None else ""
        said += f" (target: {row.target})" if row.target else ""
        time_s = f"{row.seconds * 1e6:9.0f} us" if row.unit == "step" else f"{row.seconds:9.1f} s "
        lines.append(f"{row.what:52s}{time_s} a {row.unit:24s}{said}".rstrip())
    for name, seconds in KERAS_S.items():
        lines.append(f"{name + ', Keras, measured elsewhere':52s}{seconds:9.1f} s  a epoch of {ROWS:,} clips")
    return "\n".join(lines)


def main() -> None:
    """Measure, print a table, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20, help="batches of 64 clips a round of the large networks")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clips", type=int, default=4000, help="training clips of each of the five folds")
    chosen = parser.parse_args()
    # FoldModule warns that it steps optimizers without a trainer; here it is meant to.
    warnings.filterwarnings("ignore", module="lightning")
    with one_thread():
        rows = [
            *small_network(chosen.rounds),
            *large_network(SYSTEM_D, PlainCNN(CLASSES), chosen.steps, chosen.rounds),
            *large_network(RECURRENT, PlainLSTM(CLASSES), chosen.steps, chosen.rounds),
        ]
    rows += [*folds(1, chosen.clips), *folds(2, chosen.clips)]
    machine = {"processor": processor(), "cores": os.cpu_count()}
    result = {"machine": machine, "rows": [dataclasses.asdict(row) for row in rows]}
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
