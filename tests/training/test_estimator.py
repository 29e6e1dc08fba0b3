from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from ser.models.kernel_ridge import KernelRidge
from ser.protocol.learning import SelfTraining
from ser.training.data import FoldData
from ser.training.estimator import most_confident, train_estimator

RIDGE = KernelRidge(name="kernel_ridge", gamma=0.5, penalty=0.02, class_weight="balanced")
CLASSES = ["angry", "happy", "sad"]


@pytest.fixture
def shifted(fold: Any) -> FoldData:
    """A fold whose test speaker has a voice of another place: classes as far apart, all of them moved."""
    data: FoldData = fold(noise=0.8, clips=90)()
    data.test.values[:] += 1.3 * np.array([1, -1, 1, -1, 1, -1], np.float32)
    return data


def shares_of(data: FoldData, rounds: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of the development and of the test part."""
    adaption = SelfTraining(rounds=rounds, share=0.6) if rounds else None
    chooser, model = train_estimator(dataclasses.replace(data, self_training=adaption), RIDGE, classes=CLASSES, seed=0)
    return chooser.predict_proba(data.dev), model.predict_proba(data.test)


def test_the_surest_of_each_predicted_class_are_chosen() -> None:
    sure = np.array([0.9, 0.5, 0.8, 0.6, 0.7, 0.55], np.float32)
    labels = np.array([0, 0, 0, 0, 2, 2])
    probabilities = np.zeros((6, 4), np.float32)
    probabilities[np.arange(6), labels] = sure
    probabilities[np.arange(6), (labels + 1) % 4] = 1 - sure
    for share, expected in ((0.5, [0, 2, 4]), (0.01, [0, 4]), (1.0, [0, 1, 2, 3, 4, 5])):
        chosen, found = most_confident(probabilities, share)
        assert chosen.tolist() == expected
        np.testing.assert_array_equal(found, labels[chosen])


def test_self_training_follows_a_shifted_test_part(shifted: FoldData) -> None:
    truth = shifted.train_labels  # all parts of the fixture's fold have the same labels
    right = [(shares_of(shifted, rounds)[1].argmax(axis=1) == truth).mean() for rounds in (0, 1, 3)]
    assert right[0] < right[1] <= right[2]
    assert right[2] > right[0] + 0.05


def test_the_development_score_is_of_a_model_that_saw_no_test_clip(shifted: FoldData) -> None:
    np.testing.assert_array_equal(shares_of(shifted)[0], shares_of(shifted, rounds=2)[0])


def test_a_round_is_a_fit_on_all_labelled_clips_and_the_surest_test_clips(shifted: FoldData) -> None:
    chosen, labels = most_confident(shares_of(shifted)[1], 0.6)
    rows = np.concatenate([shifted.train.values, shifted.dev.values, shifted.test.values[chosen]]).astype(np.float64)
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    targets = np.concatenate([shifted.train_labels, shifted.dev_labels, labels])
    again = RIDGE.build(0, [6]).fit(((rows - mean) / scale).astype(np.float32), targets)
    expected = RIDGE.probabilities(again, ((shifted.test.values - mean) / scale).astype(np.float32))
    np.testing.assert_allclose(shares_of(shifted, rounds=1)[1], expected, atol=1e-4)


def test_adopted_clips_count_as_their_corpus_does(shifted: FoldData) -> None:
    ones = np.ones(len(shifted.train), np.float32)
    found = {
        weight: shares_of(
            dataclasses.replace(shifted, train_weights=ones, dev_weights=ones, test_weights=weight * ones), rounds=1
        )[1]
        for weight in (1e-6, 0.3, 1.0)
    }
    plain, adapted = shares_of(shifted)[1], shares_of(shifted, rounds=1)[1]
    np.testing.assert_allclose(found[1.0], adapted, atol=1e-6)
    assert np.abs(plain - found[0.3]).mean() < np.abs(plain - found[1.0]).mean()


def test_where_nothing_is_tested_there_is_nothing_to_adapt_to(fold: Any) -> None:
    data = fold()()
    empty = dataclasses.replace(data.test, values=data.test.values[:0], offsets=data.test.offsets[:1])
    chooser, model = train_estimator(
        dataclasses.replace(data, test=empty, self_training=SelfTraining(rounds=2, share=0.6)),
        RIDGE,
        classes=CLASSES,
        seed=0,
    )
    assert chooser is model
