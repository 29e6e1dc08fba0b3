from __future__ import annotations

import os
from pathlib import Path

import pytest

from corpora.conftest import Toy
from ser.errors import DataError
from ser.fetch.contents import count_checked, utterances

TOY = Toy(folder=None)


def write(root: Path, **contents: bytes) -> Path:
    root.mkdir(exist_ok=True)
    for stem, content in contents.items():
        (root / f"{stem}.wav").write_bytes(content)
    return root


def test_utterances_have_all_their_copies(tmp_path: Path) -> None:
    for copy in ("a", "b"):
        write(tmp_path / copy, ann_sad_1=b"1", other=b"1")
    assert {name: sorted(paths) for name, paths in utterances(TOY, tmp_path).items()} == {
        "ann_sad_1": [tmp_path / "a" / "ann_sad_1.wav", tmp_path / "b" / "ann_sad_1.wav"]
    }
    assert count_checked(TOY, tmp_path, "a.zip", "Look again.") == 1


def test_nothing_is_an_answer_but_a_folder_that_cannot_be_read_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert utterances(TOY, tmp_path) == {}
    with pytest.raises(DataError, match="no such folder"):
        utterances(TOY, tmp_path / "nowhere")

    def refusing(path: str) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(DataError, match="Permission denied"):
        utterances(TOY, tmp_path)


def test_files_that_only_stand_for_audio_are_told_with_what_to_do(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\n"
    write(tmp_path, ann_sad_1=b"1", ann_sad_2=pointer, bob_sad_1=pointer, bob_sad_2=b"")
    with pytest.raises(DataError) as caught:
        count_checked(TOY, tmp_path, "a.zip", "Look again.")
    assert str(caught.value) == (
        "a.zip: expected audio in every file of The toy corpus, but got '2 x git-LFS pointer, 1 x empty file, "
        "among 4 utterances; the first is ann_sad_2'. Look again. Fetch it from the attic and put it into toy."
    )
