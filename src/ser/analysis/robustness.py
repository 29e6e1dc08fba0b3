"""Robustness: the run's trained models on degraded test clips. Nothing is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ser.analysis import degraded
from ser.analysis.curves import Codes, relative_area, scored
from ser.analysis.degraded import CLEAN, Kind
from ser.analysis.fits import predicted, stored
from ser.analysis.points import points
from ser.analysis.results import Result, made_by, point
from ser.analysis.subject import Subject
from ser.evaluation.analysis_figures import Panel, curves_figure
from ser.evaluation.metrics import METRICS
from ser.features.extract import extract
from ser.features.source import FeatureSource
from ser.paths import store_dir
from ser.pipeline import prepare
from ser.pipeline.folds import FoldLoader

_TITLE = "How the model bears degraded recordings"


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One trained model of the run.

    Attributes:
        loader: its fold, whose source has the degraded copies.
        own: folder of the fit.
        variants: the copies to predict; None for the clean clips.
    """

    loader: FoldLoader
    own: Path
    variants: list[str | None]


def robustness(subject: Subject, folder: Path) -> Result:
    """Predict degraded test clips by the run's own models.

    Args:
        subject: the run.
        folder: where finished points are kept.

    Returns:
        The result; its rows have `kind`, `level` ("clean" among them), `unit`, `relative` (to the clean score), `area`
        (of the kind: under its curve, relative to clean) and what :func:`ser.analysis.curves.scored` gives, over seeds.

    Raises:
        DataError: when audio could not be read.
        StoreError: when a model of the run is missing or damaged.
    """
    asked = degraded.kinds(_rate_of(subject))
    source = _degraded(subject, asked)
    variants = list(dict.fromkeys(degraded.key(level) for kind in asked for level in kind.levels))
    ids, tasks = {}, {}
    for fold, loader, names in subject.loaders(subject.settings.normalise):
        ids[fold] = names
        for seed in subject.settings.seeds:
            own = subject.folder.fit(fold, seed)
            tasks[fold, seed] = _Task(loader=replace(loader, source=source), own=own, variants=variants)
    found = points(
        _predictions,
        {f"fold {fold}, seed {seed}": task for (fold, seed), task in tasks.items()},
        folder,
        identity=made_by(subject, __name__),
        workers=subject.settings.workers,
        what="robustness: predicting degraded clips",
    )
    by_task = dict(zip(tasks, found.values(), strict=True))
    scores = {}
    for place, variant in enumerate(variants):
        draws: list[Codes] = [{fold: by_task[fold, seed][place] for fold in ids} for seed in subject.settings.seeds]
        scores[variant] = scored(subject, ids, draws)
    rows = [row for kind in asked for row in _rows(kind, scores)]
    metric = METRICS[subject.settings.protocol.metric].title
    return Result(
        name="robustness",
        title=_TITLE,
        words=words(rows, metric),
        rows=rows,
        notes=_notes(subject),
        figure=curves_figure(_panels(asked, rows), "degradation", metric, _TITLE),
    )


def _rate_of(subject: Subject) -> int:
    """Give the lowest rate at which clips of this run are heard."""
    own = int(subject.made.utterances["sample_rate_hz"].min())
    return min(own, subject.settings.features.sample_rate_hz or own)


def _degraded(subject: Subject, asked: Sequence[Kind]) -> FeatureSource:
    tested = subject.made.folds.loc[subject.made.folds["part"] == "test", "utterance_id"]
    rows = subject.made.utterances[subject.made.utterances["utterance_id"].isin(tested)]
    settings, clips = subject.settings, prepare.clips_of(rows)
    copies = degraded.augmentation(asked)
    return extract(clips, settings.features, copies, store_dir(settings.work_dir), engine=settings.engine).source


def _predictions(task: _Task, _: Path) -> list[list[int]]:
    """Predict every copy of one fold: class codes."""
    model = stored(task.own)
    return [predicted(model, task.loader, variant).tolist() for variant in task.variants]


def _rows(kind: Kind, scores: Mapping[str | None, Mapping[str, Any]]) -> list[dict[str, Any]]:
    clean = scores[None]["score"]
    found = [scores[degraded.key(level)] for level in kind.levels]
    area = relative_area([score["score"] for score in found], clean)
    return [
        {
            "kind": kind.name,
            "level": level.label,
            "unit": kind.unit,
            **score,
            "relative": score["score"] / clean,
            "area": area,
        }
        for level, score in zip(kind.levels, found, strict=True)
    ]


def _notes(subject: Subject) -> list[str]:
    notes = [
        "The models are those of the run, trained on clips as they are; noise and rooms are drawn by seed 0, the same "
        "for every run. Area: under the curve of equal steps, 1 is not hurt at all; the ends count half. Tempo changes "
        "the speed and keeps the pitch; rooms are made up, with as much reverberant as direct sound.",
    ]
    if subject.settings.normalise.grouping is not None:
        notes.append(
            "Degraded clips are normalised by statistics of clean clips, as the run normalises: nobody knew that the "
            "channel would change."
        )
    return notes


def words(rows: Sequence[Mapping[str, Any]], metric: str) -> str:
    """Name the worst case, and the area of each kind.

    Args:
        rows: as :func:`robustness` makes them.
        metric: what the scores are.
    """
    worst = min(rows, key=lambda row: row["score"])
    clean = next(row["score"] for row in rows if row["level"] == CLEAN.label)
    areas = sorted({row["kind"]: row["area"] for row in rows}.items(), key=lambda kind: kind[1])
    told = ", ".join(f"{kind} {area:.2f}" for kind, area in areas)
    return (
        f"Worst is {worst['kind']} ({worst['level']} {worst['unit']}): {metric} {worst['score']:.2f} where clean clips "
        f"have {clean:.2f}. Area under each curve relative to clean: {told}."
    )


def _panels(asked: Sequence[Kind], rows: Sequence[dict[str, Any]]) -> list[Panel]:
    panels = []
    for kind in asked:
        mine = [row for row in rows if row["kind"] == kind.name]
        clean = next(row["score"] for row in mine if row["level"] == CLEAN.label)
        curve = {kind.name: [point(place, row) for place, row in enumerate(mine)]}
        labels = [level.label for level in kind.levels]
        panels.append(
            Panel(
                title=f"{kind.name}, {kind.unit}" if kind.unit else kind.name, labels=labels, curves=curve, level=clean
            )
        )
    return panels
