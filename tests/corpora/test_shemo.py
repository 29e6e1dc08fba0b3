from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest

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


@pytest.mark.parametrize("name", ["F07S30", "M05N05", "M05N10", "M54N01", "F07S46", "F01A24"])
def test_recordings_without_a_transcript_of_their_name_are_passed_over(name: str) -> None:
    labels = MATCHED.parse(PurePosixPath(f"{name}.wav"))
    assert labels is not None
    assert "labels=original" in f"{MATCHED.outside(labels)}"
    assert ORIGINAL.outside(labels) is None


@pytest.mark.parametrize("name", ["F07S29", "F07S31", "M05N04", "M05N11", "M54N02", "M54N03", "F01A23"])
def test_recordings_around_the_gaps_count(name: str) -> None:
    labels = MATCHED.parse(PurePosixPath(f"{name}.wav"))
    assert labels is not None
    assert MATCHED.outside(labels) is None


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
    assert corpus.outside(changed) is None
    assert "not in modified_shemo.json" in f"{corpus.outside(absent)}"
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
    with pytest.raises(ConfigError, match=r"corpora\.shemo\.modified_labels.*ShEMO-Modification.*need no file"):
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
