from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from ser.corpora.base import Corpus
from ser.corpora.listing import audio_files, in_side_folder
from ser.errors import DataError


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def listed(root: Path, corpus: Corpus) -> list[str]:
    return [str(path) for path in audio_files(root, corpus.facts)]


def test_only_audio_is_listed_in_one_order(tmp_path: Path, toy: Corpus) -> None:
    touch(tmp_path, "b.wav", "a/z.WAV", "a/y.flac", "C.Aiff", "d.mp3", "e.ogg", "f.aif")
    touch(tmp_path, ".DS_Store", "desktop.ini", "__MACOSX/._b.wav", "__MACOSX/b.wav", "._b.wav", ".git/x.wav", "b.txt")
    touch(tmp_path, "b.lab", "laryngo/b.wav", "sub/LARYNGO/b.wav", "noise.wav.part", "wav")
    assert listed(tmp_path, toy) == ["C.Aiff", "a/y.flac", "a/z.WAV", "b.wav", "d.mp3", "e.ogg", "f.aif"]


def test_links_are_followed_and_circles_are_left(tmp_path: Path, toy: Corpus) -> None:
    touch(tmp_path, "elsewhere/x.wav", "toy/y.wav")
    (tmp_path / "toy" / "more").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "toy")
    assert listed(tmp_path / "toy", toy) == ["more/x.wav", "y.wav"]


def test_a_link_to_a_folder_above_is_not_followed(tmp_path: Path, toy: Corpus) -> None:
    touch(tmp_path, "elsewhere/x.wav", "toy/y.wav")
    (tmp_path / "toy" / "all").symlink_to(tmp_path)
    (tmp_path / "toy" / "root").symlink_to("/")
    (tmp_path / "toy" / "self").symlink_to(tmp_path / "toy")
    assert listed(tmp_path / "toy", toy) == ["y.wav"]


def test_side_folders_are_told_at_any_depth_and_in_any_case(toy: Corpus) -> None:
    assert in_side_folder(PurePosixPath("a/LARYNGO/b/x.wav"), toy.facts)
    assert in_side_folder(PurePosixPath("__MACOSX/x.wav"), toy.facts)
    assert in_side_folder(PurePosixPath(".git/x.wav"), toy.facts)
    assert not in_side_folder(PurePosixPath("a/laryngo.wav"), toy.facts)


def test_a_missing_folder_is_told_with_what_is_there(tmp_path: Path, toy: Corpus) -> None:
    touch(tmp_path, "emodb/x", "toys/x", "savee/x")
    with pytest.raises(DataError) as caught:
        audio_files(tmp_path / "toy", toy.facts)
    message = str(caught.value)
    assert f"{tmp_path / 'toy'}: expected the folder of The toy corpus" in message
    assert f"{tmp_path} holds toys" in message
    assert "Fetch it from the attic" in message
    assert "data_dir=DIR" in message
    assert "SER_DATA_DIR" in message


def test_a_missing_parent_an_empty_parent_and_a_file_are_told_apart(tmp_path: Path, toy: Corpus) -> None:
    with pytest.raises(DataError, match="is not there either"):
        audio_files(tmp_path / "nowhere" / "toy", toy.facts)
    with pytest.raises(DataError, match="holds nothing"):
        audio_files(tmp_path / "toy", toy.facts)
    touch(tmp_path, "toy")
    with pytest.raises(DataError, match="a file of that name"):
        audio_files(tmp_path / "toy", toy.facts)


def test_a_folder_without_audio_is_told_with_what_it_holds(tmp_path: Path, toy: Corpus) -> None:
    touch(tmp_path, *(f"part{number}.zip" for number in range(10)))
    with pytest.raises(DataError, match=r"it holds part0\.zip, .* and 2 more.*Fetch it from the attic"):
        audio_files(tmp_path, toy.facts)


def test_an_unreadable_folder_is_told(tmp_path: Path, toy: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "closed/x.wav", "y.wav")
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(DataError, match=r"closed: expected a folder that can be read.*Permission denied"):
        audio_files(tmp_path, toy.facts)
