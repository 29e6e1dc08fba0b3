import pandas as pd
import pytest

from ser.evaluation.sample import PER_CLASS, sample

CLASSES = ["angry", "happy", "sad"]


def test_the_same_utterances_are_taken_whatever_was_predicted(predictions: pd.DataFrame) -> None:
    swapped = predictions.rename(columns={"p_angry": "p_sad", "p_sad": "p_angry"})
    first, second = sample(predictions, CLASSES), sample(swapped.sample(frac=1, random_state=1), CLASSES)
    assert [row["utterance_id"] for row in first] == [row["utterance_id"] for row in second]
    assert [row["true"] for row in first] == [name for name in CLASSES for _ in range(PER_CLASS)]


def test_the_class_of_the_highest_mean_probability_is_named() -> None:
    rows = {"utterance_id": ["a", "a"], "seed": [0, 1], "y_true": ["sad", "sad"]}
    predictions = pd.DataFrame({**rows, "p_angry": [0.9, 0.2], "p_happy": [0.0, 0.1], "p_sad": [0.1, 0.7]})
    assert sample(predictions, CLASSES) == [
        {"utterance_id": "a", "true": "sad", "predicted": "angry", "p_predicted": pytest.approx(0.55)}
    ]
