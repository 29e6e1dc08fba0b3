import json

import pandas as pd
import pytest
import sklearn.metrics

from ser.evaluation.aligned import align
from ser.evaluation.groups import FEWEST, by_group, group_table, quartiles, worst_in_words
from ser.evaluation.metrics import METRICS
from ser.evaluation.results import RunResult

CLASSES = ["angry", "happy", "sad"]


def scored(predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame) -> dict[str, object]:
    return by_group(align(predictions, utterances, folds, CLASSES), utterances, replicates=50, seed=0)


def mean_uar(predictions: pd.DataFrame) -> float:
    """Over the seeds."""
    scores = [
        sklearn.metrics.balanced_accuracy_score(rows["y_true"], rows["y_pred"])
        for _, rows in predictions.groupby("seed")
    ]
    return sum(scores) / len(scores)


def test_groupings_that_tell_nothing_apart_are_left_out(result: RunResult) -> None:
    assert list(result.summary["groups"]["groupings"]) == ["gender", "speaker", "duration"]


def test_each_group_is_scored_as_if_alone(
    result: RunResult, predictions: pd.DataFrame, utterances: pd.DataFrame
) -> None:
    rows = result.summary["groups"]["groupings"]["gender"]["rows"]
    genders = predictions["utterance_id"].map(utterances.set_index("utterance_id")["gender"]).fillna("unknown")
    assert [(row["group"], row["n"], row["speakers"]) for row in rows] == [
        ("female", 25, 2),
        ("male", 45, 3),
        ("unknown", 15, 1),
    ]
    for row in rows:
        inside = genders == row["group"]
        assert row["uar"] == pytest.approx(mean_uar(predictions[inside]))
        assert row["gap_to_rest"] == pytest.approx(row["uar"] - mean_uar(predictions[~inside]))
        assert set(METRICS) <= set(row)


def test_intervals_draw_speakers_and_fewer_than_four_have_none(result: RunResult) -> None:
    genders = {row["group"]: row for row in result.summary["groups"]["groupings"]["gender"]["rows"]}
    durations = result.summary["groups"]["groupings"]["duration"]["rows"]
    for row in durations:
        interval = row["uar_interval"]
        assert interval["clusters"] == row["speakers"] >= 4
        assert "speakers" in interval["method"]
        assert interval["low"] <= row["uar"] <= interval["high"]
    assert {name: row["uar_interval"] for name, row in genders.items() if row["speakers"] < 4} == dict.fromkeys(
        genders, None
    )
    speakers = result.summary["groups"]["groupings"]["speaker"]["rows"]
    assert [row["uar_interval"] for row in speakers] == [None] * 6
    assert [row["classes"] for row in speakers] == [3, 3, 3, 3, 3, 2]
    assert "none: too few speakers" in group_table(result.summary["groups"])


def test_only_large_groups_are_named_the_worst(result: RunResult) -> None:
    found = result.summary["groups"]
    # Every speaker has fewer than 20 utterances.
    assert {found["groupings"]["speaker"][key] for key in ("worst", "best", "gap")} == {None}
    gender = found["groupings"]["gender"]
    large = {row["group"]: row["uar"] for row in gender["rows"] if row["n"] >= FEWEST}
    assert set(large) == {"female", "male"}
    assert gender["worst"] == min(large, key=lambda name: large[name])
    assert gender["gap"] == pytest.approx(max(large.values()) - min(large.values()))
    lowest = min(
        (row["uar"], grouping["worst"])
        for grouping in found["groupings"].values()
        for row in grouping["rows"]
        if row["group"] == grouping["worst"]
    )
    assert (found["worst"]["uar"], found["worst"]["group"]) == lowest
    assert f"{found['worst']['group']}, UAR {lowest[0]:.3f}" in worst_in_words(found)


def test_the_words_say_when_there_is_nothing_to_compare(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    alone = utterances.assign(gender="male", speaker="toy/0", duration_s=2.0)
    found = scored(predictions, alone, folds)
    assert found["groupings"] == {}
    assert "No two groups" in worst_in_words(found)


def test_unknown_speakers_leave_intervals_over_utterances(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    rows = utterances.assign(speaker=None, language=["xx"] + ["de"] * 84)
    found = scored(predictions, rows, folds)
    assert "speaker" not in found["groupings"]
    one, many = sorted(found["groupings"]["language"]["rows"], key=lambda row: row["n"])
    assert (one["uar_interval"], one["speakers"]) == (None, None)
    assert "utterances" in many["uar_interval"]["method"]
    table = group_table(found)
    assert "none: too few utterances" in table
    assert " unknown " in table


def test_durations_fall_into_quarters_and_equals_stay_together() -> None:
    named = quartiles(pd.Series([1.0, 2.0, 3.0, 4.0]))
    assert named.tolist() == ["Q1: up to 1.75 s", "Q2: 1.75 to 2.50 s", "Q3: 2.50 to 3.25 s", "Q4: 3.25 to 4.00 s"]
    assert quartiles(pd.Series([2.0, 2.0, 2.0, 5.0])).nunique() == 2
    assert quartiles(pd.Series([2.0, None, 5.0])).isna().tolist() == [False, True, False]


def test_many_groups_show_the_lowest_in_the_table(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    rows = utterances.assign(language=[f"l{index % 12:02d}" for index in range(85)])
    found = scored(predictions, rows, folds)
    table = group_table(found)
    assert table.count("language (lowest 10 of 12)") == 10
    highest = max(found["groupings"]["language"]["rows"], key=lambda row: row["uar"])
    assert f"| {highest['group']} " not in table


def test_groups_survive_json(result: RunResult) -> None:
    found = result.summary["groups"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found
