"""The verb `train`: every fold and seed, then evaluation and tracking; what is finished is never repeated."""

from __future__ import annotations

import dataclasses
import logging
import shutil
from pathlib import Path

import pandas as pd
from omegaconf import OmegaConf

from ser.arrays import Float32
from ser.config import Settings
from ser.corpora.synth import facts_of
from ser.errors import SerError
from ser.files import locked, write_json, write_text, written_aside
from ser.models.base import NetworkSpec
from ser.pipeline import environment, evaluate, prepare, publish, runs
from ser.pipeline.loaders import loaders
from ser.pipeline.runs import RunFolder
from ser.protocol import audit as audits
from ser.training.cost import total
from ser.training.parallel import FitTask, fit_all

log = logging.getLogger(__name__)


def train(settings: Settings) -> RunFolder:
    """Train and test the model of a job on every fold, evaluate it, and log it.

    An identical finished run is not trained again (unless `rerun=true`); an unfinished one goes on where it stopped.

    Args:
        settings: the job.

    Returns:
        The run's folder.

    Raises:
        SerError: for anything the user can mend; what was finished stays.
    """
    made = prepare.split(settings)
    folder = runs.folder_of(settings, data_hash=made.data_hash, protocol_hash=made.protocol_hash)
    with locked(folder.path):
        if not folder.finished:
            _start(folder, settings, made)
            with publish.opened(folder, settings):
                _fit(folder, settings, made)
        elif settings.rerun:
            _start(folder.again, settings, made)
            _fit(folder.again, settings, made)
            _replace(folder)
            publish.forget(folder, settings)
        else:
            log.info("run %s is finished: nothing to train", folder.run_id)
        folder.join_study(settings.study)
        evaluate.evaluate_run(folder, folder.evaluation, replicates=settings.replicates)
        publish.complete(folder, settings)
    return folder


def _replace(folder: RunFolder) -> None:
    """Put the repetition of a run in its place; the studies it belongs to stay."""
    for study in folder.studies():
        folder.again.join_study(study)
    old = folder.path.with_name(f".{folder.run_id}.old")
    shutil.rmtree(old, ignore_errors=True)
    folder.path.rename(old)
    folder.again.path.rename(folder.path)
    shutil.rmtree(old)


def _start(folder: RunFolder, settings: Settings, made: prepare.Split) -> None:
    """Write what the run is, so that everything after the training needs this folder alone."""
    write_text(folder.config, OmegaConf.to_yaml(settings.config, resolve=True))
    write_text(folder.environment, environment.describe())
    own = settings.config.path
    place = {"data_dir": str(settings.data_dir.resolve()), "path": str(Path(own).resolve()) if own else None}
    write_json(folder.place, place)
    with written_aside(folder.folds) as aside:
        made.folds.to_parquet(aside, index=False)
    write_json(folder.audit, prepare.audit_record(_audit(settings, made)))
    with written_aside(folder.utterances) as aside:
        made.utterances.drop(columns="file").to_parquet(aside, index=False)
    write_json(folder.path / "dropped.json", made.dropped.to_dict("records"))
    notices = settings.features.notices(list(settings.corpora))
    for notice in notices:
        log.warning("%s", notice)
    write_json(
        folder.record,
        {
            "format": runs.FORMAT,
            "run_id": folder.run_id,
            "name": runs.name_of(settings),
            "corpora": {name: _facts(settings, name) for name in settings.corpora},
            "features": settings.features.name,
            "notices": notices,
            "augment": settings.augment.name,
            "model": settings.model.name,
            "seeds": settings.seeds,
            "overrides": settings.overrides,
            "chosen_on": _choice(settings),
            "code_version": runs.code_of(settings),
            "data_hash": made.data_hash,
            "protocol": made.protocol,
        },
    )


def _audit(settings: Settings, made: prepare.Split) -> audits.Audit:
    """Audit the folds once more, now with the augmented copies that the training part will hold."""
    if not settings.augment.variants:
        return made.audit
    copies = made.folds[made.folds["part"] == "train"]
    audit = audits.audit(made.folds, made.utterances, copies)
    audits.check(audit, settings.protocol)
    return audit


def _choice(settings: Settings) -> str:
    if isinstance(settings.model, NetworkSpec):
        return "fitted on the training part; the epoch with the best development UAR is tested"
    return "nothing is chosen on the development part, so the model that is tested is fitted on it too"


def _facts(settings: Settings, name: str) -> dict[str, object]:
    corpus = settings.corpora[name]
    facts = facts_of(corpus, corpus.root(settings.data_dir, settings.work_dir))
    return {
        "title": facts.title,
        "language": facts.language,
        "licence": facts.licence,
        "citation": facts.citation,
        "benchmark": facts.benchmark,
    }


def _fit(folder: RunFolder, settings: Settings, made: prepare.Split) -> None:
    tasks, tested = [], {}
    for fold, loader, test_ids in loaders(settings, made):
        for seed in settings.seeds:
            place = folder.fit(fold, seed)
            tasks.append(
                FitTask(
                    name=place.name,
                    load=loader,
                    spec=settings.model,
                    trainer=settings.trainer,
                    classes=made.classes,
                    seed=seed,
                    folder=place,
                )
            )
            tested[place] = (fold, seed, test_ids)
    try:
        results = fit_all(tasks, workers=settings.workers)
    except SerError as error:
        write_json(folder.failure, {"reason": str(error)})
        raise
    tables = [_predictions(result.test, made, *tested[result.folder]) for result in results]
    predictions = pd.concat(tables).sort_values(["seed", "fold", "utterance_id"], ignore_index=True)
    folder.failure.unlink(missing_ok=True)
    write_json(folder.cost, dataclasses.asdict(total([result.cost for result in results])))
    with written_aside(folder.predictions) as aside:
        predictions.to_parquet(aside, index=False)


def _predictions(probabilities: Float32, made: prepare.Split, fold: int, seed: int, ids: list[str]) -> pd.DataFrame:
    truth = made.utterances.set_index("utterance_id")["label"]
    chosen = [made.classes[index] for index in probabilities.argmax(axis=1)]
    columns = {f"p_{name}": probabilities[:, column] for column, name in enumerate(made.classes)}
    return pd.DataFrame(
        {
            "utterance_id": ids,
            "fold": fold,
            "seed": seed,
            "y_true": truth.loc[ids].to_numpy(),
            "y_pred": chosen,
            **columns,
        }
    )
