"""`ser reproduce`: the runs of a study again, and its committed numbers beside those of now."""

from __future__ import annotations

import dataclasses
import datetime
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from ser import config
from ser.config import Settings
from ser.errors import ConfigError, one_of
from ser.evaluation.study import Study
from ser.evaluation.study_page import page
from ser.evaluation.study_results import (
    Job,
    Results,
    RunResults,
    compared,
    comparison_table,
    scored,
    what_changed,
)
from ser.files import read_json, write_json, write_text
from ser.paths import experiments_dir
from ser.pipeline import environment, prepare, runs, steps, train
from ser.pipeline.runs import RunFolder

log = logging.getLogger(__name__)

STUDY, RESULTS, PAGE = "study.yaml", "results.json", "README.md"

Form = TypeVar("Form", Study, Results)


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """How a repetition of a study ended.

    Attributes:
        met: whether every number lies within its tolerance of the committed one.
        text: the comparison, for the terminal.
    """

    met: bool
    text: str


def studies() -> list[str]:
    """List the studies that come with `ser`."""
    return sorted(path.parent.name for path in experiments_dir().glob(f"*/{STUDY}"))


def folder_of(study: str) -> Path:
    """Find the folder of a study.

    Args:
        study: a name that :func:`studies` lists, or the path of a folder with a `study.yaml` of one's own.

    Raises:
        ConfigError: when it is neither; the known ones are listed, nearest first.
    """
    if (Path(study) / STUDY).is_file():
        return Path(study).resolve()
    one_of(study, studies(), what=f"a study, or a folder with a {STUDY}", where="ser reproduce")
    return experiments_dir() / study


def read_study(folder: Path) -> Study:
    """Read what a study asks.

    Raises:
        ConfigError: when `study.yaml` does not say what a study needs.
    """
    file = folder / STUDY
    try:
        plain = OmegaConf.to_container(OmegaConf.load(file), resolve=True)
    except (OSError, UnicodeDecodeError, YAMLError, OmegaConfBaseException) as error:
        raise ConfigError(
            expected="YAML", received=str(error), where=file, fix="Mend what the message names."
        ) from error
    return _checked(Study, plain, file, f"Mend it; the studies in {experiments_dir()} show the form.")


def read_results(folder: Path) -> Results | None:
    """Read the committed numbers of a study; None when it has none yet.

    Raises:
        SerError: when `results.json` is not what `--accept` writes.
    """
    file = folder / RESULTS
    fix = "Delete it; `ser reproduce` with --accept writes it again."
    return _checked(Results, read_json(file), file, fix) if file.is_file() else None


def _checked(form: type[Form], plain: object, file: Path, fix: str) -> Form:
    if not isinstance(plain, dict):
        raise ConfigError(expected="keys with values", received=plain, where=file, fix=fix)
    try:
        return config.checked(form, plain, "", fix)
    except ConfigError as error:
        raise ConfigError(
            expected=error.expected, received=error.received, where=f"{file}: {error.where}", fix=error.fix
        ) from error


def reproduce(study: str, *, work_dir: Path, data_dir: Path | None, workers: int | None, accept: bool) -> Reproduction:
    """Do the runs of a study that are not finished, and compare all its numbers.

    Args:
        study: as for :func:`folder_of`.
        work_dir: where the runs go; those that are finished there are not repeated.
        data_dir: holds the corpora; None takes the usual place.
        workers: processes; None takes one a core.
        accept: whether the numbers of now become the committed ones: `results.json` and the page are written.

    Raises:
        SerError: for a study, a run or data that the user can mend; what was finished stays.
    """
    folder = folder_of(study)
    asked, committed = read_study(folder), read_results(folder)
    place = {"work_dir": str(work_dir), "study": folder.name, "workers": workers}
    place |= {} if data_dir is None else {"data_dir": str(data_dir)}
    jobs = {name: _jobs([*asked.overrides, *run.overrides], place) for name, run in asked.runs.items()}
    notes = _other_data(jobs, committed)
    for note in notes:
        log.warning("%s", note)
    now = Results(
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        made_with=environment.movers(),
        runs={name: _run(name, found) for name, found in jobs.items()},
    )
    rows = compared(asked, committed, now)
    if accept:
        write_json(folder / RESULTS, dataclasses.asdict(now))
        write_text(folder / PAGE, page(folder.name, asked, now))
        met, ending = True, [f"accepted: {folder / RESULTS} and {folder / PAGE} are written"]
    else:
        met = all(row.met for row in rows)
        ending = _ending(met, committed, now)
    return Reproduction(met=met, text="\n".join([*notes, comparison_table(rows), *ending]))


def _jobs(overrides: Sequence[str], place: Mapping[str, object]) -> list[Settings]:
    """Compose the jobs of a run and check them all, so that nothing starts when one cannot work."""
    jobs = []
    for job in config.expand(overrides):
        composed = config.compose(job)
        composed.update(place)
        jobs.append(config.Settings(composed, job))
        steps.check(jobs[-1], needs_model=True)
    return jobs


def _other_data(jobs: Mapping[str, Sequence[Settings]], committed: Results | None) -> list[str]:
    """Say of which runs the data are others than those of the committed numbers."""
    notes = []
    for name, found in jobs.items():
        then = committed.runs.get(name) if committed else None
        now = prepare.split(found[0]).data_hash
        if then and then.data_hash != now:
            notes.append(f"OTHER DATA: {name} is made of data {now}, its committed numbers of {then.data_hash}.")
    return notes


def _run(name: str, jobs: Sequence[Settings]) -> RunResults:
    """Do what is not finished of a run, and gather its numbers."""
    folders = []
    for number, settings in enumerate(jobs, start=1):
        log.info("%s: %d of %d", name, number, len(jobs))
        folders.append(train.train(settings))
    shared = set(jobs[0].overrides).intersection(*(job.overrides for job in jobs))
    record, summary = runs.read(folders[0]), read_json(folders[0].summary)
    protocol = record["protocol"]
    return RunResults(
        protocol=protocol["words"],
        chosen_on=record["chosen_on"],
        verdict=protocol["verdict"],
        data_hash=record["data_hash"],
        utterances=protocol["utterances"],
        speakers=protocol["speakers"],
        majority_accuracy=summary["baselines"]["majority"]["accuracy"],
        jobs=[
            _job(folder, [override for override in settings.overrides if override not in shared])
            for folder, settings in zip(folders, jobs, strict=True)
        ],
    )


def _job(folder: RunFolder, own: list[str]) -> Job:
    protocol = runs.read(folder)["protocol"]
    predictions, utterances, folds = (
        pd.read_parquet(file) for file in (folder.predictions, folder.utterances, folder.folds)
    )
    return Job(
        settings=own,
        run_id=folder.run_id,
        protocol_hash=protocol["hash"],
        interval=read_json(folder.summary)["uar_interval"],
        **scored(predictions, utterances, folds, protocol["classes"]),
    )


def _ending(met: bool, committed: Results | None, now: Results) -> list[str]:
    if committed is None:
        return ["There are no committed numbers yet: `--accept` makes these the committed ones."]
    if met:
        return ["Every number lies within its tolerance."]
    changed = what_changed(committed.made_with, now.made_with)
    return ["NOT reproduced.", *(changed or ["Machine and packages are those of the committed numbers."])]
