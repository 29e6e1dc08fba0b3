import warnings

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    matthews_corrcoef,
    precision_recall_fscore_support,
)

from ser.errors import ProtocolError
from ser.evaluation.metrics import (
    METRICS,
    accuracy,
    class_codes,
    confusion,
    confusions,
    kappa,
    macro_f1,
    mcc,
    per_class,
    uar,
    weighted_f1,
)
from ser.protocol import rules

CLASSES = ["angry", "disgust", "happy", "sad", "surprise"]


def labels(seed: int, true_classes: int, predicted_classes: int) -> tuple[list[str], list[str]]:
    """Draw labels of which some classes are never true, or never predicted."""
    random = np.random.default_rng(seed)
    return (
        random.choice(CLASSES[:true_classes], 60).tolist(),
        random.choice(CLASSES[len(CLASSES) - predicted_classes :], 60).tolist(),
    )


@pytest.mark.parametrize("present", [(5, 5), (3, 5), (5, 3), (3, 3), (1, 5)])
@pytest.mark.parametrize("seed", range(4))
def test_metrics_agree_with_scikit_learn(seed: int, present: tuple[int, int]) -> None:
    true, predicted = labels(seed, *present)
    counts = confusion(true, predicted, CLASSES)
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts, confusion_matrix(true, predicted, labels=CLASSES))
    with warnings.catch_warnings():
        # scikit-learn warns of predicted classes that are never true, and leaves them out as we do.
        warnings.simplefilter("ignore", UserWarning)
        assert uar(counts) == pytest.approx(balanced_accuracy_score(true, predicted))
    assert accuracy(counts) == pytest.approx(accuracy_score(true, predicted))
    assert macro_f1(counts) == pytest.approx(f1_score(true, predicted, average="macro"))
    assert weighted_f1(counts) == pytest.approx(f1_score(true, predicted, average="weighted"))
    assert mcc(counts) == pytest.approx(matthews_corrcoef(true, predicted))
    assert kappa(counts) == pytest.approx(cohen_kappa_score(true, predicted))


def test_agreement_of_constants_is_none_beyond_chance() -> None:
    # scikit-learn gives 0 and a warning for the first, nan for the second.
    assert mcc(np.array([[5, 0], [0, 0]])) == 0
    assert kappa(np.array([[5, 0], [0, 0]])) == 0
    assert mcc(np.array([[5, 0], [3, 0]])) == 0
    assert kappa(np.array([[5, 0], [3, 0]])) == 0
    assert kappa(np.array([[0, 5], [5, 0]])) == -1


def test_protocols_offer_the_metrics_there_are() -> None:
    assert tuple(METRICS) == rules.METRICS


@pytest.mark.parametrize("seed", range(4))
def test_each_class_agrees_with_scikit_learn(seed: int) -> None:
    true, predicted = labels(seed, 4, 3)
    ours = per_class(confusion(true, predicted, CLASSES))
    theirs = precision_recall_fscore_support(true, predicted, labels=CLASSES, zero_division=np.nan)
    for mine, reference in zip((ours.precision, ours.recall, ours.f1, ours.support), theirs, strict=True):
        np.testing.assert_allclose(mine, reference)


def test_undefined_scores_are_nan_and_left_out_of_the_means() -> None:
    # The third class is neither true nor predicted, the second is never predicted.
    counts = np.array([[3, 0, 0], [1, 0, 0], [0, 0, 0]])
    scores = per_class(counts)
    np.testing.assert_array_equal(scores.precision, [0.75, np.nan, np.nan])
    np.testing.assert_array_equal(scores.recall, [1, 0, np.nan])
    assert scores.f1[1] == 0
    assert uar(counts) == 0.5
    assert np.isnan([metric.function(np.zeros((3, 3), np.int64)) for metric in METRICS.values()]).all()


@pytest.mark.parametrize("name", METRICS)
def test_metrics_take_batches_of_any_shape_and_weighted_counts(name: str) -> None:
    counts = np.random.default_rng(0).integers(0, 9, size=(4, 3, 5, 5))
    function = METRICS[name].function
    batch = function(counts)
    assert batch.shape == (4, 3)
    for index in np.ndindex(4, 3):
        assert batch[index] == pytest.approx(function(counts[index]))
    np.testing.assert_allclose(function(counts * 0.5), batch)
    assert METRICS[name].higher_is_better


def test_pooled_and_fold_mean_uar_differ_where_a_fold_lacks_a_class() -> None:
    whole = np.array([[8, 2], [3, 7]])
    lacking = np.array([[1, 9], [0, 0]])
    assert uar(whole + lacking) == pytest.approx((9 / 20 + 7 / 10) / 2)
    assert uar(np.stack([whole, lacking])).mean() == pytest.approx((0.75 + 0.1) / 2)


def test_confusions_by_group_add_up_to_the_whole() -> None:
    random = np.random.default_rng(0)
    true, groups = random.integers(0, 4, 50), random.integers(0, 6, 50)
    predicted = random.integers(0, 4, (3, 50))
    counts = confusions(true, predicted, groups, (7, 4))
    assert counts.shape == (3, 7, 4, 4)
    assert (counts[:, 6] == 0).all()
    for seed in range(3):
        for group in range(6):
            rows = groups == group
            reference = confusion_matrix(true[rows], predicted[seed, rows], labels=range(4))
            np.testing.assert_array_equal(counts[seed, group], reference)


@pytest.mark.parametrize("strange", ["bored", None])
def test_a_label_that_is_no_class_is_named(strange: str | None) -> None:
    with pytest.raises(ProtocolError, match=r"one of the classes angry.*(bored|None|nan)"):
        class_codes(["angry", strange], CLASSES)  # type: ignore[list-item]
