from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path, PurePosixPath

import pytest

from ser.corpora import check as module
from ser.corpora.aesdd import Aesdd
from ser.corpora.check import EDITIONS, check, main
from ser.corpora.emodb import EmoDB
from ser.corpora.emovo import Emovo
from ser.corpora.jl_corpus import JLCorpus
from ser.corpora.ravdess import Ravdess
from ser.errors import DataError

EMOVO = Emovo(folder=None)


def listed(folder: Path, name: str, paths: list[PurePosixPath]) -> None:
    rows = "\n".join(f'"{path}",x' for path in paths)
    (folder / name).write_text(f"path,emotion\n{rows}\n", encoding="utf-8")


def test_the_lists_that_the_corpora_give_themselves_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for corpus in EDITIONS:
        listed(tmp_path, f"{corpus.facts.id}.csv", list(corpus.published()))
    listed(tmp_path, "jlcorpus.sha256.csv", list(JLCorpus(folder=None, emotions="all").published()))
    # The unreadable file of AESDD is missing from most lists.
    listed(tmp_path, "aesdd.csv", [path for path in Aesdd(folder=None).published() if path.stem != "s05 (3)"])
    assert main([str(tmp_path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 12
    assert any(line.startswith("emovo.csv: emovo: 588 utterances, 6 speakers, anger 84") for line in said)
    assert any("unknown gender 604" in line for line in said)


def test_whatever_disagrees_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [*list(EMOVO.published())[1:], PurePosixPath("f1/holiday.wav")]
    assert check(EMOVO, paths) == [
        "1 names that do not parse, such as f1/holiday.wav",
        "disgust: 83 instead of 84",
        "1 published names that are missing, such as dis-f1-b1",
    ]
    listed(tmp_path, "emovo.csv", paths)
    assert main([str(tmp_path)]) == 1
    assert "disgust: 83 instead of 84" in capsys.readouterr().out


def test_names_of_another_edition_are_told() -> None:
    song = Ravdess(folder=None, song=True)
    sung = PurePosixPath("Actor_01/03-02-01-01-01-01-01.wav")
    assert sung.name in {path.name for path in song.published()}
    speech = Ravdess(folder=None, song=False)
    assert check(speech, [*speech.published(), sung]) == [
        "neutral: 97 instead of 96",
        "1 names that are not published, such as 03-02-01-01-01-01-01",
    ]


def test_where_names_follow_no_rule_counts_are_compared() -> None:
    first = EmoDB(folder=None, ambiguous=False)
    others = [path.with_stem(f"{path.stem[:-1]}f") if path.stem[-1] == "b" else path for path in first.published()]
    assert check(first, others) == []
    assert check(first, others[1:]) == ["anger: 126 instead of 127", "male, anger: 59 instead of 60"]


def test_it_runs_as_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed(tmp_path, "emovo.csv", list(EMOVO.published()))
    monkeypatch.setattr(sys, "argv", ["check", str(tmp_path)])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(f"{module.__file__}", run_name="__main__")


def test_a_folder_without_lists_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="CSV files named after corpora"):
        main([str(tmp_path)])


@pytest.mark.skipif("SER_MANIFESTS" not in os.environ, reason="SER_MANIFESTS names no folder of true file lists")
def test_the_true_lists_agree() -> None:
    assert main([os.environ["SER_MANIFESTS"]]) == 0
