"""Shortcut probes: how much of the label can be told without listening to the voice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler

from ser.analysis.curves import interval
from ser.analysis.points import points
from ser.analysis.results import Result, made_by, point
from ser.analysis.subject import Subject
from ser.evaluation.aligned import align, certain
from ser.evaluation.analysis_figures import Figure, Point, probes_figure
from ser.evaluation.baselines import permuted
from ser.evaluation.metrics import confusions, uar
from ser.explore.levels import levels
from ser.features.extract import extract
from ser.paths import store_dir
from ser.pipeline import prepare

REACH = 0.5
"""A probe comes within reach of the model when it has this share of the model's distance from chance."""
MEASURED = {
    "duration": ["duration_s"],
    "loudness": ["rms_dbfs", "peak_dbfs"],
    "silence": ["silence_share"],
    "recording": ["sample_rate_hz", "channels"],
}
SPEAKER = "speaker"
_TITLE = "What the label can be told from without listening to the voice"
_QUIETEST = 1e-5
_FOLDS, _LARGEST = 5, 1000


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One probe.

    Attributes:
        facts: `utterance_id corpus speaker label` and what is measured, one row an utterance.
        columns: what the label is to be told from; the speaker's name if it is that.
        folds: `utterance_id fold part`; development clips are learned from too.
        classes: class names.
        replicates: of bootstrap and permutations.
    """

    facts: pd.DataFrame
    columns: list[str]
    folds: pd.DataFrame
    classes: list[str]
    replicates: int


def probes(subject: Subject, folder: Path) -> Result:
    """Score every probe under the run's own folds, and the speaker under random ones too.

    Args:
        subject: the run.
        folder: where finished points are kept.

    Returns:
        The result; its rows have `probe`, `folds` ("the run's" or "random"), `score` (UAR), `low` and `high` (its 95 %
        interval), `chance`, `chance_low` and `chance_high` (against permuted labels), and `reach`: the share of the
        model's distance from chance. The first row is the model, whose chance is of labels permuted within speakers.
    """
    facts = _measured(subject)
    everything = [column for columns in MEASURED.values() for column in columns]
    asked = {(name, "the run's"): columns for name, columns in {**MEASURED, "all of these": everything}.items()}
    if facts[SPEAKER].notna().all():
        asked |= {(SPEAKER, "the run's"): [SPEAKER], (SPEAKER, "random"): [SPEAKER]}
    random = random_folds(facts)
    tasks = {
        f"{name}, {folds} folds": _Task(
            facts=facts,
            columns=columns,
            folds=random if folds == "random" else subject.made.folds,
            classes=subject.classes,
            replicates=subject.settings.replicates,
        )
        for (name, folds), columns in asked.items()
    }
    found = points(
        _row, tasks, folder, identity=made_by(subject, __name__), workers=subject.settings.workers, what="probing"
    )
    model = _of_model(subject.summary)
    rows = [{"probe": "model", "folds": "the run's", **model, "reach": 1.0}]
    rows += [
        {"probe": name, "folds": folds, **row, "reach": reach(row, model)}
        for (name, folds), row in zip(asked, found.values(), strict=True)
    ]
    return Result(
        name="probes", title=_TITLE, words=words(rows), rows=rows, notes=_notes(subject, facts), figure=_figure(rows)
    )


def _measured(subject: Subject) -> pd.DataFrame:
    """Give what is known of each utterance without listening to the voice."""
    used = subject.made.utterances
    store = store_dir(subject.settings.work_dir)
    recipe = levels()
    source = extract(prepare.clips_of(used), recipe, None, store, engine=subject.settings.engine).source
    found = pd.DataFrame(source.clean(used["sha256"].tolist()).values, columns=recipe.names(), index=used.index)
    peak = np.abs(found[["max_amplitude", "min_amplitude"]].to_numpy()).max(axis=1)
    columns = ["utterance_id", "corpus", "speaker", "label", "duration_s", "sample_rate_hz", "channels"]
    return used[columns].assign(
        rms_dbfs=found["rms_dbfs"],
        peak_dbfs=20 * np.log10(np.maximum(peak, _QUIETEST)),
        silence_share=found["silence_share"],
    )


def random_folds(facts: pd.DataFrame) -> pd.DataFrame:
    """Deal utterances into five folds of the same shares of classes, whoever speaks: `utterance_id fold part`."""
    dealt = StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(facts, facts["label"])
    tables = []
    for fold, (_, tested) in enumerate(dealt, start=1):
        part = np.full(len(facts), "train", dtype=object)
        part[tested] = "test"
        tables.append(pd.DataFrame({"utterance_id": facts["utterance_id"], "fold": fold, "part": part}))
    return pd.concat(tables, ignore_index=True)


def _row(task: _Task, _: Path) -> dict[str, Any]:
    predictions = told_from(task.facts, task.columns, task.folds)
    data, classes = align(certain(predictions, task.classes), task.facts, task.folds, task.classes), len(task.classes)
    counts = confusions(data.true, data.predicted[0], np.zeros_like(data.true), (1, classes))[0]
    # Not within speakers, as for models: that would leave what there is to gain by knowing who speaks.
    chance = permuted(data.true, data.predicted, None, classes, replicates=task.replicates, seed=0)
    return {
        "score": float(uar(counts)),
        **interval(data, uar, classes, task.replicates),
        "chance": chance.mean,
        "chance_low": chance.low,
        "chance_high": chance.high,
    }


def _of_model(summary: Mapping[str, Any]) -> dict[str, Any]:
    ends, chance = summary["uar_interval"] or {"low": None, "high": None}, summary["baselines"]["permuted"]
    return {
        "score": summary["uar"],
        "low": ends["low"],
        "high": ends["high"],
        "chance": chance["mean"],
        "chance_low": chance["low"],
        "chance_high": chance["high"],
    }


def told_from(facts: pd.DataFrame, columns: Sequence[str], folds: pd.DataFrame) -> pd.DataFrame:
    """Predict the label of every tested utterance from a few columns.

    By multinomial logistic regression, all classes weighing the same: numbers come standardised with their squares and
    products, so that a class may lie in the middle; a speaker's name comes one-hot, and one never heard is all zeros.

    Args:
        facts: `utterance_id label` and the columns.
        columns: numbers, or `speaker` alone.
        folds: the fold table.

    Returns:
        `utterance_id fold seed y_true y_pred`.
    """
    rows = folds.merge(facts, on="utterance_id").sort_values(["fold", "utterance_id"])
    tables = []
    for _, fold in rows.groupby("fold"):
        learned, tested = fold[fold["part"].isin(["train", "dev"])], fold[fold["part"] == "test"]
        probe = _probe(columns).fit(_values(learned, columns), learned["label"])
        tables.append(tested.assign(y_pred=probe.predict(_values(tested, columns))))
    predicted = pd.concat(tables, ignore_index=True).rename(columns={"label": "y_true"})
    return predicted.assign(seed=0)[["utterance_id", "fold", "seed", "y_true", "y_pred"]]


def _values(rows: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[Any]:
    return rows[list(columns)].to_numpy(dtype=object if SPEAKER in columns else np.float64)


def _probe(columns: Sequence[str]) -> Pipeline:
    regression = LogisticRegression(class_weight="balanced", max_iter=_LARGEST)
    if SPEAKER in columns:
        return make_pipeline(OneHotEncoder(handle_unknown="ignore"), regression)
    squares = PolynomialFeatures(2, include_bias=False)
    return make_pipeline(StandardScaler(), squares, StandardScaler(), regression)


def reach(row: Mapping[str, Any], model: Mapping[str, Any]) -> float:
    """Give the share of the model's distance from chance that a probe has, at least 0; 0 for a model at chance.

    Example:
        >>> reach({"score": 0.3, "chance": 0.2}, {"score": 0.6, "chance": 0.2})
        0.25
    """
    distance = model["score"] - model["chance"]
    return round(max(0.0, row["score"] - row["chance"]) / distance, 4) if distance > 0 else 0.0


def words(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say what each probe scores, and warn of those within reach of the model.

    Args:
        rows: as :func:`probes` makes them, the model first.
    """
    model, own = rows[0], [row for row in rows[1:] if row["folds"] != "random"]
    told = ", ".join(f"{row['probe']} {row['score']:.2f}" for row in own)
    said = f"Model UAR {model['score']:.2f}; probes: {told}; chance {model['chance']:.2f}."
    near = [f"{row['probe']} ({row['reach']:.0%})" for row in own if row["reach"] >= REACH]
    if not near:
        return said
    return f"{said} WARNING: within reach of the model, by share of its distance from chance: {', '.join(near)}."


def _notes(subject: Subject, facts: pd.DataFrame) -> list[str]:
    notes = [
        "Each probe is a logistic regression on that alone (numbers with their squares and products, classes weighing "
        "the same), learned from the training and development part of each fold. Chance: true classes permuted "
        "over all utterances; for the model, within speakers.",
        "Duration, loudness and pauses are part of how emotion is expressed, too: a probe shows what a model could do "
        "with, not what this one uses.",
    ]
    if subject.made.audit.speaker_independent:
        notes.append(
            "Under speaker-independent folds who speaks is chance by construction, since no tested speaker was heard; "
            "under random folds it is what a model gains by recognising speakers."
        )
    constant = [column for column in MEASURED["recording"] if facts[column].nunique() == 1]
    if len(constant) == len(MEASURED["recording"]):
        notes.append("All clips have one sampling rate and number of channels, so that the recording tells nothing.")
    return notes


def _figure(rows: Sequence[dict[str, Any]]) -> Figure:
    scores: dict[str, Point] = {
        row["probe"] + (" (random folds)" if row["folds"] == "random" else ""): point(0, row) for row in rows[1:]
    }
    chances = dict(zip(scores, (row["chance"] for row in rows[1:]), strict=True))
    return probes_figure(scores, chances, point(0, rows[0]), _TITLE)
