from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

import pytest

from ser.corpora.aesdd import Aesdd

AESDD = Aesdd(folder=None)


def test_a_name_is_read() -> None:
    labels = AESDD.parse(PurePosixPath("sadness/s04 (5)b.wav"))
    assert labels is not None
    assert (labels.name, labels.speaker, labels.emotion_native) == ("s04 (5)b", "5", "sadness")
    assert (labels.text_id, labels.repetition) == ("04", "b")


def test_two_digits_and_a_lost_blank_make_no_difference() -> None:
    names = ("f10 (01)", "f10 (1)", "F10(1)")
    assert len({AESDD.parse(PurePosixPath(f"{name}.wav")) for name in names}) == 1


def test_the_improvised_sentence_has_no_text() -> None:
    labels = AESDD.parse(PurePosixPath("a20 (1).wav"))
    assert labels is not None
    assert labels.text_id is None


@pytest.mark.parametrize("name", ["a00 (1)", "a21 (1)", "a01 (7)", "a01 (0)", "n01 (1)", "a01", "a01 (1)c"])
def test_other_names_are_refused(name: str) -> None:
    assert AESDD.parse(PurePosixPath(f"{name}.wav")) is None


def test_takes_and_sentences_that_were_not_published_are_refused_by_name() -> None:
    for name in ("a01 (1)c", "a01 (5)a", "a06 (5)a", "f02 (04)", "s01 (5)"):
        path = PurePosixPath(f"{name}.wav")
        assert AESDD.parse(path) is None
        assert f"no {name.replace('(0', '(')} was published" in AESDD.objection(path)
    assert AESDD.parse(PurePosixPath("A06 (5)B.wav")) is not None
    assert "01 to 20, not 21" in AESDD.objection(PurePosixPath("a21 (1).wav"))


def test_speakers_have_the_counts_that_are_published_and_no_gender() -> None:
    labels = [AESDD.parse(path) for path in AESDD.published()]
    counts = Counter(one.speaker for one in labels if one is not None and one.name not in AESDD.facts.known_bad)
    assert counts == {"1": 100, "2": 100, "3": 98, "4": 99, "5": 107, "6": 100}
    assert {speaker.gender for speaker in AESDD.facts.speakers.values()} == {None}
