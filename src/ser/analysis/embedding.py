"""How the features, and a network's own description of each clip, part the classes: seen in two dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ser.analysis.fits import stored
from ser.analysis.results import Result
from ser.analysis.subject import Subject
from ser.arrays import Float32, Float64, Ragged, ragged
from ser.evaluation.projection import UMAP_HINT, neighbourly, parted, principal, standardised
from ser.evaluation.scatter_figure import View, scatter_figure
from ser.models.embedding import penultimate
from ser.models.trained import TrainedNetwork

_TITLE = "What the clips look like to the model"
_FEATURES, _NETWORK = "features", "last hidden layer"


@dataclass(frozen=True, kw_only=True)
class _Description:
    """One description of the clips of a fold.

    Attributes:
        name: `_FEATURES` or `_NETWORK`.
        train: standardised, shape [n, width].
        test: standardised by the training rows, shape [m, width].
    """

    name: str
    train: Float64
    test: Float64


def embedding(subject: Subject, _: Path) -> Result:
    """Project the clips of the first fold, as they come to the model and as a network describes them.

    Everything is learned from the training clips, augmented copies left out.

    Args:
        subject: the run.

    Returns:
        The result; its rows have `description`, `width`, `shown` (share of the variance that the picture holds), and
        `classes` and `speakers`: the silhouettes of both among the test clips, in all dimensions.

    Raises:
        StoreError: when a model of the run is missing or damaged.
    """
    fold, loader, names = next(subject.loaders(subject.settings.normalise))
    data = loader()
    train = ragged([data.train[clip] for clip in range(len(loader.train))], data.train.kind)
    model = stored(subject.folder.fit(fold, subject.settings.seeds[0]))
    parts = {_FEATURES: (clip_means(train), clip_means(data.test))}
    if isinstance(model, TrainedNetwork):
        parts[_NETWORK] = penultimate(model, train), penultimate(model, data.test)
    facts = subject.made.utterances.set_index("utterance_id").loc[names]
    described = []
    for name, (learned, tested) in parts.items():
        scaled = standardised(learned, tested)
        described.append(_Description(name=name, train=scaled[0], test=scaled[1]))
    shown = [principal(one.train, one.test) for one in described]
    rows = [
        _row(one, share, facts["label"].tolist(), facts["speaker"].fillna("").tolist())
        for one, (_, _, share) in zip(described, shown, strict=True)
    ]
    views = [
        View(title=f"{one.name}, PCA ({share:.0%} of the variance)", train=left, test=right)
        for one, (left, right, share) in zip(described, shown, strict=True)
    ]
    near = [(one.name, neighbourly(one.train, one.test)) for one in described]
    views += [View(title=f"{name}, UMAP", train=found[0], test=found[1]) for name, found in near if found]
    labels = [subject.classes[code] for code in loader.train_labels]
    return Result(
        name="embedding",
        title=_TITLE,
        words=words(rows, fold),
        rows=rows,
        notes=_notes(fold, subject.settings.seeds[0], drawn_by_umap=len(views) > len(described)),
        figure=scatter_figure(views, labels, facts["label"].tolist(), subject.classes, _TITLE),
    )


def clip_means(features: Ragged) -> Float32:
    """Average the rows of each clip; a vector is its own mean. Shape [clips, width]."""
    sums = np.add.reduceat(features.values, features.offsets[:-1], axis=0)
    means: Float32 = (sums / features.lengths[:, None]).astype(np.float32)
    return means


def _row(one: _Description, share: float, labels: Sequence[str], speakers: Sequence[str]) -> dict[str, Any]:
    return {
        "description": one.name,
        "width": one.test.shape[1],
        "shown": share,
        "classes": parted(one.test, labels),
        "speakers": parted(one.test, speakers),
    }


def words(rows: Sequence[dict[str, Any]], fold: int) -> str:
    """Say how far classes lie apart, and whether speakers lie further.

    Args:
        rows: as :func:`embedding` makes them.
        fold: whose test clips they are of.
    """
    told = [
        f"classes {_signed(row['classes'])} and speakers {_signed(row['speakers'])} in the {row['description']}"
        for row in rows
    ]
    return (
        f"Test clips of fold {fold}, by silhouette (1: groups lie far apart, 0: not at all, below: in one another): "
        f"{'; '.join(told)}."
    )


def _signed(value: float | None) -> str:
    return "unknown" if value is None else f"{value:+.2f}"


def _notes(fold: int, seed: int, *, drawn_by_umap: bool) -> list[str]:
    notes = [
        f"Fold {fold}, seed {seed}. Small and faint: training clips, from which the projection is learned; large: test "
        "clips. Each value is standardised by the training clips; sequences are averaged over their frames.",
        "Silhouettes are of all dimensions, not of the picture. The last hidden layer is what enters a network's last "
        "linear layer; other models have none.",
    ]
    return notes if drawn_by_umap else [*notes, UMAP_HINT]
