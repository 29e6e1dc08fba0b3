from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from ser.corpora.tess import Tess

TESS = Tess(folder=None)


def test_a_name_is_read_and_its_folder_is_not() -> None:
    labels = TESS.parse(PurePosixPath("OAF_Fear/YAF_dog_ps.wav"))
    assert labels is not None
    assert (labels.name, labels.speaker, labels.emotion_native) == ("YAF_dog_ps", "YAF", "pleasant_surprise")
    assert TESS.facts.texts["dog"] == "Say the word dog."
    assert labels.text_id == "dog"


def test_the_misspelt_speaker_is_the_older_actress() -> None:
    assert TESS.parse(PurePosixPath("OA_bite_neutral.wav")) == TESS.parse(PurePosixPath("OAF_bite_neutral.wav"))
    assert PurePosixPath("OA_bite_neutral.wav") in TESS.published()


@pytest.mark.parametrize("name", ["OAF_dog_surprise", "XAF_dog_sad", "OAF_computer_sad", "OAF_dog"])
def test_other_names_are_refused(name: str) -> None:
    assert TESS.parse(PurePosixPath(f"{name}.wav")) is None


def test_the_actresses_are_64_and_26() -> None:
    assert {name: speaker.age for name, speaker in TESS.facts.speakers.items()} == {"OAF": 64, "YAF": 26}
    assert len(TESS.facts.texts) == 200
