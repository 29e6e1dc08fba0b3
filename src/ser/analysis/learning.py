"""The learning curve in speakers: what more training speakers are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser.analysis.curves import Codes, per_doubling, scored
from ser.analysis.draws import draws_of, sizes_below, speaker_sets
from ser.analysis.fits import Learner, learner_of, predicted, stored
from ser.analysis.points import points
from ser.analysis.results import Result, made_by, point
from ser.analysis.subject import Subject
from ser.arrays import Int64
from ser.errors import ProtocolError
from ser.evaluation.analysis_figures import Panel, curves_figure
from ser.evaluation.metrics import METRICS
from ser.models.base import NetworkSpec
from ser.pipeline.folds import FoldLoader
from ser.protocol.speakers import refuse_unknown

_TITLE = "What more training speakers are worth"
_HELPS = 0.01


@dataclass(frozen=True, kw_only=True)
class _Fold:
    """One fold, and the clips that its model learns from.

    Attributes:
        number: of the fold.
        loader: the fold as the run has it.
        ids: of its test clips.
        speakers: of the clips that are learned: the training part and, for an estimator, the development part behind
            it; object, shape [clips].
        counts: utterances of each speaker and class, int64; its index is the speakers.
    """

    number: int
    loader: FoldLoader
    ids: list[str]
    speakers: pd.Series[str]
    counts: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class _Task:
    """A fold with some of its training speakers.

    Attributes:
        learner: the model.
        loader: the fold as the run has it.
        kept: positions of the clips that are learned, int64; None for all, by the run's own fit.
        own: folder of the run's own fit.
    """

    learner: Learner
    loader: FoldLoader
    kept: Int64 | None
    own: Path


def learning(subject: Subject, folder: Path) -> Result:
    """Compute the curve.

    Args:
        subject: the run.
        folder: where finished points are kept.

    Returns:
        The result; its rows have `speakers` (those that a fold's model learns from) and what
        :func:`ser.analysis.curves.scored` gives.

    Raises:
        ProtocolError: when speakers are unknown, or no smaller number of them says every class.
    """
    refuse_unknown(subject.made.utterances, "any, for the learning curve")
    folds = _folds(subject)
    whole = min(len(fold.counts) for fold in folds)
    tasks = _tasks(subject, folds, whole)
    found = points(
        _predictions,
        {f"{size} speakers, draw {draw}, fold {fold}": task for (size, draw, fold), task in tasks.items()},
        folder,
        identity=made_by(subject, __name__),
        workers=subject.settings.workers,
        what="learning from fewer speakers",
    )
    by_task = dict(zip(tasks, found.values(), strict=True))
    ids = {fold.number: fold.ids for fold in folds}
    rows = []
    for size in dict.fromkeys(size for size, _, _ in tasks):
        drawn = dict.fromkeys(draw for other, draw, _ in tasks if other == size)
        draws: list[Codes] = [{fold: by_task[size, draw, fold] for fold in ids} for draw in drawn]
        rows.append({"speakers": size, **scored(subject, ids, draws)})
    metric = METRICS[subject.settings.protocol.metric].title
    labels = [str(row["speakers"]) for row in rows]
    curve = {metric: [point(place, row) for place, row in enumerate(rows)]}
    return Result(
        name="learning",
        title=_TITLE,
        words=words(rows, metric),
        rows=rows,
        notes=_notes(subject, whole, max(len(fold.counts) for fold in folds)),
        figure=curves_figure(
            [Panel(title="", labels=labels, curves=curve, level=None)], "training speakers", metric, _TITLE
        ),
    )


def _notes(subject: Subject, fewest: int, most: int) -> list[str]:
    network = isinstance(subject.settings.model, NetworkSpec)
    more = f" (the last point has up to {most}, as the folds differ)" if most > fewest else ""
    return [
        f"Test parts are the same at every point; each draw takes other speakers in every fold{more}. One seed. "
        "Speakers are drawn so that together they say every class; the last point is the run itself.",
        "The development part, on which the epoch is chosen, stays whole."
        if network
        else "Nothing is chosen on the development part, so its speakers are learned from and drawn like the others.",
    ]


def _folds(subject: Subject) -> list[_Fold]:
    estimator = not isinstance(subject.settings.model, NetworkSpec)
    facts = subject.made.utterances.set_index("utterance_id")
    parts = {(fold, part): rows for (fold, part), rows in subject.made.folds.groupby(["fold", "part"])}
    folds = []
    for number, loader, ids in subject.loaders(subject.settings.normalise):
        # In the order of the loader, which goes by name within each part.
        learned = [parts[number, part]["utterance_id"].sort_values() for part in ("train", "dev")[: 1 + estimator]]
        chosen = facts.loc[pd.concat(learned)]
        counts = pd.crosstab(chosen["speaker"], chosen["label"])
        folds.append(_Fold(number=number, loader=loader, ids=ids, speakers=chosen["speaker"], counts=counts))
    return folds


def _tasks(subject: Subject, folds: Sequence[_Fold], whole: int) -> dict[tuple[int, int, int], _Task]:
    """Name each task by the number of speakers, the draw, and the fold."""
    learner = learner_of(subject)
    tasks: dict[tuple[int, int, int], _Task] = {}
    for size in sizes_below(whole):
        sets = [_drawn(fold, size, draws_of(len(folds))) for fold in folds]
        # As often as the fold that can be drawn least often.
        for draw in range(min(map(len, sets))):
            for fold, drawn in zip(folds, sets, strict=True):
                kept = np.flatnonzero(fold.speakers.isin(drawn[draw])).astype(np.int64)
                tasks[size, draw, fold.number] = _Task(
                    learner=learner, loader=fold.loader, kept=kept, own=_own(subject, fold)
                )
    if not tasks:
        raise ProtocolError(
            expected="fewer training speakers who together say every class",
            received=f"none among the {whole} of a fold",
            where="learning",
            fix="Ask a run on a corpus of more speakers, or with a label set that merges rare classes.",
        )
    for fold in folds:
        tasks[whole, 0, fold.number] = _Task(learner=learner, loader=fold.loader, kept=None, own=_own(subject, fold))
    return tasks


def _own(subject: Subject, fold: _Fold) -> Path:
    return subject.folder.fit(fold.number, subject.settings.seeds[0])


def _drawn(fold: _Fold, size: int, draws: int) -> list[list[str]]:
    counts = fold.counts.to_numpy(dtype=np.int64)
    return speaker_sets(counts, list(fold.counts.index), size=size, draws=draws, key=[fold.number, size])


def _predictions(task: _Task, folder: Path) -> list[int]:
    """Train one fold on fewer speakers and predict its test part: class codes."""
    fewer = None if task.kept is None else restricted(task.loader, task.kept)
    model = stored(task.own) if fewer is None else task.learner.learn(fewer, folder)
    codes: list[int] = predicted(model, task.loader).tolist()
    return codes


def restricted(loader: FoldLoader, kept: Int64) -> FoldLoader:
    """Leave some clips of the training and the development part to learn from, and test nothing.

    An estimator is then fitted on them alone, and the development part is only scored. Clips stay normalised as they
    were: by all clips of their speaker, or of the corpus.

    Args:
        loader: a fold.
        kept: positions in its training part with its development part behind it, int64.
    """
    clips, labels = [*loader.train, *loader.dev], np.concatenate([loader.train_labels, loader.dev_labels])
    references = loader.references
    if references is not None:
        groups = np.concatenate([references.groups["train"], references.groups["dev"]])[kept]
        empty = np.empty(0, dtype=np.int64)
        references = replace(references, groups={**references.groups, "train": groups, "test": empty})
    weights = loader.weights
    if weights is not None:
        weights = {
            **weights,
            "train": np.concatenate([weights["train"], weights["dev"]])[kept],
            "test": weights["test"][:0],
        }
    return replace(
        loader,
        train=[clips[position] for position in kept.tolist()],
        train_labels=labels[kept],
        test=[],
        references=references,
        weights=weights,
    )


def words(rows: Sequence[Mapping[str, Any]], metric: str) -> str:
    """Say what the curve shows.

    Args:
        rows: as :func:`learning` makes them, two or more.
        metric: what the scores are.
    """
    counts, scores = [row["speakers"] for row in rows], [row["score"] for row in rows]
    slope, last = per_doubling(counts, scores), per_doubling(counts[-2:], scores[-2:])
    outlook = "more speakers would still help" if last >= _HELPS else "the curve has flattened"
    speakers = "speaker" if counts[0] == 1 else "speakers"
    return (
        f"{metric} goes from {scores[0]:.2f} with {counts[0]} training {speakers} to {scores[-1]:.2f} with "
        f"{counts[-1]}: {slope:+.3f} with each doubling, {last:+.3f} at the rate of the last step, so {outlook}."
    )
