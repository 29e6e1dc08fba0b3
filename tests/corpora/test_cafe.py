from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from ser.corpora.cafe import Cafe
from ser.errors import ConfigError

CAFE = Cafe(folder=None, version="v1.1")


def test_a_name_is_read_whatever_became_of_the_folder() -> None:
    for folder in ("Colère/Fort", "ColŠre/Fort", "Col\N{CYRILLIC CAPITAL LETTER KA}re/Fort", "Joie/Faible"):
        labels = CAFE.parse(PurePosixPath(folder, "03-C-2-5.wav"))
        assert labels is not None
        assert (labels.speaker, labels.emotion_native, labels.intensity, labels.text_id) == (
            "03",
            "anger",
            "strong",
            "5",
        )


def test_neutral_has_no_intensity_and_one_name_in_both_editions() -> None:
    short, long = (CAFE.parse(PurePosixPath(name)) for name in ("03-N-1.aiff", "03-N-1-1.wav"))
    assert short == long
    assert short is not None
    assert (short.name, short.intensity) == ("03-N-1-1", None)


@pytest.mark.parametrize("name", ["03-C-5", "03-N-2-5", "03-C-3-5", "13-C-1-5", "00-C-1-5", "03-C-1-7", "03-X-1-1"])
def test_other_names_are_refused(name: str) -> None:
    assert CAFE.parse(PurePosixPath(f"{name}.wav")) is None


def test_the_first_version_had_two_actors_swapped() -> None:
    first = Cafe(folder=None, version="v1.0")
    for number, actor in {"11": "12", "12": "11", "10": "10"}.items():
        old, new = first.parse(PurePosixPath(f"{number}-J-1-1.wav")), CAFE.parse(PurePosixPath(f"{actor}-J-1-1.wav"))
        assert old == new
        assert old is not None
        assert old.speaker == actor
    with pytest.raises(ConfigError, match=r"corpora\.cafe\.version.*Valid: v1"):
        Cafe(folder=None, version="v1.2")


def test_the_aiff_files_are_the_192_khz_edition() -> None:
    assert CAFE.format_of(PurePosixPath("03-N-1.AIFF")) == (192000, 1)


def test_odd_actors_are_men_and_ages_are_from_the_readme() -> None:
    speakers = CAFE.facts.speakers
    assert (speakers["01"].gender, speakers["01"].age, speakers["02"].gender, speakers["02"].age) == (
        "male",
        46,
        "female",
        64,
    )
    assert (speakers["07"].age, speakers["12"].age) == (15, 37)
