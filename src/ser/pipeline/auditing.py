"""`ser audit`: the leaks of anybody's split, and of a run with the models it left."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from ser.arrays import Float32, Float64
from ser.config import Settings
from ser.errors import DataError, SerError
from ser.paths import store_dir
from ser.pipeline import lookup, runs, statistics_files
from ser.pipeline.runs import RunFolder
from ser.protocol import fitted, foreign, leaks, origins
from ser.protocol.leaks import ALL_FOLDS, LEAK, NOTE, Leaks


@dataclass(frozen=True, kw_only=True)
class Question:
    """What to audit beside the table.

    Attributes:
        corpora: ids of the corpora that the names are of; none: those that the names begin with.
        data_dir: holds these corpora, whose audio is scanned then; None: their names alone are read.
        work_dir: where scans are kept.
        statistics: a file of means and standard deviations to be judged; None for none.
        features: the features that they were taken of; None where there are none to judge.
        alarm: kinds of `ser.protocol.leaks.NOTES` that count as leaks.
    """

    corpora: Sequence[str]
    data_dir: Path | None
    work_dir: Path
    statistics: Path | None
    features: Path | None
    alarm: Collection[str]


def audit_file(file: Path, question: Question) -> Leaks:
    """Audit a split in a file.

    Raises:
        SerError: when a file cannot be read, or a corpus cannot be scanned.
    """
    rows = foreign.read(file)
    known = lookup.lookup(rows["name"].unique(), question.corpora, question.data_dir, question.work_dir)
    resolved = origins.resolve(rows, known)
    found = leaks.find(resolved, question.alarm)
    extra = list(_unmatched(resolved)) if resolved["matched"].any() or question.corpora else []
    if question.statistics is not None and question.features is not None:
        extra += _judged(resolved, question.statistics, question.features)
    return found.with_findings(extra)


def audit_run(folder: RunFolder, alarm: Collection[str] = ()) -> Leaks:
    """Audit a run: its folds, by what its model was chosen, and of which clips its models took their statistics.

    Raises:
        StoreError: when files of the run are missing.
    """
    record = runs.read(folder)
    folds, utterances = pd.read_parquet(folder.folds), pd.read_parquet(folder.utterances)
    facts = utterances.rename(columns={"pcm_sha256": "audio", "sha256": "file"})
    columns = ["utterance_id", "corpus", "speaker", "session", "text_id", "audio", "file", "label"]
    rows = folds.merge(facts[columns], on="utterance_id").rename(columns={"utterance_id": "name"})
    rows = rows.assign(
        fold=rows["fold"].astype(str), utterance=rows["name"], origin=rows["name"], copy=False, matched=True
    )
    rows = rows.assign(
        parent=None, model_chosen_on=record["chosen_on"], scaler_fitted_on=None, features_selected_on=None
    )
    more: list[leaks.Row] = []
    if record["protocol"]["transductive"]:
        more.append(
            (NOTE, "transductive", ALL_FOLDS, "test", int(rows["fold"].nunique()), record["protocol"]["warning"])
        )
    try:
        more += _of_models(folder, folds, utterances, record["protocol"]["classes"])
    except SerError as error:
        more.append((NOTE, "scaler", ALL_FOLDS, "train/test", 0, f"not checked: {error}"))
    return leaks.find(rows, alarm).with_findings(more)


def _unmatched(rows: pd.DataFrame) -> Iterator[leaks.Row]:
    names = sorted(rows.loc[~rows["matched"], "name"].unique())
    if names:
        yield NOTE, "unmatched", ALL_FOLDS, "any", len(names), ", ".join(names[:3])


def _judged(rows: pd.DataFrame, statistics: Path, features: Path) -> list[leaks.Row]:
    """Say of which parts the statistics of a file are."""
    names, values = statistics_files.features(features)
    found = statistics_files.statistics(statistics)
    utterance = dict(zip(rows["name"].map(origins.plain), rows["utterance"], strict=True))
    meant = [utterance.get(origins.plain(name)) for name in names]
    place = pd.Series(np.arange(len(names)), index=pd.Index(meant)).groupby(level=0).first()
    findings: list[leaks.Row] = []
    for fold, inside in rows.groupby("fold", sort=False):
        mean, scale = _of_fold(found, str(fold), values.shape[1], statistics)
        parts = {
            str(part): values[place.reindex(members["utterance"].unique()).dropna().astype(int)]
            for part, members in inside.groupby("part")
        }
        if not len(parts.get("train", ())):
            raise DataError(
                expected="features of the training utterances",
                received=f"none for fold {fold}",
                where=features,
                fix="Name the utterances in the first column as the split does.",
            )
        findings += _verdict(str(fold), mean, scale, parts, str(statistics.name))
    return findings


def _of_fold(found: statistics_files.Statistics, fold: str, width: int, where: Path) -> tuple[Float64, Float64]:
    pair = found.get(fold, found.get(ALL_FOLDS))
    if pair is None or len(pair[0]) != width:
        raise DataError(
            expected=f"means of {width} features for fold {fold}",
            received="none" if pair is None else f"means of {len(pair[0])}",
            where=where,
            fix="Give the statistics of the same features, for every fold or for all at once.",
        )
    return pair


def _verdict(fold: str, mean: Float64, scale: Float64, parts: Mapping[str, Float32], what: str) -> Iterator[leaks.Row]:
    fit = fitted.origin(mean, scale, parts)
    if fit.leaks:
        shown = f"{what} is of {fit.parts} (the training part alone is {fit.train_distance:.2g} deviations off)"
        yield LEAK, "scaler", fold, "train/test", len(mean), shown
    elif not fit.certain:
        shown = f"{what} fits no part exactly; nearest: {fit.parts}, {fit.distance:.2g} deviations off"
        yield NOTE, "scaler", fold, "train/test", len(mean), shown


def _of_models(
    folder: RunFolder, folds: pd.DataFrame, utterances: pd.DataFrame, classes: list[str]
) -> Iterator[leaks.Row]:
    """Recompute from the features of each fold what its models say they subtract and divide by."""
    from ser.features.source import feature_source
    from ser.models import storage
    from ser.models.trained import TrainedEstimator, TrainedNetwork
    from ser.pipeline.folds import fold_loaders
    from ser.training.result import MODEL

    settings = Settings(runs.configuration(folder))
    if settings.protocol.self_training is not None:
        # Its models have learned from the test part, as its protocol says, and their scaling with them.
        yield (
            NOTE,
            "scaler",
            ALL_FOLDS,
            "train/test",
            0,
            "not checked: self-training learns from test clips",
        )
        return
    facts = utterances[["utterance_id", "sha256", "label", "speaker", "corpus"]]
    for fold, load, _ in fold_loaders(
        folds.merge(facts, on="utterance_id", validate="many_to_one"),
        classes,
        feature_source(store_dir(folder.path.parent.parent), settings.features, settings.augment),
        rule=settings.protocol,
        normalise=settings.normalise,
        widths=[width for _, width in settings.features.blocks()],
    ):
        seen: set[bytes] = set()
        for seed in settings.seeds:
            model = storage.load(folder.fit(fold, seed) / MODEL)
            scaler = (
                model.network.scaler if isinstance(model, TrainedNetwork) else cast("TrainedEstimator", model).scaler
            )
            mean, scale = (value.numpy().astype(np.float64) for value in (scaler.mean, scaler.scale))
            # Seeds of one fold have learned from the same rows.
            if model.scaling.standardize and mean.tobytes() + scale.tobytes() not in seen:
                seen.add(mean.tobytes() + scale.tobytes())
                data = load()
                parts = {"train": data.train.values, "dev": data.dev.values, "test": data.test.values}
                yield from _verdict(str(fold), mean, scale, parts, f"the scaling of fold {fold}, seed {seed},")
