from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from ser.corpora.folder import FolderCorpus
from ser.corpora.scan import scan
from ser.errors import ConfigError

Speak = Callable[..., Path]


@pytest.fixture
def mine(tmp_path: Path, noise: Speak) -> Path:
    for index, name in enumerate(("anger/anna_1", "anger/ben/2", "joy/anna_1", "joy/anna_2")):
        noise(tmp_path / "mine" / f"{name}.wav", index)
    return tmp_path / "mine"


def own(folder: Path | None, pattern: str | None = None) -> FolderCorpus:
    return FolderCorpus(folder=folder and str(folder), language="de", speaker_pattern=pattern)


def test_each_folder_is_a_class_and_nobody_is_known(mine: Path, caplog: pytest.LogCaptureFixture) -> None:
    corpus = own(mine)
    with caplog.at_level(logging.WARNING):
        result = scan(corpus, corpus.root(Path("/data"), Path()), mine.parent / "out", workers=1, allowed_bad_share=0.0)
    table = result.manifest
    assert table["utterance_id"].tolist() == [
        "folder/anger/anna_1",
        "folder/anger/ben/2",
        "folder/joy/anna_1",
        "folder/joy/anna_2",
    ]
    assert table["emotion_native"].tolist() == ["anger", "anger", "joy", "joy"]
    assert table["speaker"].isna().all()
    assert set(table["language"]) == {"de"}
    assert "folder: Of 4 of 4 utterances nobody knows the speaker" in caplog.text
    assert result.card.utterances.expected is None
    assert not result.card.benchmark
    assert result.card.title == "a corpus of your own (mine)"


def test_a_pattern_finds_speakers_where_it_can(mine: Path) -> None:
    corpus = own(mine, "/([a-z]+)[_/]")
    speakers = [corpus.parse(PurePosixPath(path)) for path in ("anger/anna_1.wav", "anger/ben/2.wav", "joy/3.wav")]
    assert [labels.speaker for labels in speakers if labels] == ["anna", "ben", None]
    whole = own(mine, "anna|ben").parse(PurePosixPath("anger/ben/2.wav"))
    assert whole is not None
    assert whole.speaker == "ben"


def test_a_file_outside_every_class_is_refused(mine: Path, noise: Speak) -> None:
    noise(mine / "stray.wav", 9)
    result = scan(own(mine), mine, mine.parent / "out", workers=1, allowed_bad_share=0.5)
    assert result.quarantine["detail"].tolist() == [
        "stray.wav lies in no class folder: move it into the folder of its class, or out."
    ]


def test_what_is_not_said_or_cannot_be_is_told() -> None:
    assert "no place given" in own(None).facts.title
    with pytest.raises(ConfigError, match=r"corpora\.folder\.folder.*Set path=DIR"):
        own(None).root(Path(), Path())
    with pytest.raises(ConfigError, match=r"speaker_pattern: expected a regular expression"):
        own(None, "([a-z]+")
