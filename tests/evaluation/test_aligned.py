from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from ser.errors import ProtocolError, StoreError
from ser.evaluation.aligned import align

CLASSES = ["angry", "happy", "sad"]
Damage = Callable[[pd.DataFrame], pd.DataFrame]


def test_numbers_everything_in_the_order_of_ids(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    found = align(predictions, utterances, folds, CLASSES)
    ids = sorted(utterances["utterance_id"])
    facts = utterances.set_index("utterance_id").loc[ids]
    assert [CLASSES[code] for code in found.true] == facts["label"].tolist()
    assert found.speaker is not None
    assert [found.speakers[code] for code in found.speaker] == facts["speaker"].tolist()
    assert (found.seeds, found.folds) == ([0, 1], [1, 2, 3, 4, 5, 6])
    assert found.corpora == ["toy"]
    assert found.utterance_id == ids
    assert not found.corpus.any()
    for row, seed in zip(found.predicted, found.seeds, strict=True):
        table = predictions[predictions["seed"] == seed].set_index("utterance_id").loc[ids]
        assert [CLASSES[code] for code in row] == table["y_pred"].tolist()
        chances = found.probabilities[found.seeds.index(seed)]
        np.testing.assert_array_equal(chances, table[[f"p_{name}" for name in CLASSES]])
        np.testing.assert_array_equal(np.array(found.folds)[found.fold], table["fold"])


def test_utterances_that_are_never_tested_need_no_prediction(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    unused = folds.assign(part=folds["part"].mask((folds["part"] == "test") & (folds["fold"] > 2), "unused"))
    found = align(predictions[predictions["fold"] <= 2], utterances, unused, CLASSES)
    assert found.folds == [1, 2]
    assert len(found.true) == 30


def test_one_unknown_speaker_makes_speakers_unknown(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    unknown = utterances.assign(speaker=utterances["speaker"].mask(utterances.index == 3))
    found = align(predictions, unknown, folds, CLASSES)
    assert found.speaker is None
    assert found.speakers == []


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (lambda rows: rows.drop(columns="seed"), StoreError, "seed"),
        (lambda rows: rows.drop(columns="p_sad"), StoreError, "no p_sad"),
        (lambda rows: rows.iloc[:0], StoreError, "no rows"),
        (lambda rows: pd.concat([rows, rows.iloc[:1]]), StoreError, "one prediction per utterance and seed"),
        (lambda rows: rows.assign(utterance_id="x" + rows["utterance_id"]), StoreError, "that each fold tests"),
        (lambda rows: rows.assign(fold=rows["fold"] % 6 + 1), StoreError, "that each fold tests"),
        (lambda rows: rows.iloc[1:], StoreError, "169 predictions in all"),
        (lambda rows: rows.assign(y_true="sad"), StoreError, "as labelled"),
        (lambda rows: rows.assign(y_pred="bored"), ProtocolError, "one of the classes"),
        (lambda rows: rows.assign(y_true="bored"), ProtocolError, "one of the classes"),
    ],
)
def test_predictions_of_something_else_are_refused(
    damage: Damage,
    error: type[Exception],
    message: str,
    predictions: pd.DataFrame,
    utterances: pd.DataFrame,
    folds: pd.DataFrame,
) -> None:
    with pytest.raises(error, match=message):
        align(damage(predictions), utterances, folds, CLASSES)
