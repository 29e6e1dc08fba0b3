"""The search itself: an Optuna study that several processes share, and that goes on where it was stopped.

A trial holds a file lock while it works. The lock of a process that was killed is free, so that its trial is found and
queued again, at once and by whoever finds it. (Optuna's own way is a heartbeat, experimental and minutes slower.)
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock
import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from ser.config import Dimension
from ser.errors import ConfigError, SerError, StoreError
from ser.evaluation.metrics import METRICS
from ser.files import digest, locked
from ser.pipeline.prepare import Split
from ser.tuning import objective
from ser.tuning.plan import Plan

log = logging.getLogger(__name__)

AGAIN, REASON, SCORES, SAME, SECONDS = "again", "reason", "scores", "same_as", "seconds"
"""What is noted on trials: the trial whose place it takes, why it failed, the score of each fit, a trial of the same
settings whose score it takes over, and how long it took."""
ATTEMPTS = 3
SQLITE = "sqlite:///"
_PAUSE_S = 0.5
_PATIENCE_S = 60  # that a process waits for its turn to write to a SQLite file


@dataclass(frozen=True, kw_only=True)
class Search:
    """All that a process needs to take part, as plain data.

    Attributes:
        name: of the study.
        plan: how it searches.
        fixed: overrides that hold for every trial.
        space: what is searched.
        made: folds without test parts.
        metric: of `METRICS`.
        folder: of this study alone.
        storage: database URL.
    """

    name: str
    plan: Plan
    fixed: list[str]
    space: list[Dimension]
    made: Split
    metric: str
    folder: Path
    storage: str


def opened(search: Search) -> optuna.Study:
    """Open the study, made if it is new.

    Raises:
        StoreError: when the database cannot be reached.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner: optuna.pruners.BasePruner = optuna.pruners.NopPruner()
    if search.plan.pruning == "median":
        pruner = optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=search.plan.warmup_fits)
    better = StudyDirection.MAXIMIZE if METRICS[search.metric].higher_is_better else StudyDirection.MINIMIZE
    with _said_plainly(search.storage), locked(search.folder / "storage"):
        patience = {"connect_args": {"timeout": _PATIENCE_S}} if search.storage.startswith(SQLITE) else None
        return optuna.create_study(
            storage=optuna.storages.RDBStorage(search.storage, engine_kwargs=patience),
            study_name=search.name,
            pruner=pruner,
            direction=better,
            load_if_exists=True,
        )


def work(search: Search) -> None:
    """Make trials until there are as many as planned, or time is up. Several processes may do so at once.

    With nothing left to begin it waits for the trials of others here, and takes over those whose process dies.
    """
    study = opened(search)
    end = time.monotonic() + (search.plan.timeout_s or float("inf"))
    while time.monotonic() < end:
        with _next_trial(study, search) as trial:
            if trial is not None:
                _attempt(study, trial, search)
        if trial is None:
            if not _running_here(study, search):
                break
            time.sleep(_PAUSE_S)


def superseded(trials: list[FrozenTrial]) -> set[int]:
    """Number the trials whose process died and whose place another took."""
    return {trial.user_attrs[AGAIN] for trial in trials if AGAIN in trial.user_attrs}


@contextlib.contextmanager
def _next_trial(study: optuna.Study, search: Search) -> Iterator[optuna.Trial | None]:
    """Begin a trial, and hold its lock in the block; None when there is nothing to begin."""
    with _said_plainly(search.storage), locked(search.folder / "next"):
        _queue_the_dead(study, search)
        trials = study.get_trials(deepcopy=False)
        counted = len(trials) - len(superseded(trials))
        trial = None
        if counted < search.plan.trials or any(trial.state == TrialState.WAITING for trial in trials):
            # What is drawn follows from the seed and the trials before it: an interrupted search draws what an
            # uninterrupted one would have drawn, and no two processes draw the same.
            seed = int(np.random.SeedSequence([search.plan.seed, counted]).generate_state(1)[0])
            study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=search.plan.startup_trials)
            trial = study.ask({dimension.key: _distribution(dimension) for dimension in search.space})
            lock = filelock.FileLock(_lock_of(search, trial.number))
            lock.acquire()
    if trial is None:
        yield None
        return
    try:
        yield trial
    finally:
        lock.release()
        if study.trials[trial.number].state != TrialState.RUNNING:
            _lock_of(search, trial.number).unlink(missing_ok=True)


def _distribution(dimension: Dimension) -> BaseDistribution:
    if dimension.low is None or dimension.high is None:
        return CategoricalDistribution(dimension.choices)
    if dimension.step is None:
        return FloatDistribution(dimension.low, dimension.high, log=dimension.log)
    return IntDistribution(int(dimension.low), int(dimension.high), log=dimension.log, step=dimension.step)


def _lock_of(search: Search, number: int) -> Path:
    return search.folder / "running" / f"{number}.lock"


def _running_here(study: optuna.Study, search: Search) -> list[FrozenTrial]:
    """List the running trials that were begun from this folder; those of other machines are theirs to watch."""
    running = study.get_trials(deepcopy=False, states=[TrialState.RUNNING])
    return [trial for trial in running if _lock_of(search, trial.number).exists()]


def _queue_the_dead(study: optuna.Study, search: Search) -> None:
    """Queue the trials again whose process has died, each a few times at most."""
    _lock_of(search, 0).parent.mkdir(parents=True, exist_ok=True)
    for trial in _running_here(study, search):
        lock = filelock.FileLock(_lock_of(search, trial.number))
        try:
            lock.acquire(blocking=False)
        except filelock.Timeout:
            continue
        # A trial that ended since the list was made has let go of its lock too.
        ended = study.get_trials(deepcopy=False)[trial.number].state != TrialState.RUNNING
        lock.release()
        if ended:
            continue
        chain = trial.user_attrs.get("deaths", 0) + 1
        if chain < ATTEMPTS:
            study.enqueue_trial(trial.params, user_attrs={AGAIN: trial.number, "deaths": chain})
        log.warning("trial %d: its process died; %s", trial.number, "again" if chain < ATTEMPTS else "given up")
        study.tell(trial.number, state=TrialState.FAIL)


def _attempt(study: optuna.Study, trial: optuna.Trial, search: Search) -> None:
    chosen = overrides_of(trial.params)
    place = search.folder / "fits" / digest(" ".join(chosen))
    begun = time.monotonic()
    try:
        state, value = _evaluated(study, trial, search, chosen, place)
    except Exception as error:  # noqa: BLE001 - settings that do not work are a finding, and lose no other trial
        reason = str(error) if isinstance(error, SerError) else f"{type(error).__name__}: {error}"
        trial.set_user_attr(REASON, reason)
        state, value = TrialState.FAIL, None
    trial.set_user_attr(SECONDS, round(time.monotonic() - begun, 2))
    study.tell(trial, value if state == TrialState.COMPLETE else None, state=state)
    shutil.rmtree(place, ignore_errors=True)
    early = f" after {len(trial.user_attrs[SCORES])} fits, ended early" if state == TrialState.PRUNED else ""
    shown = "failed" if value is None else f"{value:.3f}{early}"
    log.info("trial %d: %s  %s", trial.number, shown, " ".join(chosen))


def _evaluated(
    study: optuna.Study, trial: optuna.Trial, search: Search, chosen: list[str], place: Path
) -> tuple[TrialState, float]:
    for other in study.get_trials(deepcopy=False, states=[TrialState.COMPLETE]):
        if other.params == trial.params and other.value is not None:
            trial.set_user_attr(SAME, other.number)
            trial.set_user_attr(SCORES, other.user_attrs[SCORES])
            return TrialState.COMPLETE, other.value
    settings = objective.trial_settings(search.fixed, chosen)
    done: list[float] = []
    fits = search.made.folds["fold"].nunique() * len(settings.seeds)
    for score in objective.scores(settings, search.made, place):
        done.append(score)
        trial.set_user_attr(SCORES, done)
        trial.report(float(np.mean(done)), len(done))
        if len(done) < fits and trial.should_prune():
            return TrialState.PRUNED, float(np.mean(done))
    return TrialState.COMPLETE, float(np.mean(done))


def overrides_of(params: dict[str, object]) -> list[str]:
    """Write the parameters of a trial as overrides."""
    return [f"{key}={value}" for key, value in params.items()]


def identity(plan: Plan, space: list[Dimension], run_id: str) -> dict[str, object]:
    """Say what makes a study this one: whatever changes what a trial is worth, or which one is drawn next.

    Args:
        plan: how it searches.
        space: what is searched.
        run_id: of the job with the first values of everything searched.
    """
    drawn = {key: getattr(plan, key) for key in ("seed", "startup_trials", "pruning", "warmup_fits")}
    return {"run": run_id, "space": [dataclasses.asdict(dimension) for dimension in space], **drawn}


@contextlib.contextmanager
def _said_plainly(storage: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise ConfigError(
            expected="a database whose driver is installed",
            received=str(error),
            where=f"tune.storage={storage}",
            fix="Install the driver (`pip install psycopg[binary]`, and write postgresql+psycopg://HOST/NAME).",
        ) from error
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise StoreError(
            expected="a database that answers and can be written",
            received=str(error).splitlines()[0],
            where=f"tune.storage={storage}",
            fix="Mend it, or choose another with tune.storage=URL; finished trials are safe.",
        ) from error
