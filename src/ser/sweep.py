"""Running a verb once or over a sweep.

Everything is checked before anything starts. Whatever launcher runs the jobs of a sweep, each works in a process of its
own, so that one that fails, or is killed, never loses the others.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from ser import apart, config
from ser.errors import ConfigError, SerError
from ser.files import read_json, write_json, write_text
from ser.paths import conf_dir
from ser.pipeline import steps

log = logging.getLogger(__name__)

OUTCOME = "outcome.json"
READY = (
    *("ser.pipeline.train", "ser.pipeline.evaluate", "ser.tracking.store"),
    *("ser.training.network", "ser.models.estimator_files"),
)
"""What the processes of jobs are forked with."""


def run(verb: str, arguments: Sequence[str], *, needs_model: bool) -> int:
    """Run a verb for the jobs that its arguments name.

    Args:
        verb: a name of `ser.pipeline.steps.VERBS`.
        arguments: Hydra's flags and overrides.
        needs_model: whether the pairing of model and features matters to this verb.

    Returns:
        The exit code: 0, or 1 when a job of a sweep failed.

    Raises:
        SerError: before any work when a job is misconfigured, or when the only job fails.
    """
    options = _parser(verb).parse_args(list(arguments))
    if options.cfg:
        print(OmegaConf.to_yaml(config.compose(options.overrides)), end="")
        return 0
    jobs = _jobs(options)
    for job in jobs:
        settings = config.load(job)
        steps.check(settings, needs_model=needs_model)
    if not options.multirun:
        print(steps.VERBS[verb](settings))
        return 0
    return _run_sweep(verb, options.overrides, jobs, settings.work_dir)


def _parser(verb: str) -> argparse.ArgumentParser:
    """Take the few of Hydra's flags that mean something here, and refuse the rest rather than ignore them."""
    parser = argparse.ArgumentParser(prog=f"ser {verb}", add_help=False, allow_abbrev=False)
    parser.add_argument("-m", "--multirun", action="store_true")
    parser.add_argument("--cfg", "-c", choices=["job"])
    parser.add_argument("overrides", nargs="*")
    return parser


def _jobs(options: argparse.Namespace) -> list[list[str]]:
    if options.multirun:
        return config.expand(options.overrides)
    for override in config.parse(options.overrides):
        if override.is_sweep_override():
            raise ConfigError(
                expected="one value",
                received=str(override.input_line),
                where="command line",
                fix="Add -m to run every value, or write [a,b] for several at once.",
            )
    return [list(options.overrides)]


def _run_sweep(verb: str, overrides: Sequence[str], jobs: list[list[str]], work_dir: Path) -> int:
    folder = work_dir / "outputs" / "multirun" / f"{time.strftime('%Y-%m-%d_%H-%M-%S')}-{os.getpid()}"
    print(f"ser {verb}: {len(jobs)} jobs", file=sys.stderr)
    try:
        _hydra_main(verb, ["--multirun", *overrides, f"hydra.sweep.dir='{folder}'"])
    except Exception as error:  # noqa: BLE001 - whatever a launcher stumbles over, what its jobs left is told
        log.warning("the launcher gave up: %s: %s", type(error).__name__, error)
    finally:
        outcomes = [_outcome(folder / str(number), job) for number, job in enumerate(jobs)]
        failed = [outcome for outcome in outcomes if outcome["status"] != "finished"]
        print(f"{len(outcomes) - len(failed)} of {len(outcomes)} jobs finished.", file=sys.stderr)
        for outcome in failed:
            print(f"  {' '.join(outcome['job'])}: {outcome['status']}: {outcome['reason']}", file=sys.stderr)
        if failed:
            print("Run the same command again: finished jobs are not repeated.", file=sys.stderr)
    return 1 if failed else 0


def _outcome(folder: Path, job: list[str]) -> dict[str, Any]:
    try:
        return {"job": job, **read_json(folder / OUTCOME)}
    except SerError:
        return {"job": job, "status": "not started", "reason": "the sweep ended before its turn"}


def _hydra_main(verb: str, arguments: Sequence[str]) -> None:
    """Hand over to Hydra, which owns flags, launchers and sweepers; errors come back as exceptions."""
    os.environ["HYDRA_FULL_ERROR"] = "1"
    before, sys.argv = sys.argv, ["ser", *arguments]
    try:
        hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(_Job(verb))()
    finally:
        sys.argv = before


class _Job:
    """One job of a sweep, as launchers call it: picklable, and its failure is a result."""

    def __init__(self, verb: str) -> None:
        self.verb = verb
        # hydra.main reads these of the function it wraps.
        self.__name__ = verb
        self.__code__ = run.__code__
        self.__module__ = __name__

    def __call__(self, cfg: DictConfig) -> None:
        hydra_node = HydraConfig.get()
        number, overrides = hydra_node.job.get("num", 0), list(hydra_node.overrides.task)
        plain = {key: value for key, value in cfg.items_ex(resolve=False) if key != "hydra"}
        resolved = OmegaConf.to_container(OmegaConf.create(plain), resolve=True)
        outcome = Path(hydra_node.runtime.output_dir) / OUTCOME
        print(f"[{number + 1}] {' '.join(overrides)}", file=sys.stderr)
        work_apart(self.verb, resolved, overrides, outcome)


def work_apart(verb: str, plain: Any, overrides: list[str], outcome: Path) -> dict[str, Any]:  # noqa: ANN401 - OmegaConf's
    """Do one job in a process of its own.

    Args:
        verb: a name of `ser.pipeline.steps.VERBS`.
        plain: the resolved configuration.
        overrides: what the user wrote.
        outcome: the file that gets, and keeps whatever kills the process, how it ended.

    Returns:
        `status` ("finished" when it went well) and `reason`.
    """
    with apart.started(_work, verb, plain, overrides, outcome, ready=READY) as process:
        process.join()
    if process.exitcode == apart.EXIT_INTERRUPTED:
        raise KeyboardInterrupt
    if process.exitcode != 0:
        write_json(outcome, {"status": "killed", "reason": f"its process was {apart.ending(process.exitcode)}"})
    ended: dict[str, Any] = read_json(outcome)
    return ended


def _work(verb: str, plain: dict[str, Any], overrides: list[str], outcome: Path) -> None:
    """Do a job and leave its outcome, whatever happens short of a kill."""
    write_json(outcome, {"status": "no result", "reason": "it did not end", "pid": os.getpid()})
    try:
        print(steps.VERBS[verb](config.Settings(OmegaConf.create(plain), overrides)), flush=True)
    except SerError as error:
        print(f"ser: {type(error).__name__}: {error}", file=sys.stderr)
        write_json(outcome, {"status": "failed", "reason": str(error)})
    except Exception as error:  # noqa: BLE001 - a fault of ours in one job must not lose the others
        report = outcome.with_name("error.txt")
        write_text(report, traceback.format_exc())
        write_json(outcome, {"status": "failed", "reason": f"{type(error).__name__}: {error} (see {report})"})
    else:
        write_json(outcome, {"status": "finished", "reason": ""})
