import itertools
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from ser.evaluation.aligned import align
from ser.evaluation.calibration import (
    BINS,
    HIGHEST,
    LOWEST,
    brier,
    calibration,
    equal_mass,
    equal_width,
    expected_calibration_error,
    fit_temperature,
    nll,
    temperatures,
    tempered,
)
from ser.evaluation.results import RunResult

CLASSES = ["angry", "happy", "sad"]


def forecasts(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and true classes drawn by them: calibrated by construction."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(4), n)
    return probabilities, (probabilities.cumsum(axis=1) < random.random((n, 1))).sum(axis=1)


def plain_error(confidence: np.ndarray, correct: np.ndarray, edges: np.ndarray) -> float:
    """Guo et al.'s sum over bins, written out."""
    total = 0.0
    for low, high in itertools.pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            total += inside.sum() * abs(correct[inside].mean() - confidence[inside].mean())
    return total / len(confidence)


def error(probabilities: np.ndarray, true: np.ndarray) -> float:
    confidence = probabilities.max(axis=1)
    return expected_calibration_error(confidence, probabilities.argmax(axis=1) == true, equal_width(confidence))


def test_the_scores_are_those_of_scikit_learn() -> None:
    probabilities, true = forecasts(500, 0)
    assert nll(probabilities, true) == pytest.approx(log_loss(true, probabilities))
    assert brier(probabilities, true) == pytest.approx(brier_score_loss(true, probabilities, labels=range(4)))
    both = np.stack([probabilities, probabilities[:, ::-1]])
    assert brier(both, true)[0] == pytest.approx(brier(probabilities, true))
    assert nll(both, true)[1] == pytest.approx(nll(probabilities[:, ::-1], true))


def test_a_class_called_impossible_costs_much_but_not_infinitely() -> None:
    certain = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert nll(certain, np.array([0, 1])) == pytest.approx(-np.log(np.finfo(np.float32).eps) / 2)
    assert brier(certain, np.array([0, 1])) == 1


@pytest.mark.parametrize("sharpness", [0.4, 1.0, 3.0])
def test_the_calibration_error_is_that_of_the_formula(sharpness: float) -> None:
    probabilities, true = forecasts(400, 1)
    sharp = tempered(probabilities, np.full(400, 1 / sharpness))
    confidence, correct = sharp.max(axis=1), sharp.argmax(axis=1) == true
    width = np.linspace(0, 1, BINS + 1)
    assert error(sharp, true) == pytest.approx(plain_error(confidence, correct, width))
    mass = np.concatenate([[0], np.quantile(confidence, np.arange(1, BINS) / BINS), [1]])
    ours = expected_calibration_error(confidence, correct, equal_mass(confidence))
    assert ours == pytest.approx(plain_error(confidence, correct, mass))
    assert np.ptp(np.bincount(equal_mass(confidence))) <= 1


def test_equal_confidences_share_a_bin_and_edges_belong_below() -> None:
    assert len(set(equal_mass(np.array([0.5] * 40 + [0.6] * 5)).tolist())) <= 2
    assert equal_width(np.array([0.0, 0.01, 1 / 3, 0.34, 1.0])).tolist() == [0, 0, 4, 5, 14]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_a_temperature_is_found_again_and_mends_what_it_broke(temperature: float) -> None:
    probabilities, true = forecasts(4000, 2)
    # What a model says whose logits are too large (or small) by this factor.
    said = tempered(probabilities, np.full(len(true), 1 / temperature))
    found = fit_temperature(said, true)
    assert found == pytest.approx(temperature, rel=0.06)
    mended = tempered(said, np.full(len(true), found))
    np.testing.assert_array_equal(mended.argmax(axis=1), said.argmax(axis=1))
    assert nll(mended, true) <= nll(said, true) + 1e-9
    assert error(mended, true) < 0.03
    grid = np.exp(np.linspace(np.log(LOWEST), np.log(HIGHEST), 200))
    losses = [nll(tempered(said, np.full(len(true), value)), true) for value in grid]
    assert found == pytest.approx(grid[int(np.argmin(losses))], rel=0.04)


def test_a_development_part_without_errors_gives_the_lowest_temperature_there_is() -> None:
    probabilities, _ = forecasts(30, 3)
    assert fit_temperature(probabilities, probabilities.argmax(axis=1)) == pytest.approx(LOWEST, rel=0.01)
    assert fit_temperature(probabilities, probabilities.argmin(axis=1)) == pytest.approx(HIGHEST, rel=0.01)


def test_each_fold_and_seed_has_a_temperature_of_its_own(development: pd.DataFrame, utterances: pd.DataFrame) -> None:
    found = temperatures(development, utterances, CLASSES)
    assert set(found) == {(fold, seed) for fold in range(1, 7) for seed in (0, 1)}
    other = development["fold"] != 2
    changed = development.assign(p_sad=development["p_sad"].where(other, 0.9))
    again = temperatures(changed, utterances, CLASSES)
    assert {key for key in found if found[key] != again[key]} == {(2, 0), (2, 1)}


def test_test_labels_never_reach_the_temperatures(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame, development: pd.DataFrame
) -> None:
    data = align(predictions, utterances, folds, CLASSES)
    found = calibration(data, development, utterances, CLASSES)
    right = align(predictions.assign(y_pred=predictions["y_true"]), utterances, folds, CLASSES)
    again = calibration(right, development, utterances, CLASSES)
    assert again["temperatures"] == found["temperatures"]
    assert again["after"]["ece"] != found["after"]["ece"]


def test_the_summary_holds_both_sides_and_every_bin(result: RunResult, predictions: pd.DataFrame) -> None:
    found = result.summary["calibration"]
    columns = [f"p_{name}" for name in CLASSES]
    by_seed = [
        brier_score_loss(rows["y_true"], rows[columns], labels=CLASSES) for _, rows in predictions.groupby("seed")
    ]
    assert found["before"]["brier"] == pytest.approx(np.mean(by_seed))
    # Drawn at random, the development parts call for less confidence.
    assert min(row["temperature"] for row in found["temperatures"]) > 1
    for side in ("before", "after"):
        rows = found[side]["reliability"]
        assert sum(row["n"] for row in rows) == len(predictions)
        assert all(row["low"] < row["confidence"] <= row["high"] for row in rows)
        right = sum(row["n"] * row["accuracy"] for row in rows)
        assert right == pytest.approx((predictions["y_true"] == predictions["y_pred"]).sum())
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_without_development_predictions_there_is_no_after(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    found = calibration(align(predictions, utterances, folds, CLASSES), None, utterances, CLASSES)
    assert (found["after"], found["temperatures"]) == (None, None)
