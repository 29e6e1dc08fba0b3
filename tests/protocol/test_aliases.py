from __future__ import annotations

import pandas as pd
import pytest

from ser.protocol.aliases import persons


def rows(*speakers: str | None, corpus: str | None = "c", audio: list[str | None] | None = None) -> pd.DataFrame:
    sounds = audio or [None] * len(speakers)
    return pd.DataFrame({"corpus": corpus, "speaker": speakers, "audio": sounds}, dtype="str")


@pytest.mark.parametrize("alike", [("3", "03"), ("Actor_03", "actor3"), ("spk03", "SPEAKER 3"), ("M01", "m1")])
def test_spellings_of_one_speaker_are_one_person(alike: tuple[str, str]) -> None:
    assert len(set(persons(rows(*alike)).values())) == 1


@pytest.mark.parametrize("apart", [("3", "13"), ("M01", "F01"), ("1001", "1010"), ("10", "1"), ("?", "!")])
def test_different_speakers_stay_apart(apart: tuple[str, str]) -> None:
    assert len(set(persons(rows(*apart)).values())) == 2


def test_numbers_of_two_corpora_are_two_persons() -> None:
    both = pd.concat([rows("a/3", corpus="a"), rows("b/3", corpus="b")])
    assert len(set(persons(both).values())) == 2
    assert len(set(persons(rows("a/3", "b/3", corpus=None)).values())) == 2


def test_a_shared_recording_makes_one_person_of_a_chain_of_names() -> None:
    heard = rows("ann", "bob", "bob", "cy", "dan", None, audio=["x", "x", "y", "y", "z", "z"])
    assert persons(heard) == {"ann": "ann", "bob": "ann", "cy": "ann", "dan": "dan"}
