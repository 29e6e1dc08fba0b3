from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from ser.corpora.emovo import Emovo

EMOVO = Emovo(folder=None)


def test_a_name_is_read() -> None:
    labels = EMOVO.parse(PurePosixPath("EMOVO/f1/gio-f1-b2.wav"))
    assert labels is not None
    assert (labels.name, labels.speaker, labels.emotion_native, labels.text_id) == (
        "gio-f1-b2",
        "f1",
        "happiness",
        "b2",
    )
    assert EMOVO.facts.speakers["f1"].age == 28


@pytest.mark.parametrize(
    "name", ["gio-f4-b2", "gio-f1-b4", "gio-f1-d3", "gio-f1-n6", "gio-f1-l5", "ang-f1-b2", "gio-f1"]
)
def test_other_names_are_refused(name: str) -> None:
    assert EMOVO.parse(PurePosixPath(f"f1/{name}.wav")) is None
