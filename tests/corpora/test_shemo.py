from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest

from ser.corpora.base import Labels
from ser.corpora.shemo import Shemo
from ser.errors import ConfigError, DataError

ORIGINAL = Shemo(folder=None, labels="original", modified_labels=None)
MATCHED = Shemo(folder=None, labels="transcript_matched", modified_labels=None)


def modified(path: Path, entries: object) -> Shemo:
    path.write_text(json.dumps(entries), encoding="utf-8")
    return Shemo(folder=None, labels="modified", modified_labels=str(path))


def test_a_name_is_read_and_gender_is_part_of_the_speaker() -> None:
    woman, man = (ORIGINAL.parse(PurePosixPath(f"{name}N05.wav")) for name in ("F21", "M21"))
    assert woman is not None
    assert man is not None
    assert (woman.name, woman.speaker, woman.emotion_native, woman.text_id) == ("F21N05", "F21", "neutral", None)
    assert man.speaker == "M21"
    assert ORIGINAL.facts.speakers["F21"].gender == "female"
    assert ORIGINAL.facts.speakers["M21"].gender == "male"


@pytest.mark.parametrize("name", ["F32A01", "M57A01", "F00A01", "F21X01", "F21A00", "F21A1"])
def test_other_names_are_refused(name: str) -> None:
    assert ORIGINAL.parse(PurePosixPath(f"{name}.wav")) is None


def read(*names: str) -> list[Labels]:
    return [labels for name in names if (labels := MATCHED.parse(PurePosixPath(f"{name}.wav"))) is not None]


def test_recordings_without_a_transcript_of_their_name_are_passed_over(tmp_path: Path) -> None:
    for place in ("transcript/final text/F21N05.ort", "transcript/final script/m21a01.TRA", "F21N07.txt", "notes.ort"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    labels = read("F21N05", "M21A01", "F21N06", "F21N07")
    passed_over = MATCHED.outside(labels, tmp_path)
    assert list(passed_over) == ["F21N06", "F21N07"]
    assert "labels=original" in passed_over["F21N06"]
    assert ORIGINAL.outside(labels, tmp_path) == {}


def test_without_transcripts_nothing_can_be_matched(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"transcripts of ShEMO.*transcript\.zip.*labels=original"):
        MATCHED.outside(read("F21N05"), tmp_path)


def test_the_relabelled_edition_gives_the_emotions_of_its_file(tmp_path: Path) -> None:
    corpus = modified(
        tmp_path / "modified_shemo.json",
        {"F21N05.wav": {"path": "shemo/F21N05.wav", "emotion": "sadness"}, "f01a01.wav": {"emotion": "anger"}},
    )
    changed, same, absent = (corpus.parse(PurePosixPath(f"{name}.wav")) for name in ("F21N05", "F01A01", "F01A02"))
    assert changed is not None
    assert same is not None
    assert absent is not None
    assert (changed.name, changed.emotion_native, same.emotion_native) == ("F21N05", "sadness", "anger")
    passed_over = corpus.outside([changed, absent], tmp_path)
    assert list(passed_over) == ["F01A02"]
    assert "not in modified_shemo.json" in passed_over["F01A02"]
    assert corpus.facts.classes == {
        "anger": 1042,
        "fear": 32,
        "happiness": 203,
        "neutral": 1160,
        "sadness": 361,
        "surprise": 202,
    }
    assert len(list(corpus.published())) == 3000


def test_the_relabelled_edition_needs_its_file(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"corpora\.shemo\.modified_labels.*ShEMO-Modification.*choose labels=original"
    ):
        Shemo(folder=None, labels="modified", modified_labels=None)
    missing = Shemo(folder=None, labels="modified", modified_labels=str(tmp_path / "nowhere.json"))
    with pytest.raises(DataError, match="FileNotFoundError"):
        missing.parse(PurePosixPath("F21N05.wav"))


@pytest.mark.parametrize("entries", [[1, 2], {"F21N05.wav": "sadness"}, {"F21N05.wav": {}}])
def test_a_file_of_another_form_is_told(tmp_path: Path, entries: object) -> None:
    with pytest.raises(DataError, match=r"expected entries such as .*F21N05\.wav"):
        modified(tmp_path / "labels.json", entries).parse(PurePosixPath("F21N05.wav"))


def test_an_emotion_that_shemo_does_not_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected an emotion of ShEMO, but got 'joy'"):
        modified(tmp_path / "labels.json", {"F21N05.wav": {"emotion": "joy"}}).parse(PurePosixPath("F21N05.wav"))


def test_other_sets_of_labels_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"corpora\.shemo\.labels.*original"):
        Shemo(folder=None, labels="origin", modified_labels=None)
