from __future__ import annotations

import dataclasses
import functools
import operator
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ser.errors import TrainingError
from ser.models.cnn import CNN
from ser.models.mlp import MLP
from ser.training.data import FoldData
from ser.training.parallel import FitTask, fit_all
from ser.training.trainer import Trainer

Make = Callable[..., Trainer]


BROKEN = functools.partial(operator.truediv, 1, 0)
DYING = functools.partial(os._exit, 9)


def given(data: FoldData) -> Callable[[], FoldData]:
    """A loader that a worker can unpickle: it names nothing of this file."""
    return functools.partial(dataclasses.replace, data)


def task(name: str, load: Callable[[], Any], spec: Any, trainer: Trainer, folder: Path) -> FitTask:
    classes = ["angry", "happy", "sad"]
    return FitTask(name=name, load=load, spec=spec, trainer=trainer, classes=classes, seed=0, folder=folder / name)


def test_one_worker_and_two_give_the_same_bits(fold: Any, cnn: CNN, mlp: MLP, trainer: Make, tmp_path: Path) -> None:
    def tasks(folder: Path) -> list[FitTask]:
        loads = [(fold(kind="sequence"), cnn), (fold(), mlp), (fold(seed=7), mlp)]
        return [task(str(i), given(load()), spec, trainer(), folder) for i, (load, spec) in enumerate(loads)]

    alone, together = fit_all(tasks(tmp_path / "1"), workers=1), fit_all(tasks(tmp_path / "2"), workers=2)
    for one, two in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.test, two.test)
        np.testing.assert_array_equal(one.dev, two.dev)
    assert [result.folder.name for result in together] == ["0", "1", "2"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failure_does_not_lose_the_others_and_finished_ones_are_kept(
    workers: int, fold: Any, mlp: MLP, trainer: Make, tmp_path: Path
) -> None:
    tasks = [
        task("first", BROKEN, mlp, trainer(), tmp_path),
        task("second", given(fold()()), mlp, trainer(), tmp_path),
        task("third", given(fold()()), mlp, trainer(learning_rate=1e30), tmp_path),
        task("fourth", given(fold(seed=3)()), mlp, trainer(), tmp_path),
    ]
    with pytest.raises(TrainingError) as failure:
        fit_all(tasks, workers=workers)
    message = str(failure.value)
    assert "expected 4 fits to end well, but got 2 that failed" in message
    assert "first: ZeroDivisionError: division by zero" in message
    assert "third: trainer.learning_rate: expected a finite loss" in message
    assert "Traceback" in (tmp_path / "first" / "error.txt").read_text()
    assert (tmp_path / "second" / "done.json").exists()
    assert (tmp_path / "fourth" / "done.json").exists()


def test_finished_fits_load_no_data(fold: Any, mlp: MLP, trainer: Make, tmp_path: Path) -> None:
    first = fit_all([task("a", given(fold()()), mlp, trainer(), tmp_path)], workers=1)
    again = fit_all([task("a", BROKEN, mlp, trainer(), tmp_path)], workers=2)
    np.testing.assert_array_equal(first[0].test, again[0].test)


def test_a_worker_that_dies_is_reported(mlp: MLP, trainer: Make, tmp_path: Path) -> None:
    tasks = [task(name, DYING, mlp, trainer(), tmp_path) for name in ("a", "b")]
    with pytest.raises(TrainingError, match="fewer of them: workers=1"):
        fit_all(tasks, workers=2)


def test_ctrl_c_ends_the_command_and_its_workers(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import os, sys, time
        from pathlib import Path
        from ser.models.mlp import MLP
        from ser.training.parallel import FitTask, fit_all
        from ser.training.averaging import Averaging
        from ser.training.losses import Loss
        from ser.training.perturb import SpecAugment
        from ser.training.schedules import Schedule
        from ser.training.trainer import Trainer

        here = Path(sys.argv[1])

        class Endless:
            def __init__(self, here):
                self.here = here

            def __call__(self):
                import os, time
                (self.here / f"{os.getpid()}.pid").touch()
                time.sleep(600)

        masks = SpecAugment(time_masks=0, time_frames=1, time_share=1.0, frequency_masks=0, frequency_columns=1)
        trainer = Trainer(name="t", max_epochs=1, patience=1, batch_size=2, learning_rate=0.1, weight_decay=0.0,
                          gradient_clip=1.0, balance="none", copies="all", mixup_alpha=0.0, spec_augment=masks,
                          loss=Loss(focal_gamma=0.0, label_smoothing=0.0),
                          schedule=Schedule(kind="constant", warmup=0.0, floor=0.0, factor=0.5, patience=1),
                          average=Averaging(kind="none", decay=0.0, start=0.0), precision="float32",
                          accelerator="cpu", checkpoint_seconds=1.0)
        spec = MLP(name="mlp", hidden=[], dropout=0.0)
        fit_all([FitTask(name=str(i), load=Endless(here), spec=spec, trainer=trainer, classes=["a", "b"], seed=0,
                         folder=here / str(i)) for i in range(4)], workers=2)
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("*.pid"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in stderr
    workers = [int(path.stem) for path in tmp_path.glob("*.pid")]
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)
