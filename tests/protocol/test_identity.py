import dataclasses
from collections.abc import Callable

import pandas as pd
import pytest

from ser.protocol.identity import protocol_hash
from ser.protocol.normalise import ByGroup, ByTraining
from ser.protocol.splits import LeaveOneSpeakerOut, RandomKFold, SpeakerKFold

Make = Callable[..., pd.DataFrame]
COMMON = {"dev_share": 0.2, "seed": 0, "metric": "uar", "corpus_weights": {}, "self_training": None}
RULE = SpeakerKFold(name="speaker_kfold", folds=3, dev="speakers", **COMMON)
CLASSES = ["angry", "happy", "sad"]
TRAIN = ByTraining(name="train", signed_sqrt=False, l2=False)


@pytest.fixture
def folds(corpus: Make) -> pd.DataFrame:
    return RULE.split(corpus())


def test_is_twelve_digits_and_does_not_know_row_order_names_or_unused_utterances(
    corpus: Make, folds: pd.DataFrame
) -> None:
    rows = corpus()
    found = protocol_hash(rows, CLASSES, RULE, folds, TRAIN)
    assert len(found) == 12
    assert int(found, 16) >= 0
    mixed = [table.sample(frac=1, random_state=0) for table in (rows, folds)]
    assert protocol_hash(mixed[0], CLASSES, RULE, mixed[1], TRAIN) == found
    assert protocol_hash(rows, CLASSES, dataclasses.replace(RULE, name="mine"), folds, TRAIN) == found
    more = pd.concat([rows, rows.assign(utterance_id="x" + rows["utterance_id"])])
    assert protocol_hash(more, CLASSES, RULE, folds, TRAIN) == found


def test_two_runs_of_the_same_split_agree(corpus: Make, folds: pd.DataFrame) -> None:
    again = RULE.split(corpus().sample(frac=1, random_state=1))
    assert protocol_hash(corpus(), CLASSES, RULE, again, TRAIN) == protocol_hash(corpus(), CLASSES, RULE, folds, TRAIN)


@pytest.mark.parametrize(
    "change",
    [
        {"classes": ["sad", "happy", "angry"]},
        {"rule": dataclasses.replace(RULE, metric="accuracy")},
        {"rule": dataclasses.replace(RULE, dev_share=0.3)},
        {"rule": dataclasses.replace(RULE, dev="utterances")},
        {"rule": dataclasses.replace(RULE, seed=1)},
        {"rule": RandomKFold(name="speaker_kfold", folds=3, **COMMON)},
        {"rule": LeaveOneSpeakerOut(name="speaker_kfold", dev="speakers", **COMMON)},
        {"normalise": dataclasses.replace(TRAIN, l2=True)},
        {"normalise": ByGroup(name="train", signed_sqrt=False, l2=False, by="speaker", shape="z")},
    ],
)
def test_whatever_makes_results_incomparable_changes_it(
    change: dict[str, object], corpus: Make, folds: pd.DataFrame
) -> None:
    settings = {"utterances": corpus(), "classes": CLASSES, "rule": RULE, "folds": folds, "normalise": TRAIN}
    assert protocol_hash(**{**settings, **change}) != protocol_hash(**settings)


def test_one_utterance_moved_or_labelled_otherwise_changes_it(corpus: Make, folds: pd.DataFrame) -> None:
    rows = corpus()
    found = protocol_hash(rows, CLASSES, RULE, folds, TRAIN)
    moved = folds.copy()
    moved.loc[0, "part"] = "dev" if moved.loc[0, "part"] == "train" else "train"
    assert protocol_hash(rows, CLASSES, RULE, moved, TRAIN) != found
    relabelled = rows.copy()
    relabelled.loc[0, "label"] = "sad"
    assert protocol_hash(relabelled, CLASSES, RULE, folds, TRAIN) != found
