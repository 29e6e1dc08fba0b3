from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from ser.corpora.savee import Savee

SAVEE = Savee(folder=None)


@pytest.mark.parametrize(
    "path", ["AudioData/DC/sa03.wav", "AudioData/AudioData/DC/sa03.wav", "ALL/DC_sa03.wav", "dc/SA03.WAV"]
)
def test_the_speaker_comes_from_the_name_or_the_folder(path: str) -> None:
    labels = SAVEE.parse(PurePosixPath(path))
    assert labels is not None
    assert (labels.name, labels.speaker, labels.emotion_native) == ("DC_sa03", "DC", "sadness")
    assert labels.text_id is None


@pytest.mark.parametrize(
    "path", ["sa03.wav", "XX/sa03.wav", "DC/a16.wav", "DC/a00.wav", "DC/n31.wav", "DC/s03.wav", "DC/sa3.wav"]
)
def test_other_names_are_refused(path: str) -> None:
    assert SAVEE.parse(PurePosixPath(path)) is None


def test_neutral_has_thirty_sentences() -> None:
    assert SAVEE.parse(PurePosixPath("KL/n30.wav")) is not None
