"""What `ser corpora` tells of editions, and where `ser fetch` puts them."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

import pytest

from ser.cli import main
from ser.errors import ConfigError
from ser.machine import corpora_text, corpus_named, doctor, state


def test_an_edition_is_fetched_beside_the_usual_one_and_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "both.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name in ("03-01-01-01-01-01-01.wav", "03-02-01-01-01-01-01.wav"):
            packed.writestr(f"Actor_01/{name}", b"RIFF")
    raw = tmp_path / "raw"
    for edition, counted in (("speech", "1 utterances (1440"), ("song", "2 utterances (2452")):
        job = ["fetch", "ravdess", "--edition", edition, "--from", str(archive), "--data-dir", str(raw)]
        assert main(job) == 0
        assert counted in capsys.readouterr().out
    assert {path.name for path in raw.iterdir()} == {"ravdess", "ravdess-song", ".fetch"}
    states = {" ".join(line.split()[:8]) for line in corpora_text(raw).splitlines() if "--edition" in line}
    assert "ser fetch ravdess --edition song 2 of 2452" in states
    assert "ser fetch cafe --edition 192k missing 1600 MB" in states


def test_the_words_after_fetching_an_edition_scan_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "sung.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("Actor_01/03-02-01-01-01-01-01.wav", b"RIFF")
    assert main(["fetch", "ravdess", "--edition", "song", "--from", str(archive), "--data-dir", str(tmp_path)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    words = last.partition("next: ser ")[2].split()
    assert words[2:4] == ["corpora.ravdess.folder=ravdess-song", "corpora.ravdess.song=true"]
    # They are taken; what is in the archive is no audio, and that is the complaint.
    assert main([*words, f"work_dir={tmp_path}"]) == 2
    assert "ravdess-song" in capsys.readouterr().err


def test_a_corpus_refuses_settings_that_it_does_not_have() -> None:
    assert corpus_named("ravdess").folder is None
    with pytest.raises(ConfigError, match="song"):
        corpus_named("emodb", {"song": True})


def touch(root: Path, *names: PurePosixPath | str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_how_much_of_a_corpus_is_here_is_counted(tmp_path: Path) -> None:
    emodb = corpus_named("emodb")
    assert state(emodb, tmp_path / "nowhere") == "missing"
    assert state(emodb, tmp_path) == "empty"
    assert state(emodb, touch(tmp_path / "other", "wav/hello.wav")) == "0 of 535"
    twice = touch(tmp_path / "few", "wav/03a01Wa.wav", "copy/03A01WA.WAV", "wav/03a01Wa.txt", "wav/03a01Nc.wav")
    assert state(emodb, twice) == "2 of 535"
    assert state(emodb, touch(tmp_path / "all", *emodb.published())) == "whole"
    assert state(emodb, touch(tmp_path / "voice", "SYNTHETIC.txt")) == "synthetic"


def test_a_count_stands_alone_where_none_is_published(tmp_path: Path) -> None:
    second = corpus_named("emodb", {"ambiguous": True})
    assert state(second, touch(tmp_path, "wav/03a01Wa.wav")) == "1"


def test_the_file_that_is_published_damaged_does_not_spoil_the_whole(tmp_path: Path) -> None:
    aesdd = corpus_named("aesdd")
    names = list(aesdd.published())
    assert len(names) == sum(aesdd.facts.classes.values()) + 1
    assert state(aesdd, touch(tmp_path, *names)) == "whole"


def test_an_edition_that_cannot_be_told_is_unclear(tmp_path: Path) -> None:
    # More than the first edition has, without the list that tells what the second added.
    both = corpus_named("emodb", {"ambiguous": True}).published()
    assert state(corpus_named("emodb"), touch(tmp_path, *both)) == "unclear"


def test_empty_folders_are_still_to_be_filled(tmp_path: Path) -> None:
    (tmp_path / "cafe").mkdir()
    said = corpora_text(tmp_path)
    assert "data_dir=" not in said
    assert "--data-dir DIR" in said.splitlines()[0]
    assert "cafe: ser fetch cafe" in said.splitlines()
    (line,) = [line for line in said.splitlines() if line.startswith("cafe ")]
    assert line.split()[1] == "empty"
    assert "no corpus in" in doctor(tmp_path, tmp_path)[0]
    touch(tmp_path / "cafe", "01-C-1-1.wav")
    assert "cafe (1 of 936)" in doctor(tmp_path, tmp_path)[0]
