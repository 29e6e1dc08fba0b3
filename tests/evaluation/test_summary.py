import json

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics

from ser.evaluation.results import RunResult
from ser.evaluation.summary import summarise

CLASSES = ["angry", "happy", "sad"]


def test_the_numbers_are_those_of_scikit_learn(result: RunResult, predictions: pd.DataFrame) -> None:
    summary = result.summary
    for name, score in (
        ("uar", sklearn.metrics.balanced_accuracy_score),
        ("accuracy", sklearn.metrics.accuracy_score),
        ("macro_f1", lambda true, predicted: sklearn.metrics.f1_score(true, predicted, average="macro")),
        ("weighted_f1", lambda true, predicted: sklearn.metrics.f1_score(true, predicted, average="weighted")),
        ("mcc", sklearn.metrics.matthews_corrcoef),
        ("kappa", sklearn.metrics.cohen_kappa_score),
    ):
        by_seed = [score(rows["y_true"], rows["y_pred"]) for _, rows in predictions.groupby("seed")]
        assert summary[name] == pytest.approx(np.mean(by_seed))
        assert [row[name] for row in summary["per_seed"]] == pytest.approx(by_seed)
    whole = sklearn.metrics.confusion_matrix(predictions["y_true"], predictions["y_pred"], labels=CLASSES)
    assert summary["confusion"] == whole.tolist()
    assert summary["n"] == 85
    assert summary["seeds"] == [0, 1]


def test_folds_are_scored_over_the_classes_they_have(result: RunResult, predictions: pd.DataFrame) -> None:
    scores = {}
    for (fold, seed), rows in predictions.groupby(["fold", "seed"]):
        recalls = [(group["y_pred"] == label).mean() for label, group in rows.groupby("y_true")]
        scores[fold, seed] = np.mean(recalls)
    for row in result.summary["folds"]:
        assert row["uar"] == pytest.approx(scores[row["fold"], row["seed"]])
        assert row["speakers"] == [f"toy/{row['fold'] - 1}"]
        assert row["n"] == (10 if row["fold"] == 6 else 15)
    by_fold = [np.mean([scores[fold, seed] for seed in (0, 1)]) for fold in range(1, 7)]
    assert result.summary["uar_fold_mean"] == pytest.approx(np.mean(by_fold))
    assert result.summary["uar_fold_std"] == pytest.approx(np.std(by_fold))


def test_the_development_parts_are_scored_over_all_folds(
    result: RunResult, development: pd.DataFrame, utterances: pd.DataFrame
) -> None:
    true = development["utterance_id"].map(utterances.set_index("utterance_id")["label"])
    named = development[[f"p_{name}" for name in CLASSES]].idxmax(axis=1).str.removeprefix("p_")
    rows = pd.DataFrame({"seed": development["seed"], "true": true, "named": named})
    scores = {"uar": sklearn.metrics.balanced_accuracy_score, "accuracy": sklearn.metrics.accuracy_score}
    assert result.summary["development"] == {
        "n": 85,
        **{
            name: pytest.approx(np.mean([score(part["true"], part["named"]) for _, part in rows.groupby("seed")]))
            for name, score in scores.items()
        },
    }


def test_it_holds_an_interval_and_both_baselines(result: RunResult) -> None:
    summary = result.summary
    interval, baselines = summary["uar_interval"], summary["baselines"]
    assert interval["low"] < summary["uar"] < interval["high"]
    assert (interval["clusters"], interval["level"]) == (6, 0.95)
    assert baselines["permuted"]["mean"] == pytest.approx(1 / 3, abs=0.05)
    assert baselines["permuted"]["p_value"] < 0.05
    # Sad is rarest, and the commonest class of a fold is angry by order.
    assert baselines["majority"] == {"uar": pytest.approx(1 / 3), "accuracy": pytest.approx(30 / 85)}
    assert baselines["stratified"]["uar"] == pytest.approx(1 / 3, abs=0.01)


def test_it_survives_json_unchanged(result: RunResult) -> None:
    assert json.loads(json.dumps(result.summary, allow_nan=False)) == result.summary


def test_the_order_of_rows_does_not_matter_and_draws_repeat(
    result: RunResult,
    predictions: pd.DataFrame,
    utterances: pd.DataFrame,
    folds: pd.DataFrame,
    development: pd.DataFrame,
) -> None:
    tables = [table.sample(frac=1, random_state=9) for table in (predictions, utterances, folds, development)]
    again = summarise(*tables[:3], CLASSES, development=tables[3], replicates=200)
    found, first = again.pop("calibration"), dict(result.summary)
    expected = first.pop("calibration")
    assert again == first
    for key in ("before", "after"):
        assert found[key]["ece"] == pytest.approx(expected[key]["ece"])


def test_unknown_speakers_are_said_to_be_unknown(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    summary = summarise(predictions, utterances.assign(speaker=None), folds, CLASSES, development=None, replicates=50)
    assert "speakers unknown" in summary["uar_interval"]["method"]
    assert "speakers unknown" in summary["baselines"]["permuted"]["method"]
    assert all(row["speakers"] == [] for row in summary["folds"])


def test_one_tested_speaker_has_no_interval(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    first = [table[table["fold"] == 1] for table in (predictions, folds)]
    assert summarise(first[0], utterances, first[1], CLASSES, development=None, replicates=50)["uar_interval"] is None


def test_a_class_that_is_never_tested_is_named_and_undefined(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    last = [table[table["fold"] == 6] for table in (predictions, folds)]
    summary = summarise(last[0], utterances, last[1], CLASSES, development=None, replicates=50)
    assert summary["classes_without_support"] == ["sad"]
    assert summary["per_class"]["sad"]["recall"] is None
