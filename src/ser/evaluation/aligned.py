"""Predictions, checked against the utterances and folds they claim to be of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser.arrays import Float64, Int64
from ser.errors import StoreError
from ser.evaluation.metrics import class_codes

_COLUMNS = ("utterance_id", "fold", "seed", "y_true", "y_pred")


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """Predictions of the same tested utterances under each seed, as codes. n utterances, sorted by id.

    Attributes:
        utterance_id: n ids, sorted.
        true: int64, shape [n], class codes.
        predicted: int64, shape [seeds, n], class codes.
        probabilities: float64, shape [seeds, n, C].
        fold: int64, shape [n], codes into `folds`.
        corpus: int64, shape [n], codes into `corpora`.
        speaker: int64, shape [n], codes into `speakers`; None when any speaker is unknown.
        seeds: the seeds, rising.
        folds: the fold numbers, rising.
        corpora: ids of the corpora tested, sorted.
        speakers: speaker ids, sorted; empty when any is unknown.
    """

    utterance_id: list[str]
    true: Int64
    predicted: Int64
    probabilities: Float64
    fold: Int64
    corpus: Int64
    speaker: Int64 | None
    seeds: list[int]
    folds: list[int]
    corpora: list[str]
    speakers: list[str]


def align(predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame, classes: Sequence[str]) -> Aligned:
    """Check predictions against what was to be tested, and number everything.

    Utterances that no fold tests (some published splits test a part of a corpus) need no prediction.

    Args:
        predictions: columns `utterance_id fold seed y_true y_pred` and `p_<class>` of each class.
        utterances: columns `utterance_id corpus speaker label`.
        folds: the fold table.
        classes: class names.

    Raises:
        StoreError: when columns are missing, a prediction is repeated or is of an utterance that its fold does not
            test, a tested utterance has none under some seed, or a true class is not the utterance's.
        ProtocolError: for a class that is not among `classes`.
    """
    tested = folds.loc[folds["part"] == "test", ["utterance_id", "fold"]].sort_values("utterance_id")
    rows = _sorted_rows(predictions, classes)
    place = pd.Index(tested["utterance_id"]).get_indexer(pd.Index(rows["utterance_id"]))
    strange = rows[(place < 0) | (tested["fold"].to_numpy()[place] != rows["fold"])]
    _refuse(len(strange) > 0, "predictions of the utterances that each fold tests", _some(strange))
    seeds = sorted(int(seed) for seed in rows["seed"].unique())
    _refuse(
        len(rows) != len(tested) * len(seeds),
        f"{len(tested)} tested utterances under each of {len(seeds)} seeds",
        f"{len(rows)} predictions in all",
    )
    facts = tested.merge(utterances[["utterance_id", "corpus", "speaker", "label"]], on="utterance_id", how="left")
    true = class_codes(rows["y_true"], classes).reshape(len(seeds), -1)
    wrong = facts[(true != class_codes(facts["label"], classes)).any(axis=0)]
    _refuse(len(wrong) > 0, "the true class of each utterance as labelled", _some(wrong))
    fold, fold_names = pd.factorize(facts["fold"], sort=True)
    corpus, corpora = pd.factorize(facts["corpus"], sort=True)
    speaker, speakers = pd.factorize(facts["speaker"], sort=True)
    known = bool((speaker >= 0).all())
    return Aligned(
        utterance_id=facts["utterance_id"].tolist(),
        true=true[0],
        predicted=class_codes(rows["y_pred"], classes).reshape(len(seeds), -1),
        probabilities=rows[chance_columns(classes)].to_numpy(np.float64).reshape(len(seeds), -1, len(classes)),
        fold=fold.astype(np.int64),
        corpus=corpus.astype(np.int64),
        speaker=speaker.astype(np.int64) if known else None,
        seeds=seeds,
        folds=[int(name) for name in fold_names],
        corpora=[str(name) for name in corpora],
        speakers=[str(name) for name in speakers] if known else [],
    )


def chance_columns(classes: Sequence[str]) -> list[str]:
    """Name the columns that hold the probability of each class."""
    return [f"p_{name}" for name in classes]


def certain(predictions: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Give predictions that are nothing but classes a probability of 1 for each.

    Args:
        predictions: with a column `y_pred`.
        classes: class names.
    """
    chances = {
        column: predictions["y_pred"].eq(name).astype(np.float64)
        for column, name in zip(chance_columns(classes), classes, strict=True)
    }
    return predictions.assign(**chances)


def _sorted_rows(predictions: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    wanted = [*_COLUMNS, *chance_columns(classes)]
    lacking = [column for column in wanted if column not in predictions]
    _refuse(
        bool(lacking) or len(predictions) == 0,
        "predictions with " + ", ".join(wanted),
        f"no {', '.join(lacking)}" if lacking else "no rows",
    )
    rows = predictions.sort_values(["seed", "utterance_id"], ignore_index=True)
    repeated = rows[rows.duplicated(["utterance_id", "seed"])]
    _refuse(len(repeated) > 0, "one prediction per utterance and seed", _some(repeated))
    return rows


def _refuse(wrong: bool, expected: str, received: object) -> None:
    if wrong:
        raise StoreError(
            expected=expected,
            received=received,
            where="predictions",
            fix="Train the run again with rerun=true: these predictions are not of these folds.",
        )


def _some(rows: pd.DataFrame) -> str:
    return f"{len(rows)} others ({', '.join(rows['utterance_id'].iloc[:3])})"
