"""What a worker needs to gather one fold's features: small, picklable, and opened only in the worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser.arrays import Float32, Int64, Ragged, ragged
from ser.features.source import FeatureSource
from ser.models.standardize import Scaling
from ser.protocol.learning import SelfTraining
from ser.protocol.normalise import Normalisation
from ser.protocol.relative import by_group
from ser.protocol.rules import SplitRule
from ser.training.data import FoldData


@dataclass(frozen=True, kw_only=True)
class References:
    """By whose statistics the clips of one fold are normalised, augmented copies by those of clean clips too.

    Attributes:
        shape: how. See :func:`ser.protocol.relative.relative`.
        clips: audio hashes of the clips behind the statistics of each group.
        groups: by part (train, dev, test) the group of each clip, int64, an index into `clips`.
    """

    shape: str
    clips: list[list[str]]
    groups: dict[str, Int64]


@dataclass(frozen=True, kw_only=True)
class FoldLoader:
    """One fold of one run: which clips, and their labels.

    Attributes:
        source: reads features from the store.
        train: audio hashes of the training utterances.
        dev: audio hashes of the development utterances.
        test: audio hashes of the test utterances.
        train_labels: class indices, int64, aligned to `train`.
        dev_labels: class indices, int64, aligned to `dev`. The test labels stay with the pipeline.
        scaling: how the model is to scale rows.
        references: by whose statistics clips are normalised before that; None for nobody's.
        weights: by part (train, dev, test) what each clip counts in training, float32; None when all count 1.
        self_training: how the test part, unlabelled, joins the training; None when it does not.
    """

    source: FeatureSource
    train: list[str]
    dev: list[str]
    test: list[str]
    train_labels: Int64
    dev_labels: Int64
    scaling: Scaling
    references: References | None
    weights: dict[str, Float32] | None
    self_training: SelfTraining | None

    def __call__(self) -> FoldData:
        """Gather the features: training utterances and all their augmented copies; clean development and test ones."""
        parts = [
            self.source.clean(self.train),
            *(self.source.variant(v, self.train) for v in self.source.variant_spaces),
        ]
        weights = self.weights
        return FoldData(
            train=_joined([self._relative(part, "train") for part in parts]),
            train_labels=np.tile(self.train_labels, len(parts)),
            versions=len(parts),
            dev=self._relative(self.source.clean(self.dev), "dev"),
            dev_labels=self.dev_labels,
            test=self._relative(self.source.clean(self.test), "test"),
            scaling=self.scaling,
            train_weights=None if weights is None else np.tile(weights["train"], len(parts)),
            dev_weights=None if weights is None else weights["dev"],
            test_weights=None if weights is None else weights["test"],
            self_training=self.self_training,
        )

    def _relative(self, features: Ragged, part: str) -> Ragged:
        found = self.references
        if found is None:
            return features
        return by_group(
            features, found.groups[part], lambda group: self.source.clean(found.clips[group]).values, found.shape
        )


def _joined(parts: list[Ragged]) -> Ragged:
    if len(parts) == 1:
        return parts[0]
    clips: list[Float32] = [clip for part in parts for clip in part]
    return ragged(clips, parts[0].kind)


def fold_loaders(
    table: pd.DataFrame,
    classes: list[str],
    source: FeatureSource,
    *,
    rule: SplitRule,
    normalise: Normalisation,
    widths: list[int],
) -> Iterator[tuple[int, FoldLoader, list[str]]]:
    """Give each fold's number, its loader, and the ids of its test utterances in the loader's order.

    Args:
        table: `fold part utterance_id sha256 label speaker corpus`, a row for each fold and utterance.
        classes: class names; a label's index in it is the model's target.
        source: reads features from the store.
        rule: what clips count in training, and whether test clips join it.
        normalise: by whose statistics features are normalised.
        widths: of the feature sets that a row joins, in order.
    """
    scaling = scaling_of(normalise, widths)
    # The order of training rows decides the batches, hence the numbers: it is fixed here, by name.
    table = table.sort_values(["fold", "utterance_id"])
    target = {name: index for index, name in enumerate(classes)}
    for fold, rows in table.groupby("fold"):
        part = {name: rows[rows["part"] == name] for name in ("train", "dev", "test")}
        yield (
            int(str(fold)),
            FoldLoader(
                source=source,
                train=part["train"]["sha256"].tolist(),
                dev=part["dev"]["sha256"].tolist(),
                test=part["test"]["sha256"].tolist(),
                train_labels=_targets(part["train"], target),
                dev_labels=_targets(part["dev"], target),
                scaling=scaling,
                references=_references(normalise, rows, part),
                weights=_weights(rule, part),
                self_training=rule.self_training,
            ),
            part["test"]["utterance_id"].tolist(),
        )


def scaling_of(normalise: Normalisation, widths: list[int]) -> Scaling:
    """Say what a normalisation asks of the model."""
    group, shape = normalise.grouping or (None, None)
    return Scaling(
        standardize=normalise.standardizes,
        signed_sqrt=normalise.signed_sqrt,
        l2=normalise.l2,
        widths=widths,
        group=group,
        shape=shape,
    )


def _references(normalise: Normalisation, rows: pd.DataFrame, part: dict[str, pd.DataFrame]) -> References | None:
    groups = normalise.groups(rows)
    if groups is None or normalise.grouping is None:
        return None
    audio = rows.set_index("utterance_id")["sha256"]
    number = {name: index for index, name in enumerate(groups.members)}
    return References(
        shape=normalise.grouping[1],
        clips=[audio.loc[ids].tolist() for ids in groups.members.values()],
        groups={
            name: np.array([number[group] for group in groups.of.loc[chosen["utterance_id"]]], dtype=np.int64)
            for name, chosen in part.items()
        },
    )


def _weights(rule: SplitRule, part: dict[str, pd.DataFrame]) -> dict[str, Float32] | None:
    if not rule.corpus_weights:
        return None
    return {
        name: np.array([rule.corpus_weights.get(corpus, 1.0) for corpus in rows["corpus"]], dtype=np.float32)
        for name, rows in part.items()
    }


def _targets(rows: pd.DataFrame, target: dict[str, int]) -> Int64:
    return np.array([target[label] for label in rows["label"]], dtype=np.int64)
