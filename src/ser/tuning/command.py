"""The verb `tune`: from overrides to the best settings found."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ser import apart, config
from ser.config import Dimension, Settings
from ser.errors import ConfigError, SerError
from ser.extras import required
from ser.files import digest, locked
from ser.pipeline import prepare, runs, steps
from ser.tuning import objective
from ser.tuning.plan import Plan, plan_of

if TYPE_CHECKING:
    from ser.tuning.study import Search

log = logging.getLogger(__name__)

READY = ("ser.tuning.study", "ser.training.fit", "ser.training.network", "ser.models.estimator_files")
"""What the processes of trials are forked with."""


def run(arguments: Sequence[str]) -> int:
    """Search for the settings with the best development score, and print the command that trains them.

    Args:
        arguments: overrides; those with a sweep are searched, those under `tune` say how.

    Returns:
        The exit code.

    Raises:
        SerError: before any trial for names, keys and values that do not fit; afterwards when none was completed.
    """
    required("optuna", extra="tune", where="ser tune")
    flags = [argument for argument in arguments if argument.startswith("-")]
    if flags:
        raise ConfigError(
            expected="overrides only",
            received=flags[0],
            where="command line",
            fix="A search tries many values by itself: write model.dropout=0.1,0.3 or model.dropout=interval(0,0.6).",
        )
    plan, overrides = plan_of(arguments)
    fixed, space = config.search_space(overrides)
    settings = _checked(fixed, space)
    print(_search(plan, fixed, space, settings))
    return 0


def _checked(fixed: list[str], space: list[Dimension]) -> Settings:
    """Build the job at every choice and at both ends of every range, and give the one of all first values."""
    if not space:
        raise ConfigError(
            expected="settings to search",
            received="single values only",
            where="ser tune",
            fix="Write one as a sweep, such as 'model.dropout=interval(0,0.6)', or choose tune=network.",
        )
    firsts = {dimension.key: dimension.ends()[0] for dimension in space}
    for dimension in space:
        for value in dimension.ends():
            chosen = firsts | {dimension.key: value}
            steps.check(_settings(fixed, chosen), needs_model=True)
    return _settings(fixed, firsts)


def _settings(fixed: list[str], chosen: dict[str, str]) -> Settings:
    return config.load([*fixed, *(f"{key}={value}" for key, value in chosen.items())])


def _work(search: Search, workers: int) -> None:
    """Make the trials, in this process or in several of their own, of which one that dies stops no other."""
    from ser.tuning import study

    if workers == 1:
        study.work(search)
        return
    with contextlib.ExitStack() as running:
        processes = [running.enter_context(apart.started(_take_part, search, ready=READY)) for _ in range(workers)]
        for process in processes:
            process.join()
    for process in processes:
        if process.exitcode != 0:
            log.warning("a process of the search was %s", apart.ending(process.exitcode))


def _take_part(search: Search) -> None:
    from ser.tuning import study

    try:
        study.work(search)
    except SerError as error:
        print(f"ser: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(2)


def _search(plan: Plan, fixed: list[str], space: list[Dimension], settings: Settings) -> str:
    from ser.tuning import report, study

    made = prepare.split(settings)
    inner = objective.without_test(made)
    prepare.features(settings, inner)
    job = runs.folder_of(settings, data_hash=made.data_hash, protocol_hash=made.protocol_hash)
    name = f"{settings.study}-{digest(study.identity(plan, space, job.run_id), 8)}"
    folder = settings.work_dir.resolve() / "tune" / name
    folder.mkdir(parents=True, exist_ok=True)
    search = study.Search(
        name=name,
        plan=plan,
        fixed=fixed,
        space=space,
        made=inner,
        metric=settings.protocol.metric,
        folder=folder,
        storage=plan.storage or f"{study.SQLITE}{folder / 'study.db'}",
    )
    log.info("search %s: %d settings, %d trials; see %s", name, len(space), plan.trials, search.folder)
    _work(search, min(settings.workers, plan.trials))
    with locked(search.folder / "report"):
        result = report.found(study.opened(search), search)
        files = report.write(result, search.folder)
        report.track(result, files, settings, f"tune {runs.name_of(settings)}")
    return report.text(result, search.folder, objective.tested_elsewhere(made))
