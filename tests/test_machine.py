"""What `ser corpora` tells of editions, and where `ser fetch` puts them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ser.cli import main
from ser.errors import ConfigError
from ser.machine import corpora_text, corpus_named


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
    states = {" ".join(line.split()[:6]) for line in corpora_text(raw).splitlines() if "--edition" in line}
    assert "ser fetch ravdess --edition song found" in states
    assert "ser fetch cafe --edition 192k missing" in states


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
