import dataclasses
from collections.abc import Callable

import pandas as pd
import pytest

from ser.protocol.identity import protocol_hash
from ser.protocol.labels import LabelSet
from ser.protocol.splits import LeaveOneSpeakerOut, RandomKFold, SpeakerKFold

Make = Callable[..., pd.DataFrame]
COMMON = {"dev_share": 0.2, "seed": 0, "metric": "uar", "selection": "best dev uar"}
RULE = SpeakerKFold(name="speaker_kfold", folds=3, **COMMON)
CLASSES = ["angry", "happy", "sad"]
LABELS = LabelSet(
    name="three",
    classes=CLASSES,
    maps={"toy": {"anger": "angry", "joy": "happy", "grief": "sad"}, "other": {"ire": "angry"}},
    drops={"toy": {"boredom": "none like it"}},
)


@pytest.fixture
def folds(corpus: Make) -> pd.DataFrame:
    return RULE.split(corpus())


def test_is_twelve_digits_and_does_not_know_row_order_names_or_other_corpora(folds: pd.DataFrame) -> None:
    found = protocol_hash(LABELS, CLASSES, RULE, folds)
    assert len(found) == 12
    assert int(found, 16) >= 0
    assert protocol_hash(LABELS, CLASSES, RULE, folds.sample(frac=1, random_state=0)) == found
    assert protocol_hash(LABELS, CLASSES, dataclasses.replace(RULE, name="mine"), folds) == found
    others = dataclasses.replace(LABELS, name="mine", maps={"toy": LABELS.maps["toy"], "third": {"ire": "angry"}})
    assert protocol_hash(others, CLASSES, RULE, folds) == found


def test_two_runs_of_the_same_split_agree(corpus: Make, folds: pd.DataFrame) -> None:
    again = RULE.split(corpus().sample(frac=1, random_state=1))
    assert protocol_hash(LABELS, CLASSES, RULE, again) == protocol_hash(LABELS, CLASSES, RULE, folds)


@pytest.mark.parametrize(
    "change",
    [
        {"label_set": dataclasses.replace(LABELS, maps={"toy": {**LABELS.maps["toy"], "ire": "angry"}})},
        {"label_set": dataclasses.replace(LABELS, drops={"toy": {"boredom": "another reason"}})},
        {"classes": ["sad", "happy", "angry"]},
        {"rule": dataclasses.replace(RULE, metric="accuracy")},
        {"rule": dataclasses.replace(RULE, dev_share=0.3)},
        {"rule": dataclasses.replace(RULE, seed=1)},
        {"rule": RandomKFold(name="speaker_kfold", folds=3, **COMMON)},
        {"rule": LeaveOneSpeakerOut(name="speaker_kfold", **COMMON)},
    ],
)
def test_whatever_makes_results_incomparable_changes_it(change: dict[str, object], folds: pd.DataFrame) -> None:
    settings = {"label_set": LABELS, "classes": CLASSES, "rule": RULE, "folds": folds}
    assert protocol_hash(**{**settings, **change}) != protocol_hash(**settings)


def test_one_utterance_moved_changes_it(folds: pd.DataFrame) -> None:
    moved = folds.copy()
    moved.loc[0, "part"] = "dev" if moved.loc[0, "part"] == "train" else "train"
    assert protocol_hash(LABELS, CLASSES, RULE, moved) != protocol_hash(LABELS, CLASSES, RULE, folds)
