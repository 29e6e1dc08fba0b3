from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pandas as pd
import pytest

from ser.corpora.base import Speaker
from ser.corpora.scan import ScanResult, scan
from ser.corpora.table import TableCorpus
from ser.errors import ConfigError, DataError

Speak = Callable[..., Path]
ROWS = pd.DataFrame(
    {
        "path": ["a/1.wav", "a/2.wav", "b/1.wav", "gone.wav"],
        "emotion": ["joy", "anger", "joy", "joy"],
        "speaker": ["7", "7", "8", ""],
        "gender": ["F", "female", "", ""],
        "age": ["31", "31", "", ""],
        "text_id": ["t1", "t2", "t1", ""],
        "colour": ["red", "", "", ""],
    }
)


@pytest.fixture
def mine(tmp_path: Path, noise: Speak) -> Path:
    for index, name in enumerate(("a/1", "a/2", "b/1", "unlisted")):
        noise(tmp_path / "mine" / f"{name}.wav", index)
    return tmp_path / "mine"


def own(path: Path | None, folder: Path | None = None) -> TableCorpus:
    return TableCorpus(path=path and str(path), folder=folder and str(folder), language="und")


def scanned(corpus: TableCorpus, out: Path) -> ScanResult:
    return scan(corpus, corpus.root(Path("/data"), Path()), out, workers=1, allowed_bad_share=0.5)


def written(path: Path, rows: pd.DataFrame = ROWS) -> Path:
    if path.suffix == ".parquet":
        rows.replace("", None).assign(speaker=[7, 7, 8, None]).to_parquet(path)
    else:
        rows.to_csv(path, index=False, encoding="utf-8-sig")
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_says_what_its_files_are(mine: Path, suffix: str) -> None:
    corpus = own(written(mine / f"table{suffix}"))
    result = scanned(corpus, mine.parent / "out")
    table = result.manifest
    assert table["utterance_id"].tolist() == ["table/a/1.wav", "table/a/2.wav", "table/b/1.wav"]
    assert table["emotion_native"].tolist() == ["joy", "anger", "joy"]
    assert table["speaker"].tolist() == ["table/7", "table/7", "table/8"]
    assert table["gender"].tolist()[:2] == ["female", "female"]
    assert table["age"].tolist()[0] == 31
    assert table["text_id"].tolist() == ["t1", "t2", "t1"]
    assert corpus.facts.speakers["8"] == Speaker(gender=None, age=None)
    assert corpus.parse(PurePosixPath("unlisted.wav")) is None
    # A file that is not there is refused by name; one that is not listed is none of the corpus.
    assert result.quarantine["path"].tolist() == ["gone.wav"]
    assert "No such file" in result.quarantine["reason"].iloc[0]


def test_paths_may_start_elsewhere_and_come_from_windows(mine: Path, tmp_path: Path) -> None:
    rows = ROWS.iloc[:3].assign(path=["a\\1.wav", "./a/2.wav", str(mine / "b" / "1.wav")])
    result = scanned(own(written(tmp_path / "table.csv", rows), mine), tmp_path / "out")
    assert sorted(result.manifest["path"]) == ["a/1.wav", "a/2.wav", "b/1.wav"]


def test_two_columns_do(mine: Path) -> None:
    result = scanned(own(written(mine / "table.csv", ROWS[["path", "emotion"]].iloc[:3])), mine.parent / "out")
    assert result.manifest["speaker"].isna().all()
    assert len(result.card.warnings) == 1


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (ROWS.assign(split="left"), "expected a split of train, training, test.*but got 'left'"),
        (ROWS.drop(columns="emotion"), "expected a column emotion, but got 'the columns .*colour"),
        (ROWS.assign(path=["a/1.wav"] * 4), r"expected every file once, but got 'a/1\.wav again in row 2'"),
        (ROWS.assign(emotion=["joy", "", "joy", "joy"]), "row 2 without"),
        (ROWS.assign(gender=["F", "M", "", ""]), "expected one gender of speaker 7, but got 'female and male'"),
        (ROWS.assign(gender=["X", "X", "", ""]), "expected a gender of female, f, male, m"),
        (ROWS.assign(age=["31", "31", "old", ""]), "expected an age in whole years, but got 'old'"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(mine: Path, rows: pd.DataFrame, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        scanned(own(written(mine / "table.csv", rows)), mine.parent / "out")


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00nonsense", b"PAR1 not really"])
def test_a_file_that_is_no_table_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / ("table.parquet" if content and content.startswith(b"PAR1") else "table.csv")
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match="expected a table of audio files"):
        own(path).listed(tmp_path)


def test_no_table_at_all_is_told() -> None:
    assert "no place given" in own(None).facts.title
    with pytest.raises(ConfigError, match=r"corpora\.table\.path.*Set path=FILE"):
        own(None).root(Path(), Path())


def test_the_split_of_the_table_reaches_the_manifest(mine: Path) -> None:
    rows = ROWS.iloc[:3].assign(split=["Training", "val", ""])
    table = scanned(own(written(mine / "table.csv", rows)), mine.parent / "out").manifest
    assert dict(zip(table["path"], table["split"].fillna("none"), strict=True)) == dict(
        zip(rows["path"], ["train", "dev", "none"], strict=True)
    )


def test_paths_are_written_one_way_only(mine: Path) -> None:
    rows = ROWS.iloc[:3].assign(path=[str(mine / "a" / "1.wav"), "b/../a/2.wav", "./b//1.wav"])
    result = scanned(own(written(mine / "table.csv", rows)), mine.parent / "out")
    assert sorted(result.manifest["utterance_id"]) == ["table/a/1.wav", "table/a/2.wav", "table/b/1.wav"]
    twice = rows.assign(path=["a/1.wav", "b/../a/1.wav", "b/1.wav"])
    with pytest.raises(DataError, match=r"every file once, but got 'a/1\.wav again in row 2'"):
        scanned(own(written(mine / "table.csv", twice)), mine.parent / "out")


def test_a_gender_that_some_rows_leave_out_is_that_of_the_others(mine: Path) -> None:
    rows = ROWS.iloc[:3].assign(speaker="7", gender=["", "F", ""], age=["31", "", ""])
    corpus = own(written(mine / "table.csv", rows))
    assert corpus.facts.speakers == {"7": Speaker(gender="female", age=31)}
