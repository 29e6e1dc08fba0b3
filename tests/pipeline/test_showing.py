"""What MLflow is told of a run: words, tables, data, and its place in the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from ser.corpora.manifest import SCHEMA
from ser.pipeline import showing
from ser.pipeline.runs import RunFolder

CLASSES = ["angry", "sad"]
TRUE, PREDICTED = ["angry", "angry", "angry", "sad"], ["angry", "sad", "angry", "sad"]


def record(**protocol: object) -> dict[str, Any]:
    usual = {
        "name": "loso",
        "hash": "0123456789ab",
        "words": "leave one speaker out",
        "warning": "",
        "labels": "seven",
        "classes": CLASSES,
        "speaker_independent": True,
        "transductive": False,
        "metric": "uar",
        "verdict": "speaker-independent",
    }
    facts = {"title": "A corpus", "licence": "CC0", "language": "de", "citation": "Nobody, 1999"}
    return {
        "run_id": "abc",
        "name": "a svm",
        "chosen_on": "nothing",
        "corpora": {"a": facts, "b": facts},
        "data_hash": "d" * 16,
        "features": "functionals",
        "model": "svm",
        "protocol": usual | protocol,
    }


@pytest.fixture
def summary() -> dict[str, Any]:
    return {
        "n": 4,
        "uar": 0.8333,
        "accuracy": 0.75,
        "macro_f1": 0.7333,
        "kappa": 0.5,
        "classes": CLASSES,
        "confusion": confusion_matrix(TRUE, PREDICTED, labels=CLASSES).tolist(),
        "per_class": {
            "angry": {"precision": 1.0, "recall": 2 / 3, "f1": 0.8, "support": 3},
            "sad": {"precision": None, "recall": 1.0, "f1": 2 / 3, "support": 1},
        },
        "uar_interval": {"low": 0.6, "high": 0.9, "method": "percentile bootstrap over speakers"},
        "baselines": {"majority": {"uar": 0.5}, "permuted": {"mean": 0.49}},
        "folds": [{"fold": 1, "seed": 3}, {"fold": 2, "seed": 3}],
    }


def test_the_words_of_a_run_give_score_baselines_protocol_warning_and_how_to_repeat(summary: dict[str, Any]) -> None:
    text = showing.description(record(warning="TRANSDUCTIVE: it sees the test.", speaker_independent=False), summary)
    for words in (
        "**UAR 0.833** (95 % interval 0.600 to 0.900, percentile bootstrap over speakers); accuracy 0.750",
        "commonest class 0.500, labels permuted 0.490",
        "leave one speaker out",
        "**NOT speaker-independent: these numbers say nothing of new speakers.**",
        "**TRANSDUCTIVE: it sees the test.**",
        "`ser verify abc`",
    ):
        assert words in text
    assert "UAR" not in showing.description(record(), None), "there is no score while it trains"
    by_kappa = showing.description(record(metric="kappa"), summary | {"uar_interval": None})
    assert "**UAR 0.833**; kappa 0.500" in by_kappa


def test_the_matrix_is_a_table_with_a_row_for_each_pair_of_classes(summary: dict[str, Any]) -> None:
    table = showing.tables(summary)["tables/confusion_matrix.json"]
    frame = pd.DataFrame(table.rows, columns=table.columns)
    wide = frame.pivot_table(index="actual", columns="predicted", values="count")
    np.testing.assert_array_equal(wide.loc[CLASSES, CLASSES], confusion_matrix(TRUE, PREDICTED))
    np.testing.assert_allclose(frame.groupby("actual")["share"].sum(), 1, atol=1e-3)
    assert table.rows[1][:2] == ["angry as sad", 0.3333]
    untested = showing.tables(summary | {"confusion": [[2, 1], [0, 0]]})["tables/confusion_matrix.json"]
    assert [row[1] for row in untested.rows] == [0.6667, 0.3333, None, None]


def test_each_class_has_metrics_where_they_are_defined(summary: dict[str, Any]) -> None:
    assert showing.class_metrics(summary) == {
        "test/precision/angry": 1.0,
        "test/recall/angry": 2 / 3,
        "test/f1/angry": 0.8,
        "test/recall/sad": 1.0,
        "test/f1/sad": 2 / 3,
    }
    table = showing.tables(summary)["tables/per_class.json"]
    assert table.rows[1] == ["sad", 1.0, None, 2 / 3, 1]


def test_a_flawed_protocol_never_shares_an_alias_with_a_clean_one(summary: dict[str, Any]) -> None:
    records = [
        record(),
        record(speaker_independent=False),
        record(transductive=True, warning="TRANSDUCTIVE: it sees the test."),
        record(warning="ENROLMENT: known by 3 clips. OTHER DATA: a part."),
        record(hash="ba9876543210"),
        record() | {"data_hash": "e" * 16},
    ]
    found = [showing.candidacy(facts, summary) for facts in records]
    assert {candidacy.model for candidacy in found} == {"a+b-seven"}
    assert len({candidacy.alias for candidacy in found}) == len(found)
    names = [candidacy.alias.rpartition("-")[0] for candidacy in found]
    assert names == ["loso", "loso-leaking", "loso-transductive", "loso-enrolment-other_data", "loso", "loso"]
    assert found[0].tags["ser.interval"] == "UAR 0.600 to 0.900"
    assert found[0].tags["ser.fit"] == "fold 1, seed 3"


def test_names_hold_only_what_mlflow_allows(summary: dict[str, Any]) -> None:
    odd = showing.candidacy(record(name="my split (v2)/ä", labels="a/b:c's"), summary | {"uar_interval": None})
    assert odd.alias.startswith("my_split_v2_-")
    assert odd.model == "a+b-a_b_c_s"
    assert odd.tags["ser.interval"] == "none"


def test_the_data_are_described_by_corpus_and_what_they_were_for(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    kinds = {"string": "x", "int16": 30, "int32": 16000, "double": 1800.0}
    rows = [
        {field.name: kinds[str(field.type)] for field in SCHEMA}
        | {"utterance_id": f"{corpus}/{number}", "corpus": corpus, "speaker": f"{corpus}/s{number}"}
        | {"label": CLASSES[number % 2]}
        for corpus in "ab"
        for number in range(3)
    ]
    utterances = pd.DataFrame(rows)
    utterances.to_parquet(folder.utterances)
    parts = utterances["corpus"].map({"a": "train", "b": "test"})
    pd.DataFrame({"utterance_id": utterances["utterance_id"], "fold": 1, "part": parts}).to_parquet(folder.folds)
    first, second = showing.datasets(folder, record())
    assert [data.context for data in (first, second)] == ["training", "evaluation"]
    assert first.profile == {"num_rows": 3, "speakers": 3, "hours": 1.5, "classes": {"angry": 2, "sad": 1}}
    assert first.source["licence"] == "CC0"
    assert first.digest != second.digest
    assert first.columns["duration_s"] == "double"
    assert first.columns["sample_rate_hz"] == "long"
    swapped = pd.concat([pd.read_parquet(folder.folds), pd.read_parquet(folder.folds).assign(fold=2, part="train")])
    swapped.to_parquet(folder.folds)
    assert [data.context for data in showing.datasets(folder, record())] == ["training", "cross-validation"]
