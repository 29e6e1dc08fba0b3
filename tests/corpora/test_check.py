from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path, PurePosixPath

import pytest

from ser.corpora import check as module
from ser.corpora.aesdd import Aesdd
from ser.corpora.check import EDITIONS, check, main
from ser.corpora.emovo import Emovo
from ser.corpora.jl_corpus import JLCorpus
from ser.corpora.shemo import Shemo
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
        "1 published names that are missing, such as dis-f1-b1",
        "disgust: 83 instead of 84",
    ]
    listed(tmp_path, "emovo.csv", paths)
    assert main([str(tmp_path)]) == 1
    assert "disgust: 83 instead of 84" in capsys.readouterr().out


def test_other_editions_are_told() -> None:
    matched = Shemo(folder=None, labels="transcript_matched", modified_labels=None)
    paths = [*matched.published(), PurePosixPath("female/F07S30.wav")]
    assert check(matched, paths) == [
        "1 names of another edition, such as F07S30",
        "1 names that are not published, such as F07S30",
        "sadness: 361 instead of 360",
    ]


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
