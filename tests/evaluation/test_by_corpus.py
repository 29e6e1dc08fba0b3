import dataclasses
import json

import pandas as pd
import pytest
import sklearn.metrics

from ser.evaluation.by_corpus import corpus_table, lacking
from ser.evaluation.interchange import to_csv, to_json
from ser.evaluation.leaderboard import leaderboard, row, to_markdown
from ser.evaluation.model_card import model_card
from ser.evaluation.report import study_page
from ser.evaluation.results import RunResult
from ser.evaluation.summary import summarise

CLASSES = ["angry", "happy", "sad"]


def second(rows: pd.Series) -> pd.Series:
    """Give each utterance its corpus: speaker 5, who is never sad, is a corpus of its own."""
    return rows.str.contains("/5").map({True: "other", False: "toy"})


@pytest.fixture
def several(result: RunResult, predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame) -> RunResult:
    """The run, its utterances now being of two corpora."""
    rows = utterances.assign(corpus=second(utterances["utterance_id"]))
    summary = summarise(predictions, rows, folds, CLASSES, development=None, replicates=50)
    record = {**result.record, "corpora": {"other": {"benchmark": True}, "toy": {"benchmark": True}}}
    return dataclasses.replace(result, summary=summary, record=record)


def test_each_corpus_is_scored_over_the_classes_it_has(several: RunResult, predictions: pd.DataFrame) -> None:
    found = several.summary["corpora"]
    assert [(line["corpus"], line["n"], line["classes"]) for line in found] == [
        ("other", 10, ["angry", "happy"]),
        ("toy", 75, CLASSES),
    ]
    for line in found:
        rows = predictions[second(predictions["utterance_id"]) == line["corpus"]]
        scores = [
            (
                sklearn.metrics.recall_score(of["y_true"], of["y_pred"], labels=line["classes"], average="macro"),
                sklearn.metrics.accuracy_score(of["y_true"], of["y_pred"]),
            )
            for _, of in rows.groupby("seed")
        ]
        means = [sum(values) / len(values) for values in zip(*scores, strict=True)]
        assert [line["uar"], line["accuracy"]] == pytest.approx(means)


def test_what_a_corpus_lacks_is_named(several: RunResult, result: RunResult) -> None:
    assert lacking(several.summary) == {"other": ["sad"]}
    assert lacking(result.summary) == {}
    text = corpus_table(several.summary)
    assert "| other         |         10 | sad" in text
    assert "| toy           |         75 | none" in text
    assert corpus_table(result.summary) == ""


def test_pages_show_every_corpus(several: RunResult, result: RunResult) -> None:
    tables = leaderboard([row(several)])
    page = study_page("s", tables, [several])
    assert "Each corpus is scored over the classes it has: other has no sad." in " ".join(page.split())
    assert "UAR on each corpus:" in page
    assert corpus_table(several.summary) in page
    card = {"run_id": "a", "name": "n", **several.record}
    assert corpus_table(several.summary) in model_card(card, several.summary, {})
    alone = study_page("s", leaderboard([row(result)]), [result])
    assert "UAR over its classes" not in alone
    assert "corpus tested" not in model_card({"run_id": "a", "name": "n", **result.record}, result.summary, {})


def test_leaderboards_hold_the_score_on_every_corpus(several: RunResult, result: RunResult) -> None:
    uars = {line["corpus"]: line["uar"] for line in several.summary["corpora"]}
    tables = leaderboard([row(several)])
    assert f"{uars['other']:.3f}" in to_markdown(tables)
    assert json.loads(to_json(tables))[0]["rows"][0]["uar_by_corpus"] == uars
    alone = dataclasses.replace(result, record={**result.record, "data_hash": "another"})
    lines = [line.split(",") for line in to_csv(leaderboard([row(several), row(alone)])).splitlines()]
    assert all(len(line) >= len(lines[0]) for line in lines)
    assert lines[0][-2:] == ["uar/other", "uar/toy"]
    assert "UAR on each corpus" not in to_markdown(leaderboard([row(alone)]))


def test_one_corpus_that_is_not_tested_in_every_class_is_said(
    result: RunResult, predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    last = [table[table["fold"] == 6] for table in (predictions, folds)]
    summary = summarise(last[0], utterances, last[1], CLASSES, development=None, replicates=50)
    assert lacking(summary) == {"toy": ["sad"]}
    assert "| toy " in corpus_table(summary)
    part = dataclasses.replace(result, summary=summary)
    part.record["protocol"]["folds"] = 1
    text = " ".join(to_markdown(leaderboard([row(part)])).split())
    assert "85 utterances of 6 speakers, 10 of them tested, 3 classes (angry, happy, sad), 1 fold." in text
