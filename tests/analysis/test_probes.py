"""A probe finds what there is to be found in what it is given, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from ser.analysis.probes import random_folds, told_from, words

SPEAKERS, CLASSES = 6, ["angry", "happy", "sad"]


@pytest.fixture
def facts() -> pd.DataFrame:
    """Sad clips are of middling length, and each speaker says mostly one class; sampling rates are all the same."""
    random = np.random.default_rng(0)
    rows = [
        {"utterance_id": f"u{speaker}-{clip:02d}", "speaker": f"s{speaker}", "label": CLASSES[favourite]}
        for speaker in range(SPEAKERS)
        for clip, favourite in enumerate([speaker % 3] * 14 + [0, 1, 2] * 2)
    ]
    table = pd.DataFrame(rows)
    centre = table["label"].map({"angry": 1.0, "sad": 2.0, "happy": 3.0})
    return table.assign(duration_s=centre + 0.1 * random.standard_normal(len(table)), sample_rate_hz=16_000, channels=1)


@pytest.fixture
def by_speaker(facts: pd.DataFrame) -> pd.DataFrame:
    """Leave one speaker out, the next being the development part."""
    number = facts["speaker"].str[1:].astype(int)
    tables = [
        pd.DataFrame(
            {
                "utterance_id": facts["utterance_id"],
                "fold": fold + 1,
                "part": np.select([number == fold, number == (fold + 1) % SPEAKERS], ["test", "dev"], "train"),
            }
        )
        for fold in range(SPEAKERS)
    ]
    return pd.concat(tables, ignore_index=True)


def uar(predictions: pd.DataFrame) -> float:
    return float(balanced_accuracy_score(predictions["y_true"], predictions["y_pred"]))


def test_a_class_in_the_middle_is_found(facts: pd.DataFrame, by_speaker: pd.DataFrame) -> None:
    predictions = told_from(facts, ["duration_s"], by_speaker)
    assert sorted(predictions["utterance_id"]) == sorted(facts["utterance_id"])
    assert uar(predictions) > 0.95


def test_what_is_the_same_everywhere_tells_nothing(facts: pd.DataFrame, by_speaker: pd.DataFrame) -> None:
    predictions = told_from(facts, ["sample_rate_hz", "channels"], by_speaker)
    assert (predictions.groupby("fold")["y_pred"].nunique() == 1).all()


def test_a_speaker_never_heard_tells_nothing_and_one_heard_before_does(
    facts: pd.DataFrame, by_speaker: pd.DataFrame
) -> None:
    unheard = told_from(facts, ["speaker"], by_speaker)
    assert (unheard.groupby("fold")["y_pred"].nunique() == 1).all()
    assert uar(told_from(facts, ["speaker"], random_folds(facts))) > 0.7


def test_random_folds_test_every_utterance_once(facts: pd.DataFrame) -> None:
    folds = random_folds(facts)
    assert sorted(folds.loc[folds["part"] == "test", "utterance_id"]) == sorted(facts["utterance_id"])


def row(probe: str, score: float, reach: float, folds: str = "the run's") -> dict[str, Any]:
    return {"probe": probe, "folds": folds, "score": score, "chance": 0.14, "reach": reach}


def test_a_probe_within_reach_of_the_model_is_warned_of() -> None:
    rows = [row("model", 0.61, 1.0), row("duration", 0.24, 0.2), row("speaker", 0.9, 1.6, folds="random")]
    assert words(rows) == "Model UAR 0.61; probes: duration 0.24; chance 0.14."
    assert "WARNING: within reach of the model" in words([*rows, row("loudness", 0.4, 0.55)])
    assert words([*rows, row("loudness", 0.4, 0.55)]).endswith("loudness (55%).")
