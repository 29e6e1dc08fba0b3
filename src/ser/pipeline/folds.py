"""What a worker needs to gather one fold's features: small, picklable, and opened only in the worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser.arrays import Float32, Int64, Ragged, ragged
from ser.features.source import FeatureSource
from ser.training.data import FoldData


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
    """

    source: FeatureSource
    train: list[str]
    dev: list[str]
    test: list[str]
    train_labels: Int64
    dev_labels: Int64

    def __call__(self) -> FoldData:
        """Gather the features: training utterances and all their augmented copies; clean development and test ones."""
        parts = [
            self.source.clean(self.train),
            *(self.source.variant(v, self.train) for v in self.source.variant_spaces),
        ]
        return FoldData(
            train=_joined(parts),
            train_labels=np.tile(self.train_labels, len(parts)),
            dev=self.source.clean(self.dev),
            dev_labels=self.dev_labels,
            test=self.source.clean(self.test),
        )


def _joined(parts: list[Ragged]) -> Ragged:
    if len(parts) == 1:
        return parts[0]
    clips: list[Float32] = [clip for part in parts for clip in part]
    return ragged(clips, parts[0].kind)


def fold_loaders(
    folds: pd.DataFrame, utterances: pd.DataFrame, classes: list[str], source: FeatureSource
) -> Iterator[tuple[int, FoldLoader, list[str]]]:
    """Give each fold's number, its loader, and the ids of its test utterances in the loader's order.

    Args:
        folds: `utterance_id fold part`.
        utterances: `utterance_id sha256 label`.
        classes: class names; a label's index in it is the model's target.
        source: reads features from the store.
    """
    table = folds.merge(utterances[["utterance_id", "sha256", "label"]], on="utterance_id", validate="many_to_one")
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
            ),
            part["test"]["utterance_id"].tolist(),
        )


def _targets(rows: pd.DataFrame, target: dict[str, int]) -> Int64:
    return np.array([target[label] for label in rows["label"]], dtype=np.int64)
