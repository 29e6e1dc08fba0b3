import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ser.errors import ConfigError, DataError, ProtocolError
from ser.protocol.audit import audit, check
from ser.protocol.leaking import FileLists, FilesAtRandom, GroupsInNames

Make = Callable[..., pd.DataFrame]
COMMON = {"dev_share": 0.2, "seed": 0, "metric": "uar", "corpus_weights": {}, "self_training": None}
SETTINGS = {**COMMON, "benchmark": "Bench (2024)"}


def at_random(lists: Path | None = None, **changes: object) -> FilesAtRandom:
    corpora = {
        "toy": FileLists(folder="Toy", folds=1, utterances=60),
        "five": FileLists(folder="five", folds=5, utterances=60),
    }
    settings = {"name": "bench_leaking", "corpora": corpora, "share": 0.25, "lists": lists and str(lists)}
    return FilesAtRandom(**{**SETTINGS, **settings, **changes})


def by_number() -> GroupsInNames:
    return GroupsInNames(
        name="numbers", corpus="toy", utterances=60, first=-1, last=60, dev=["0"], test=["1", "2"], **SETTINGS
    )


@pytest.fixture
def rows(corpus: Make) -> pd.DataFrame:
    made = corpus(speakers=2, each=10)
    return made.assign(path="wav/" + made["utterance_id"].str.removeprefix("toy/").str.upper() + ".WAV")


def write_lists(folder: Path, rows: pd.DataFrame, tested: pd.Series) -> None:
    (folder / "Toy" / "fold_1").mkdir(parents=True)
    for side, chosen in (("train", ~tested), ("test", tested)):
        lines = [json.dumps({"key": "x", "wav": f"downloads/{path}"}) for path in rows.loc[chosen, "path"]]
        (folder / "Toy" / "fold_1" / f"Toy_{side}_fold_1.jsonl").write_text("\n".join(lines))


def test_a_quarter_of_each_class_is_tested_whoever_speaks(rows: pd.DataFrame) -> None:
    folds = at_random().split(rows)
    check(found := audit(folds, rows), at_random())
    table = folds.merge(rows, on="utterance_id", validate="one_to_one")
    assert table[table["part"] == "test"]["label"].value_counts().to_dict() == {"angry": 5, "happy": 5, "sad": 5}
    assert not found.speaker_independent
    assert "speakers overlap in 1 of 1 folds" in found.verdict
    assert not at_random(seed=1).split(rows).equals(folds)


def test_the_lists_of_the_benchmark_are_its_very_files(rows: pd.DataFrame, tmp_path: Path) -> None:
    tested = rows["utterance_id"].str.endswith(("-3", "-7"))
    listed = rows[~rows["utterance_id"].str.endswith("-9")]
    write_lists(tmp_path, listed, tested[listed.index])
    rule = at_random(tmp_path)
    table = rule.split(rows).merge(rows, on="utterance_id", validate="one_to_one")
    assert set(table.loc[table["part"] == "test", "utterance_id"]) == set(rows.loc[tested, "utterance_id"])
    assert set(table["utterance_id"]) == set(listed["utterance_id"]), "what no list names is in no fold"
    assert len(rule.sources()) == 2
    assert "by its lists of files" in rule.describe()
    assert rule.remarks(table) == ["OTHER DATA: not the utterances of Bench (2024): 54 of toy, where it had 60."]


def test_lists_that_give_a_file_to_both_sides_are_refused(rows: pd.DataFrame, tmp_path: Path) -> None:
    write_lists(tmp_path, rows, rows.index < 9)
    lists = sorted((tmp_path / "Toy" / "fold_1").iterdir())
    lists[1].write_text(lists[1].read_text() + "\n" + lists[0].read_text().splitlines()[0])
    with pytest.raises(ProtocolError, match=r"one side of a fold.*'1 on both, such as toy/"):
        at_random(tmp_path).split(rows)


def test_lists_of_another_corpus_are_refused(rows: pd.DataFrame, tmp_path: Path) -> None:
    write_lists(tmp_path, rows.assign(path="else/" + rows.index.astype("str") + ".wav"), rows.index < 9)
    with pytest.raises(ProtocolError, match=r"the 51 files of toy that .*_train_fold_1\.jsonl lists.*'0 of them'"):
        at_random(tmp_path).split(rows)


@pytest.mark.parametrize("content", [None, "no json", '{"path": "a.wav"}', "[1]"])
def test_lists_that_are_none_are_told(rows: pd.DataFrame, tmp_path: Path, content: str | None) -> None:
    write_lists(tmp_path, rows, rows.index < 9)
    broken = tmp_path / "Toy" / "fold_1" / "Toy_train_fold_1.jsonl"
    broken.unlink() if content is None else broken.write_text(content)
    with pytest.raises(DataError, match=r"JSON lines.*protocol\.lists"):
        at_random(tmp_path).split(rows)


def test_five_lists_cannot_be_dealt_anew_and_other_corpora_are_not_split(rows: pd.DataFrame) -> None:
    with pytest.raises(ProtocolError, match=r"without its lists, toy.*got 'five'.*protocol\.lists"):
        at_random().split(rows.assign(corpus="five"))
    with pytest.raises(ProtocolError, match="got 'other'"):
        at_random().split(rows.assign(corpus="other"))


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"protocol\.share"):
        at_random(share=1.0)


def test_groups_in_the_names_are_dealt_as_listed(rows: pd.DataFrame) -> None:
    table = by_number().split(rows).merge(rows, on="utterance_id", validate="one_to_one")
    part_of = table["utterance_id"].str[-1].groupby(table["part"]).agg(set).to_dict()
    assert part_of == {"dev": {"0"}, "test": {"1", "2"}, "train": set("3456789")}
    check(found := audit(by_number().split(rows), rows), by_number())
    assert not found.speaker_independent
    assert by_number().remarks(rows) == []
    with pytest.raises(ProtocolError, match="corpus=toy"):
        by_number().split(rows.assign(corpus="other"))


def test_names_and_lists_do_not_count_in_the_identity() -> None:
    assert at_random().settings() == by_number().settings()
    assert at_random().sources() == []
    assert at_random().describe().startswith("NOT speaker-independent")
    assert by_number().describe().startswith("NOT speaker-independent")
