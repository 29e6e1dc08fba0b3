import pandas as pd
import pytest

from ser.evaluation.hardest import MOST, hardest

CLASSES = ["happy", "sad"]


def test_the_hardest_come_first_averaged_over_seeds() -> None:
    utterances = pd.DataFrame({"utterance_id": ["c", "b", "a"], "path": ["c.wav", "b.wav", "a.wav"]})
    predictions = pd.DataFrame(
        {
            "utterance_id": ["a", "b", "c", "c", "b", "a"],
            "seed": [0, 0, 0, 1, 1, 1],
            "y_true": ["happy", "sad", "sad", "sad", "sad", "happy"],
            "p_happy": [0.9, 0.8, 0.3, 0.9, 0.9, 0.7],
            "p_sad": [0.1, 0.2, 0.7, 0.1, 0.1, 0.3],
        }
    )
    found = hardest(predictions, utterances, CLASSES)
    assert [row["utterance_id"] for row in found] == ["b", "c", "a"]
    assert found[0] == {
        "utterance_id": "b",
        "path": "b.wav",
        "true": "sad",
        "predicted": "happy",
        "p_true": pytest.approx(0.15),
    }
    assert [row["predicted"] for row in found] == ["happy", "happy", "happy"]


def test_no_more_than_fifty_are_listed(predictions: pd.DataFrame, utterances: pd.DataFrame) -> None:
    assert len(hardest(predictions, utterances, ["angry", "happy", "sad"])) == MOST == 50
