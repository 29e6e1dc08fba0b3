"""Splits are read from the shapes in which people keep them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.model_selection import KFold

from ser.errors import DataError
from ser.protocol import foreign

Placed = dict[tuple[str, str], set[str]]
ONE = {("1", "train"): {"a.wav", "b.wav"}, ("1", "test"): {"c.wav"}}
TWO = {
    ("1", "train"): {"a.wav", "b.wav"},
    ("1", "test"): {"c.wav"},
    ("2", "train"): {"b.wav", "c.wav"},
    ("2", "test"): {"a.wav"},
}


def placed(table: pd.DataFrame) -> Placed:
    return table.groupby(["fold", "part"])["name"].agg(set).to_dict()


def read_text(place: Path, name: str, text: str) -> pd.DataFrame:
    (place / name).write_text(text, encoding="utf-8")
    return foreign.read(place / name)


def read_json(place: Path, value: object) -> pd.DataFrame:
    return read_text(place, "split.json", json.dumps(value))


@pytest.mark.parametrize("part", ["part", "split", "Set", "subset"])
@pytest.mark.parametrize("name", ["utterance_id", "file", "path", "File Name"])
@pytest.mark.parametrize("words", [("train", "test"), ("Training", "eval")])
def test_a_long_table_of_one_fold(part: str, name: str, words: tuple[str, str], tmp_path: Path) -> None:
    train, test = words
    text = f"{name},{part}\na.wav,{train}\nb.wav,{train}\nc.wav,{test}\n"
    assert placed(read_text(tmp_path, "split.csv", text)) == ONE
    assert placed(read_text(tmp_path, "split.tsv", text.replace(",", "\t"))) == ONE


def test_a_long_table_of_several_folds(tmp_path: Path) -> None:
    rows = [{"file": name, "fold": int(fold), "part": part} for (fold, part), names in TWO.items() for name in names]
    pd.DataFrame(rows).to_parquet(tmp_path / "split.parquet")
    assert placed(foreign.read(tmp_path / "split.parquet")) == TWO
    assert placed(read_json(tmp_path, rows)) == TWO


def test_a_column_for_each_fold(tmp_path: Path) -> None:
    found = placed(read_text(tmp_path, "split.csv", "file,fold_1,fold_2\na.wav,train,test\nc.wav,test,valid\n"))
    assert found == {
        ("fold_1", "train"): {"a.wav"},
        ("fold_1", "test"): {"c.wav"},
        ("fold_2", "test"): {"a.wav"},
        ("fold_2", "dev"): {"c.wav"},
    }


@pytest.mark.parametrize("column", ["fold", "split"])
def test_the_fold_that_tests_each_file(column: str, tmp_path: Path) -> None:
    found = read_text(tmp_path, "split.csv", f"file,{column}\na.wav,2\nb.wav,3\nc.wav,1\n")
    assert placed(found) == {
        ("1", "train"): {"a.wav", "b.wav"},
        ("1", "test"): {"c.wav"},
        ("2", "train"): {"b.wav", "c.wav"},
        ("2", "test"): {"a.wav"},
        ("3", "train"): {"a.wav", "c.wav"},
        ("3", "test"): {"b.wav"},
    }


@pytest.mark.parametrize(
    "value",
    [
        {"train": ["a.wav", "b.wav"], "test": ["c.wav"]},
        [["a.wav", "b.wav"], ["c.wav"]],
        [{"train": ["a.wav", "b.wav"], "test": ["c.wav"]}],
        {"files": ["a.wav", "b.wav", "c.wav"], "folds": [{"train": [0, 1], "test": [2]}]},
        {"files": ["a.wav", "b.wav", "c.wav"], "train": [0, 1], "test": [2]},
        {"train": [{"file": "a.wav"}, {"file": "b.wav"}], "test": [{"file": "c.wav"}]},
    ],
)
def test_json_of_one_fold(value: object, tmp_path: Path) -> None:
    assert placed(read_json(tmp_path, value)) == ONE


@pytest.mark.parametrize(
    "value",
    [
        {"1": {"train": ["a.wav", "b.wav"], "test": ["c.wav"]}, "2": {"train": ["b.wav", "c.wav"], "test": ["a.wav"]}},
        [[["a.wav", "b.wav"], ["c.wav"]], [["b.wav", "c.wav"], ["a.wav"]]],
        {"1": [["a.wav", "b.wav"], ["c.wav"]], "2": [["b.wav", "c.wav"], ["a.wav"]]},
    ],
)
def test_json_of_several_folds(value: object, tmp_path: Path) -> None:
    assert placed(read_json(tmp_path, value)) == TWO


def test_the_places_that_scikit_learn_gives(tmp_path: Path) -> None:
    names = [f"{letter}.wav" for letter in "abcdef"]
    pairs = [(train.tolist(), test.tolist()) for train, test in KFold(3).split(names)]
    found = placed(read_json(tmp_path, {"names": names, "splits": pairs}))
    assert found["2", "test"] == {"c.wav", "d.wav"}
    assert found["2", "train"] == {"a.wav", "b.wav", "e.wav", "f.wav"}
    assert placed(read_json(tmp_path, pairs))["2", "test"] == {"2", "3"}


def test_three_lists_are_train_dev_test(tmp_path: Path) -> None:
    found = placed(read_json(tmp_path, [["a"], ["b"], ["c"]]))
    assert found == {("1", "train"): {"a"}, ("1", "dev"): {"b"}, ("1", "test"): {"c"}}


def test_facts_and_what_learned_from_what_are_read(tmp_path: Path) -> None:
    columns = "file,split,Speaker ID,md5,augmented_from,Emotion,early_stopping_on"
    table = read_text(tmp_path, "split.csv", f"{columns}\na.wav,train,7,ff,,sad,test\n")
    (row,) = table.to_dict("records")
    assert {key: value for key, value in row.items() if not pd.isna(value)} == {
        "fold": "1",
        "part": "train",
        "name": "a.wav",
        "speaker": "7",
        "file": "ff",
        "label": "sad",
        "model_chosen_on": "test",
    }
    whole = read_json(tmp_path, {"1": {"train": ["a"], "test": ["b"], "chosen_on": "test"}, "scaler": "all"})
    assert set(whole["model_chosen_on"]) == {"test"}
    assert set(whole["scaler_fitted_on"]) == {"all"}


def test_numbers_with_gaps_are_the_numbers_written(tmp_path: Path) -> None:
    pd.DataFrame({"file": ["a", "b"], "part": ["train", "test"], "speaker": [3.0, None]}).to_parquet(
        tmp_path / "s.parquet"
    )
    found = foreign.read(tmp_path / "s.parquet")["speaker"]
    assert found[0] == "3"
    assert found.isna().tolist() == [False, True]


def test_lists_in_a_column_are_read_as_they_are_written(tmp_path: Path) -> None:
    table = pd.DataFrame({"file": ["a", "b"], "part": ["train", "test"], "speaker": [["3", "4"], None]})
    table.to_parquet(tmp_path / "s.parquet")
    found = foreign.read(tmp_path / "s.parquet")["speaker"]
    assert found.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("split.csv", "file,emotion\na.wav,sad\n", "the columns file, emotion"),
        ("split.csv", "speaker,part\n3,train\n", "the columns speaker, part"),
        ("split.csv", "file,part\na.wav,treino\n", "treino"),
        ("split.csv", "file,part\n,train\n", "1 rows without a name"),
        ("split.csv", "file,part\n", "no utterances"),
        ("split.json", "{", "Expecting property name"),
        ("split.json", "3", "a JSON int"),
        ("split.json", "[" * 100_000, "recursion"),
        ("split.json", '{"1": {"train": "a"}}', "neither parts by name"),
        ("split.json", '{"1": 3}', "neither parts by name"),
        ("split.json", '{"files": ["a"], "folds": [[[0], [1]]]}', "place 1 of a list of 1 names"),
        ("split.parquet", "no table", "split.parquet"),
    ],
)
def test_what_has_no_shape_is_refused_with_the_shapes(name: str, text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        read_text(tmp_path, name, text)
    assert said in str(raised.value)


def test_every_known_shape_of_a_part_is_one_of_ours() -> None:
    words: dict[Any, str | None] = {"VAL": "dev", " trn ": "train", "": "unused", None: "unused", "happy": None}
    assert {word: foreign.part_of(word) for word in words} == words
