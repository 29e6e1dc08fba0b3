import itertools

import numpy as np
import pandas as pd
import pytest

from ser.evaluation.abstention import abstention, most_confident
from ser.evaluation.aligned import align
from ser.evaluation.results import RunResult

CLASSES = ["angry", "happy", "sad"]


def test_the_most_confident_come_first() -> None:
    probabilities = np.array([[0.6, 0.4], [0.1, 0.9], [0.8, 0.2]])
    counts = most_confident(np.array([1, 3, 0]), probabilities)
    assert counts[0].tolist() == [[0, 0], [0, 1]]
    assert counts[1].tolist() == [[1, 0], [0, 1]]
    assert counts[2].tolist() == [[1, 1], [0, 1]]


def test_equals_count_as_the_mean_over_all_their_orders() -> None:
    confidence = np.array([0.9, 0.7, 0.7, 0.7, 0.6])
    probabilities = np.column_stack([confidence, 1 - confidence])
    cells = np.array([0, 1, 0, 3, 2])
    wholes = []
    for tied in itertools.permutations([1, 2, 3]):
        one_hot = np.eye(4)[cells[[0, *tied, 4]]]
        wholes.append(one_hot.cumsum(axis=0))
    np.testing.assert_allclose(most_confident(cells, probabilities).reshape(5, 4), np.mean(wholes, axis=0))
    shuffled = [3, 0, 4, 2, 1]
    np.testing.assert_allclose(
        most_confident(cells[shuffled], probabilities[shuffled]), most_confident(cells, probabilities)
    )


def test_the_curve_ends_at_the_whole_and_the_area_is_the_mean_error(
    result: RunResult, predictions: pd.DataFrame
) -> None:
    found = result.summary["abstention"]
    last = found["curve"][-1]
    assert (last["coverage"], last["n"], last["classes"]) == (1, 85, 3)
    assert last["uar"] == pytest.approx(result.summary["uar"])
    assert last["accuracy"] == pytest.approx(result.summary["accuracy"])
    assert found["aurc_random"] == pytest.approx(1 - result.summary["accuracy"])
    areas, halves = [], []
    for _, rows in predictions.groupby("seed"):
        order = np.argsort(-rows[[f"p_{name}" for name in CLASSES]].max(axis=1).to_numpy())
        wrong = (rows["y_true"] != rows["y_pred"]).to_numpy()[order]
        risks = wrong.cumsum() / np.arange(1, len(wrong) + 1)
        areas.append(risks.mean())
        halves.append(1 - risks[42])
    assert found["aurc"] == pytest.approx(np.mean(areas))
    half = found["curve"][9]
    assert (half["coverage"], half["n"]) == (0.5, 43)
    assert half["accuracy"] == pytest.approx(np.mean(halves))


def test_knowing_its_errors_a_model_reaches_the_ideal_area(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    right = predictions["y_true"] == predictions["y_pred"]
    # No tie among the right ones or the wrong ones matters.
    sure = predictions.assign(p_angry=right.map({True: 0.9, False: 0.5}), p_happy=0.05, p_sad=0.05)
    found = abstention(align(sure, utterances, folds, CLASSES))
    assert found["aurc"] == pytest.approx(found["aurc_ideal"])
    assert found["curve"][0]["accuracy"] == 1
    level = abstention(align(sure.assign(p_angry=0.9), utterances, folds, CLASSES))
    assert level["aurc"] == pytest.approx(level["aurc_random"])
