"""What training takes, beside plain PyTorch and Keras: the same steps in alternation, on one thread.

Run by `make bench-training`, or by hand:  python benchmarks/training.py [--keras PYTHON] [--steps N]

Every row is the median of the rounds of processor time (of wall time where several processes work), and its ratio to
the row that it names. Keras trains in a process of its own, which waits while others are timed. The figures are
written to `benchmarks/training.json`, and as a table into the README.
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

import torch
from beside_keras import Keras, beside_keras
from plain_training import PlainCNN, PlainLSTM, plain_epoch
from readme import write_table
from threadpoolctl import threadpool_limits
from torch import nn
from training_jobs import CLASSES, WIDTH, Made, fold_of, our_epoch, trainer_of, whole_fit
from training_table import RESULT, Row, table

from ser.config import load
from ser.errors import ConfigError
from ser.models.base import NetworkSpec
from ser.models.lstm import LSTM
from ser.models.mlp import MLP
from ser.pipeline.environment import processor
from ser.training import hardware
from ser.training.parallel import FitTask, fit_all

ROWS, BATCH = 36_000, 64

SMALL = MLP(name="small", hidden=[32], dropout=0.0)
SYSTEM_D = load(["model=four_corpora_cnn"]).model
RECURRENT = LSTM(
    name="LSTM(256)", values_per_step=1, units=[256], bidirectional=False, pooling="last", hidden=[], dropout=0.0
)


def timed(job: Callable[[], None]) -> Callable[[], float]:
    """Make a job return the processor time that it took, in seconds."""

    def seconds() -> float:
        start = time.process_time()
        job()
        return time.process_time() - start

    return seconds


def alternating(jobs: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Run each job once to warm up, then all in turn. Returns the median of the seconds that each says it took."""
    for job in jobs.values():
        job()
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            times[name].append(job())
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
        times = alternating({"plain": timed(repeated), "ser": timed(whole_fit(SMALL, data, trainer))}, rounds)
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
                target="at most 1.25" if clips > 1000 else "",
            )
        )
    return rows


@dataclass(frozen=True, kw_only=True)
class Contest:
    """A network that computes much, as three libraries train it.

    Attributes:
        name: in words, and in Keras' process.
        spec: ours.
        plain: as one writes it in PyTorch.
        targets: what ours, by precision, is to keep to beside Keras.
    """

    name: str
    spec: NetworkSpec
    plain: nn.Module
    targets: dict[str, str]


CONTESTS = [
    Contest(
        name="system D's CNN",
        spec=SYSTEM_D,
        plain=PlainCNN(CLASSES),
        targets={"float32": "at most 1.00", "bf16": "at most 0.65"},
    ),
    Contest(name="LSTM(256)", spec=RECURRENT, plain=PlainLSTM(CLASSES), targets={"float32": "at most 1.00"}),
]


def large_network(contest: Contest, keras: Keras | None, steps: int, rounds: int) -> list[Row]:
    """Time the steps of a large network, in float32 and, where the processor has it, in bfloat16."""
    data, trainer = fold_of(BATCH * steps), trainer_of(BATCH)
    plain = plain_epoch(contest.plain, data.train.values, data.train_labels, BATCH)
    jobs = {"plain PyTorch": timed(plain), "float32": timed(our_epoch(contest.spec, data, trainer))}
    half = dataclasses.replace(trainer, precision="bf16")
    try:
        hardware.check(half)
        jobs["bf16"] = timed(our_epoch(contest.spec, data, half))
    except ConfigError as error:
        print(error)
    yardstick = "plain PyTorch"
    if keras is not None:
        yardstick = "Keras"
        jobs = {yardstick: lambda: keras.seconds(contest.name, steps), **jobs}
    seconds = alternating(jobs, rounds)
    return [
        Row(
            what=f"{contest.name}, {name}",
            seconds=taken * ROWS / (BATCH * steps),
            unit=f"epoch of {ROWS:,} clips",
            ratio=None if name == yardstick else taken / seconds[yardstick],
            to="" if name == yardstick else yardstick,
            target=contest.targets.get(name, "") if yardstick == "Keras" else "",
        )
        for name, taken in seconds.items()
    ]


def fitted(seeds: int, clips: int, workers: int) -> float:
    """Fit five folds. Returns the seconds that it took."""
    spec = dataclasses.replace(SYSTEM_D, conv=dataclasses.replace(SYSTEM_D.conv, channels=[64] * 5))
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
    """Time five folds with one worker and with two, by wall time, the workers started already.

    Five fits on two cores end after three, so that two workers are 5/3 times as fast at most; ten end after five.
    """
    fitted(1, BATCH, 2)
    seconds = {workers: fitted(seeds, clips, workers) for workers in (1, 2)}
    name = f"five folds, {seeds} seed{'s' if seeds > 1 else ''}"
    fits = 5 * seeds
    best = fits / -(-fits // 2)
    return [
        Row(what=f"{name}, one worker", seconds=seconds[1], unit="run"),
        Row(
            what=f"{name}, two workers",
            seconds=seconds[2],
            unit="run",
            ratio=seconds[1] / seconds[2],
            to="faster than one worker",
            target=f"{'at least 1.80; ' if best > 1.8 else ''}even work: {best:.2f}",
        ),
    ]


def main() -> None:
    """Measure, print a table, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keras", type=Path, default=None, help="an interpreter that has Keras and TensorFlow")
    parser.add_argument("--steps", type=int, default=20, help="batches of 64 clips a round of the large networks")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clips", type=int, default=4000, help="training clips of each of the five folds")
    chosen = parser.parse_args()
    # FoldModule warns that it steps optimizers without a trainer; here it is meant to.
    warnings.filterwarnings("ignore", module="lightning")
    versions = {"torch": str(torch.__version__)}
    with threadpool_limits(1), beside_keras(chosen.keras) as keras:
        torch.set_num_threads(1)
        rows = small_network(chosen.rounds)
        for contest in CONTESTS:
            rows += large_network(contest, keras, chosen.steps, chosen.rounds)
        if keras is not None:
            versions |= keras.versions
    rows += [*folds(1, chosen.clips), *folds(2, chosen.clips)]
    machine = {"processor": processor(), "cores": os.cpu_count()}
    result = {"machine": machine, "versions": versions, "rows": [dataclasses.asdict(row) for row in rows]}
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    write_table(RESULT, table(result))
    print(table(result))


if __name__ == "__main__":
    main()
