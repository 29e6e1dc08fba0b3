from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

import pytest

from ser.corpora.base import Speaker
from ser.corpora.crema_d import CremaD

CREMA = CremaD(folder=None)


def test_a_name_is_read() -> None:
    labels = CREMA.parse(PurePosixPath("AudioWAV/1001_IEO_ANG_HI.wav"))
    assert labels is not None
    assert (labels.name, labels.speaker, labels.emotion_native) == ("1001_IEO_ANG_HI", "1001", "anger")
    assert (labels.text_id, labels.intensity) == ("IEO", "high")


def test_an_intensity_that_is_not_stated_is_none_and_an_old_spelling_is_mended() -> None:
    old, new = (CREMA.parse(PurePosixPath(f"1040_ITH_SAD_{mark}.wav")) for mark in ("X", "XX"))
    assert old == new
    assert old is not None
    assert (old.name, old.intensity) == ("1040_ITH_SAD_XX", None)


@pytest.mark.parametrize(
    "name", ["1092_IEO_ANG_HI", "1000_IEO_ANG_HI", "1001_IEO_ANG", "1001_XXX_ANG_XX", "1001_IEO_SUR_XX"]
)
def test_other_names_are_refused(name: str) -> None:
    assert CREMA.parse(PurePosixPath(f"{name}.wav")) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("1001_TIE_ANG_HI", "TIE_ANG has no intensity"),
        ("1001_IEO_ANG_XX", "IEO_ANG needs an intensity"),
        ("1001_IEO_NEU_LO", "IEO_NEU has no intensity"),
        ("1092_DFA_ANG_XX", "1001 to 1091, not 1092"),
        ("1008_WSI_SAD_XX", "no 1008_WSI_SAD was published"),
        ("1002_TIE_NEU_XX", "no 1002_TIE_NEU was published"),
    ],
)
def test_what_was_never_recorded_is_refused_with_the_reason(name: str, why: str) -> None:
    for spelling in (name, name.lower()):
        path = PurePosixPath(f"{spelling}.wav")
        assert CREMA.parse(path) is None
        assert why in CREMA.objection(path)


def test_actors_have_the_ages_and_the_clips_that_are_published() -> None:
    speakers = CREMA.facts.speakers
    assert speakers["1001"] == Speaker(gender="male", age=51)
    assert speakers["1091"] == Speaker(gender="female", age=29)
    ages = [speaker.age or 0 for speaker in speakers.values()]
    assert (min(ages), max(ages)) == (20, 74)
    clips = Counter(path.name[:4] for path in CREMA.published())
    fewer = {"1008": 76, "1009": 76, "1019": 76, "1002": 81, "1076": 81}
    assert clips == {speaker: fewer.get(speaker, 82) for speaker in speakers}


def test_the_intensities_are_as_many_as_published() -> None:
    marks = Counter(path.stem[-2:] for path in CREMA.published())
    assert marks == {"XX": 6077, "LO": 455, "MD": 455, "HI": 455}


def test_seven_clips_are_known_to_be_bad() -> None:
    assert len(CREMA.facts.known_bad) == 7
    assert "without any sound" in CREMA.facts.known_bad["1076_MTI_SAD_XX"]
    assert "1006_TIE_NEU_XX" in CREMA.facts.known_bad["1006_TIE_HAP_XX"]
    assert "1006_TIE_HAP_XX" in CREMA.facts.known_bad["1006_TIE_NEU_XX"]
