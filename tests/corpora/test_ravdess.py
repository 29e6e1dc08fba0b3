from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from ser.corpora.ravdess import Ravdess
from ser.corpora.scan import scan
from ser.errors import DataError

Speak = Callable[..., Path]

SPEECH, SONG = Ravdess(folder=None, song=False), Ravdess(folder=None, song=True)


def test_a_name_is_read() -> None:
    labels = SPEECH.parse(PurePosixPath("Actor_12/03-01-05-02-01-02-12.wav"))
    assert labels is not None
    assert (labels.speaker, labels.emotion_native, labels.text_id) == ("12", "anger", "01")
    assert (labels.intensity, labels.repetition) == ("strong", "02")
    assert SPEECH.facts.speakers["12"].gender == "female"
    assert SPEECH.facts.speakers["11"].gender == "male"


def test_song_is_passed_over_unless_asked_for() -> None:
    sung = SPEECH.parse(PurePosixPath("Actor_01/03-02-02-01-01-01-01.wav"))
    assert sung is not None
    assert "song=true" in SPEECH.outside([sung], Path())[sung.name]
    assert SONG.outside([sung], Path()) == {}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("01-01-05-02-01-02-12", "modality 01"),
        ("02-01-05-02-01-02-12", "modality 02"),
        ("03-01-05-02-01-02-25", "speaker 25"),
        ("03-01-05-02-01-02-00", "speaker 00"),
        ("03-03-05-02-01-02-12", "channel 03"),
        ("03-01-09-02-01-02-12", "emotion 09"),
        ("03-01-05-03-01-02-12", "intensity 03"),
        ("01-01-05-02-03-02-34", "modality 01, text 03, speaker 34"),
    ],
)
def test_names_with_numbers_of_another_meaning_are_refused_with_the_number(name: str, wrong: str) -> None:
    path = PurePosixPath(f"Actor_12/{name}.wav")
    assert SPEECH.parse(path) is None
    objection = SPEECH.objection(path)
    assert wrong in objection
    assert "BanglaSER" in objection


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("03-01-01-02-01-01-12", "neutral was not recorded in strong intensity"),
        ("03-02-01-02-01-01-12", "neutral was not recorded in strong intensity"),
        ("03-02-07-01-01-01-12", "disgust is not sung"),
        ("03-02-08-01-01-01-12", "surprise is not sung"),
        ("03-02-03-01-01-01-18", "actor 18 does not sing"),
    ],
)
@pytest.mark.parametrize("edition", [SPEECH, SONG])
def test_what_was_never_recorded_is_refused_with_the_reason(edition: Ravdess, name: str, why: str) -> None:
    path = PurePosixPath(f"{name}.wav")
    assert edition.parse(path) is None
    assert why in edition.objection(path)


def test_videos_beside_the_audio_are_no_utterances(tmp_path: Path, noise: Speak) -> None:
    actor = tmp_path / "raw" / "Actor_01"
    noise(actor / "03-01-03-01-01-01-01.wav", 1)
    for modality in ("01", "02"):
        (actor / f"{modality}-01-03-01-01-01-01.mp4").write_bytes(b"video")
        noise(actor / f"{modality}-01-03-01-01-01-01.wav", 1)
    result = scan(SPEECH, tmp_path / "raw", tmp_path / "out", workers=1, allowed_bad_share=0.7)
    assert result.manifest["utterance_id"].tolist() == ["ravdess/03-01-03-01-01-01-01"]
    assert result.quarantine["detail"].str.contains("modalities 01 and 02 are videos").all()
    assert len(result.quarantine) == 2


def test_any_other_name_is_refused_in_general_words() -> None:
    assert SPEECH.parse(PurePosixPath("holiday.wav")) is None
    assert "no file name of RAVDESS" in SPEECH.objection(PurePosixPath("holiday.wav"))


def test_a_folder_of_banglaser_is_no_ravdess(tmp_path: Path) -> None:
    for actor in range(1, 35):
        for emotion in range(1, 6):
            (tmp_path / "raw" / f"01-01-{emotion:02d}-01-01-01-{actor:02d}.wav").parent.mkdir(exist_ok=True)
            (tmp_path / "raw" / f"01-01-{emotion:02d}-01-01-01-{actor:02d}.wav").touch()
    with pytest.raises(DataError, match=r"170 of 170 \(100.0%\): 170 x a name outside the corpus's grammar"):
        scan(SPEECH, tmp_path / "raw", tmp_path / "out", workers=1, allowed_bad_share=1.0)
    assert "BanglaSER" in (tmp_path / "out" / "quarantine.csv").read_text()
