import pandas as pd
import pytest
import sklearn.metrics

from ser.evaluation.classification import classification_report, classification_table
from ser.evaluation.results import RunResult
from ser.evaluation.summary import summarise

CLASSES = ["angry", "happy", "sad"]


def test_the_table_is_that_of_scikit_learn(result: RunResult, predictions: pd.DataFrame) -> None:
    ours = classification_table(result.summary)
    theirs = sklearn.metrics.classification_report(predictions["y_true"], predictions["y_pred"], output_dict=True)
    assert ours.pop("accuracy") == pytest.approx(theirs.pop("accuracy"))
    assert list(ours) == list(theirs)
    for name, row in ours.items():
        # Support is that of one seed; the predictions hold two.
        assert {**row, "support": 2 * row["support"]} == pytest.approx(theirs[name])


def test_the_report_reads_as_that_of_scikit_learn(result: RunResult, predictions: pd.DataFrame) -> None:
    one = {**result.summary, "seeds": [0]}
    theirs = sklearn.metrics.classification_report(predictions["y_true"], predictions["y_pred"], digits=3)
    ours = classification_report(one)
    assert [line.split()[:-1] for line in ours.splitlines()[2:]] == [
        line.split()[:-1] for line in theirs.splitlines()[2:]
    ]
    assert "Over 2 seeds" in classification_report(result.summary)


def test_an_average_of_nothing_defined_is_undefined(result: RunResult) -> None:
    nothing = {"precision": None, "recall": None, "f1": None, "support": 0}
    empty = {**result.summary, "per_class": dict.fromkeys(CLASSES, nothing)}
    assert classification_table(empty)["weighted avg"]["recall"] is None


def test_a_class_that_is_never_tested_is_undefined(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    last = [table[table["fold"] == 6] for table in (predictions, folds)]
    summary = summarise(last[0], utterances, last[1], CLASSES, development=None, replicates=50)
    assert classification_table(summary)["macro avg"]["recall"] == pytest.approx(summary["uar"])
    assert "-" in classification_report(summary).splitlines()[4]
