"""Many fits side by side, one thread each."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from joblib.externals.loky.process_executor import TerminatedWorkerError

from ser.errors import SerError, TrainingError
from ser.files import write_text
from ser.models.base import ModelSpec
from ser.pool import unordered
from ser.progress import track
from ser.training.data import FoldData
from ser.training.fit import finished, fit
from ser.training.result import FitResult
from ser.training.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class FitTask:
    """One model on one fold with one seed, as plain data that travels to a worker process.

    Attributes:
        name: for messages ("fold-01-seed-0").
        load: gives the fold's data; called in the worker, so that features are mapped there and not sent.
        spec: the model.
        trainer: how networks are trained.
        classes: class names; label i is `classes[i]`.
        seed: of everything random.
        folder: of this fit alone.
    """

    name: str
    load: Callable[[], FoldData]
    spec: ModelSpec
    trainer: Trainer
    classes: list[str]
    seed: int
    folder: Path


def fit_all(tasks: Sequence[FitTask], *, workers: int) -> list[FitResult]:
    """Run fits, those already finished excepted.

    Args:
        tasks: the fits; each has its own folder.
        workers: processes; with 1 (or one task) everything runs in this one. The results do not depend on it.

    Returns:
        The results, in the order of the tasks.

    Raises:
        TrainingError: when fits failed, after all others have ended well.
    """
    done: dict[int, FitResult] = {}
    failures: dict[int, str] = {}
    with contextlib.closing(_outcomes(tasks, workers)) as outcomes:
        for index, outcome in track(outcomes, total=len(tasks), what="training"):
            if isinstance(outcome, str):
                failures[index] = outcome
            else:
                done[index] = outcome
    if failures:
        reasons = "\n".join(f"  {tasks[index].name}: {failures[index]}" for index in sorted(failures))
        raise TrainingError(
            expected=f"{len(tasks)} fits to end well",
            received=f"{len(failures)} that failed:\n{reasons}\n",
            where="training",
            fix="Mend the cause and run the same command again: what was finished is kept.",
        )
    return [done[index] for index in range(len(tasks))]


def _outcomes(tasks: Sequence[FitTask], workers: int) -> Generator[tuple[int, FitResult | str], None, None]:
    """Yield a result, or the reason of a failure, as each task ends."""
    waiting = []
    for index, task in enumerate(tasks):
        found = finished(task.spec, task.trainer, classes=task.classes, seed=task.seed, folder=task.folder)
        if found is not None:
            yield index, found
        else:
            waiting.append((index, task))
    try:
        yield from unordered(_attempted, waiting, workers=workers)
    except TerminatedWorkerError as error:
        raise TrainingError(
            expected="worker processes to live until their fits end",
            received="one that was killed (most often for want of memory)",
            where="workers",
            fix=f"Run the same command again with fewer of them: workers={max(1, workers // 2)}.",
        ) from error


def _attempted(numbered: tuple[int, FitTask]) -> tuple[int, FitResult | str]:
    index, task = numbered
    try:
        return index, fit(
            task.load(), task.spec, task.trainer, classes=task.classes, seed=task.seed, folder=task.folder
        )
    except SerError as error:
        return index, str(error)
    except Exception as error:  # noqa: BLE001 - a fault of ours in one fit must not lose the others
        report = task.folder / "error.txt"
        write_text(report, traceback.format_exc())
        return index, f"{type(error).__name__}: {error} (see {report})"
