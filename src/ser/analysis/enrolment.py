"""The enrolment curve: what a few unlabelled clips of the tested speaker are worth.

Statistics of the tested speaker's own clips move scores more than most models do, and a transductive protocol
(`normalise=speaker`) uses all of them. Here the run's model is trained once for each kind of statistics, every training
speaker normalised by all clips of that kind, and tested with few, more and all clips of the tested speaker. Every point
scores all test clips: a clip is introduced by others of its speaker, never by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser.analysis.curves import Codes, scored
from ser.analysis.draws import introductions
from ser.analysis.fits import Learner, learner_of, predicted, stored
from ser.analysis.points import points
from ser.analysis.results import Result, made_by, point
from ser.analysis.subject import Subject
from ser.arrays import Bool
from ser.errors import ProtocolError
from ser.evaluation.analysis_figures import Panel, curves_figure
from ser.evaluation.metrics import METRICS
from ser.models.trained import TrainedModel
from ser.pipeline.folds import FoldLoader, References
from ser.protocol.normalise import ByGroup, ByTraining, Normalisation
from ser.protocol.speakers import refuse_unknown

SIZES = (1, 3, 5, 10, 20)
"""Clips of the tested speaker, beside none and all."""
DRAWS = 5
NEUTRAL = "neutral"
STATISTICS = {"mean": "mean alone", "z": "mean and deviation"}
_LEAST = 3  # of a speaker: one to be tested, and two others, without which there is no deviation
_NOTHING = 0.005
_TITLE = "What unlabelled clips of the tested speaker are worth"


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """One kind of statistics.

    Attributes:
        source: which clips they are of: "none", "mixed" or "neutral".
        statistics: "training", or the shape of :func:`ser.protocol.relative.relative`.
        normalise: what gives them.
        sizes: clips behind each point, rising; None for all.
    """

    source: str
    statistics: str
    normalise: Normalisation
    sizes: list[int | None]

    @property
    def name(self) -> str:
        return f"{self.source} {self.statistics}"

    @property
    def points(self) -> list[tuple[int | None, int]]:
        """Number of clips, and draw."""
        return [(size, draw) for size in self.sizes for draw in range(DRAWS if size else 1)]


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One fold under one kind of statistics.

    Attributes:
        learner: the model.
        loader: the fold, normalised so; its test part is given anew for each point.
        own: folder of the run's own fit of just this, if it has one.
        names: ids of the test clips, in the loader's order.
        speakers: who speaks in them.
        eligible: which of them may introduce a speaker.
        points: what is asked.
    """

    learner: Learner
    loader: FoldLoader
    own: Path | None
    names: list[str]
    speakers: list[str]
    eligible: Bool
    points: list[tuple[int | None, int]]


def enrolment(subject: Subject, folder: Path) -> Result:
    """Compute the curve.

    Args:
        subject: the run.
        folder: where finished points are kept.

    Returns:
        The result; its rows have `source` (none, mixed or neutral), `statistics` (training, mean or z), `clips` (None
        for all), `fewest` (clips behind the speaker with the fewest at this point) and what
        :func:`ser.analysis.curves.scored` gives.

    Raises:
        ProtocolError: when speakers are unknown, were trained on, or have too few clips.
    """
    counts = _counts(subject)
    kinds = _kinds(subject, counts)
    tasks = {(kind.name, fold): task for kind in kinds for fold, task in _folds(subject, kind)}
    found = points(
        _predictions,
        {f"{kind}, fold {fold}": task for (kind, fold), task in tasks.items()},
        folder,
        identity=made_by(subject, __name__),
        workers=subject.settings.workers,
        what="enrolment: training and testing folds",
    )
    by_fold = dict(zip(tasks, found.values(), strict=True))
    ids = {fold: task.names for (_, fold), task in tasks.items()}
    rows = [row for kind in kinds for row in _rows(subject, kind, ids, by_fold, counts)]
    metric = METRICS[subject.settings.protocol.metric].title
    return Result(
        name="enrolment",
        title=_TITLE,
        words=words(rows, metric),
        rows=rows,
        notes=[
            "Every point scores the same clips, all of the test parts: a clip is normalised by others of its speaker, "
            "never by itself.",
            "Training speakers are normalised by all their clips of the same kind (all, or all neutral ones); those of "
            f"a tested speaker are drawn {DRAWS} times. One seed. The only use of a tested speaker's labels is to know "
            "which clips are neutral.",
        ],
        figure=curves_figure(_panels(rows), "clips of the tested speaker", metric, _TITLE),
    )


def _counts(subject: Subject) -> pd.DataFrame:
    """Count the clips of each speaker in each fold: columns `part mixed neutral`, one row a fold and speaker."""
    refuse_unknown(subject.made.utterances, "any, for the enrolment curve")
    facts = subject.made.utterances[["utterance_id", "speaker", "label"]]
    used = subject.made.folds[subject.made.folds["part"] != "unused"].merge(facts, on="utterance_id")
    neutral = used.assign(neutral=used["label"] == NEUTRAL)
    counts = neutral.groupby(["fold", "speaker"]).agg(
        part=("part", "first"), mixed=("label", "size"), neutral=("neutral", "sum")
    )
    tested = counts[counts["part"] == "test"]
    if not subject.made.audit.speaker_independent or tested["mixed"].min() < _LEAST:
        raise ProtocolError(
            expected=f"tested speakers who are not trained, with {_LEAST} clips or more each",
            received="others",
            where="enrolment",
            fix="Ask a run of a speaker-independent protocol on a corpus of more clips.",
        )
    return counts


def _kinds(subject: Subject, counts: pd.DataFrame) -> list[_Kind]:
    run, vector = subject.settings.normalise, subject.source.shape.kind == "vector"
    common: dict[str, Any] = {"signed_sqrt": run.signed_sqrt, "l2": run.l2}
    kinds = [_Kind(source="none", statistics="training", normalise=ByTraining(name="train", **common), sizes=[0])]
    sources = ["mixed"] + [NEUTRAL] * bool(counts["neutral"].min() >= _LEAST)
    for source in sources:
        # A point that hardly a speaker has the clips for would repeat the last.
        enough = counts.loc[counts["part"] == "test", source].median() - 1
        for shape in STATISTICS:
            least = 2 if vector and shape == "z" else 1
            by_speaker = ByGroup(name="speaker", by="speaker", shape=shape, **common)
            sizes = [size for size in SIZES if least <= size <= enough]
            kinds.append(_Kind(source=source, statistics=shape, normalise=by_speaker, sizes=[*sizes, None]))
    return kinds


def _folds(subject: Subject, kind: _Kind) -> list[tuple[int, _Task]]:
    table = subject.made.utterances.set_index("utterance_id")
    neutral, learner = table["label"] == NEUTRAL, learner_of(subject)
    known = frozenset(table.loc[neutral, "sha256"] if kind.source == NEUTRAL else table["sha256"])
    same = kind.source != NEUTRAL and kind.normalise.settings() == subject.settings.normalise.settings()
    return [
        (
            fold,
            _Task(
                learner=learner,
                loader=_known_by(loader, known),
                own=subject.folder.fit(fold, learner.seed) if same and subject.unchanged else None,
                names=ids,
                speakers=table.loc[ids, "speaker"].tolist(),
                eligible=table.loc[ids, "sha256"].isin(known).to_numpy(),
                points=kind.points,
            ),
        )
        for fold, loader, ids in subject.loaders(kind.normalise)
    ]


def _known_by(loader: FoldLoader, clips: frozenset[str]) -> FoldLoader:
    """Let only some clips count in the statistics of a fold."""
    found = loader.references
    if found is None:
        return loader
    return replace(loader, references=replace(found, clips=[[c for c in group if c in clips] for group in found.clips]))


def _predictions(task: _Task, folder: Path) -> list[list[int]]:
    """Train one fold and predict it at every point: class codes."""
    model = stored(task.own) if task.own is not None else task.learner.learn(task.loader, folder)
    references = task.loader.references
    if references is None:
        return [predicted(model, task.loader).tolist() for _ in task.points]
    return [_introduced(model, task, references, size, draw) for size, draw in task.points]


def _introduced(model: TrainedModel, task: _Task, references: References, size: int | None, draw: int) -> list[int]:
    chosen = introductions(task.names, task.speakers, task.eligible, clips=size, draw=draw)
    sets = list(dict.fromkeys(chosen))
    number = {clips: index for index, clips in enumerate(sets)}
    groups = {**references.groups, "test": np.array([number[clips] for clips in chosen], dtype=np.int64)}
    clips = [[task.loader.test[position] for position in members] for members in sets]
    loader = replace(task.loader, references=replace(references, clips=clips, groups=groups))
    codes: list[int] = predicted(model, loader).tolist()
    return codes


def _rows(
    subject: Subject,
    kind: _Kind,
    ids: Mapping[int, Sequence[str]],
    found: Mapping[tuple[str, int], Sequence[list[int]]],
    counts: pd.DataFrame,
) -> list[dict[str, Any]]:
    rows = []
    for size in kind.sizes:
        places = [place for place, (clips, _) in enumerate(kind.points) if clips == size]
        draws: list[Codes] = [{fold: found[kind.name, fold][place] for fold in ids} for place in places]
        others = 0 if kind.source == "none" else int(counts.loc[counts["part"] == "test", kind.source].min()) - 1
        rows.append(
            {
                "source": kind.source,
                "statistics": kind.statistics,
                "clips": size,
                "fewest": others if size is None else min(size, others),
                **scored(subject, ids, draws),
            }
        )
    return rows


def words(rows: Sequence[Mapping[str, Any]], metric: str) -> str:
    """Say what the curve shows in one sentence.

    Args:
        rows: as :func:`enrolment` makes them.
        metric: what the scores are.
    """
    start = rows[0]["score"]
    whole = max(
        (row for row in rows if row["source"] == "mixed" and row["clips"] is None), key=lambda row: row["score"]
    )
    gain, way = whole["score"] - start, STATISTICS[whole["statistics"]]
    ends = f"{metric} {start:.2f} without any clip of the tested speaker, {whole['score']:.2f} with all others ({way})"
    if gain < _NOTHING:
        return f"Statistics of the tested speaker's own clips bring nothing here: {ends}."
    few = [clause for source in (NEUTRAL, "mixed") if (clause := _few(rows, source, start, gain))]
    return f"{ends[0].upper()}{ends[1:]}; of this gain of {gain:.2f}, {' and '.join(few)}."


def _few(rows: Sequence[Mapping[str, Any]], source: str, start: float, gain: float) -> str:
    """Say what a few clips bring: up to ten, by the better statistics; "" where there is no such point."""
    sizes = {row["clips"] for row in rows if row["source"] == source} & set(SIZES) - {max(SIZES)}
    if not sizes:
        return ""
    size = max(sizes)
    best = max((row for row in rows if (row["source"], row["clips"]) == (source, size)), key=lambda row: row["score"])
    share = (best["score"] - start) / gain
    what = f"{source} clips bring" if size > 1 else f"{source} clip brings"
    brought = f"{share:.0%}" if share > 0 else "nothing"
    return f"{size} {what} {brought} ({best['score']:.2f}, {STATISTICS[best['statistics']]})"


def _panels(rows: Sequence[dict[str, Any]]) -> list[Panel]:
    start, labels = rows[0], ["0", *map(str, SIZES), "all"]
    place: dict[int | None, int] = {size: index for index, size in enumerate([0, *SIZES, None])}
    panels = []
    for shape, title in STATISTICS.items():
        curves = {}
        for source in ("mixed", NEUTRAL):
            mine = [row for row in rows if (row["source"], row["statistics"]) == (source, shape)]
            if mine:
                curves[f"{source} clips"] = [point(place[row["clips"]], row) for row in [start, *mine]]
        panels.append(Panel(title=title, labels=labels, curves=curves, level=start["score"]))
    return panels
