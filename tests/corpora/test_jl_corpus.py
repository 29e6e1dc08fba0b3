from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from ser.corpora.jl_corpus import JLCorpus
from ser.corpora.listing import in_side_folder
from ser.errors import ConfigError

ALL, PRIMARY = JLCorpus(folder=None, emotions="all"), JLCorpus(folder=None, emotions="primary")


def test_a_name_is_read() -> None:
    labels = ALL.parse(PurePosixPath("JL(wav+txt)/female1_happy_10b_2.wav"))
    assert labels is not None
    assert (labels.speaker, labels.emotion_native, labels.text_id) == ("female1", "happiness", "primary-10")
    assert (labels.session, labels.repetition) == ("b", "2")
    assert ALL.facts.speakers["female1"].gender == "female"
    assert ALL.facts.speakers["male1"].gender == "male"


def test_the_files_that_a_browser_numbered_are_copies() -> None:
    copy, original = (ALL.parse(PurePosixPath(f"female2_angry_5b_1{mark}.wav")) for mark in ("(1)", ""))
    assert copy == original


def test_sentences_of_primary_and_secondary_emotions_are_told_apart() -> None:
    texts = [ALL.parse(PurePosixPath(f"male1_{emotion}_3a_1.wav")) for emotion in ("sad", "excited", "anxious")]
    assert [labels.text_id for labels in texts if labels] == ["primary-3", "primary-3", "secondary-3"]


def test_secondary_emotions_are_passed_over_unless_asked_for() -> None:
    labels = ALL.parse(PurePosixPath("male1_anxious_3a_1.wav"))
    assert labels is not None
    assert ALL.outside([labels], Path()) == {}
    assert "emotions=all" in PRIMARY.outside([labels], Path())[labels.name]
    with pytest.raises(ConfigError, match=r"corpora\.jl-corpus\.emotions"):
        JLCorpus(folder=None, emotions="secondary")


@pytest.mark.parametrize(
    "name", ["male3_sad_3a_1", "male1_sad_16a_1", "male1_sad_0a_1", "male1_sad_3c_1", "Select1_male1_sad_3a_1"]
)
def test_other_names_are_refused(name: str) -> None:
    assert ALL.parse(PurePosixPath(f"{name}.wav")) is None


def test_what_was_played_to_listeners_is_not_the_corpus() -> None:
    played = PurePosixPath("Raw", "Perception test material on Qualtrics", "main_training", "male1_sad_3a_1.wav")
    assert in_side_folder(played, ALL.facts)
