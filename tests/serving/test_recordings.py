from __future__ import annotations

from pathlib import Path

import pytest

from ser.errors import DataError
from ser.serving.recordings import recordings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "b.MP3", "deep/er/c.m4a", "notes.txt", "deep/d.flac"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path


def test_files_folders_patterns_and_standard_input(folder: Path) -> None:
    def relative(*named: str) -> list[str]:
        found = recordings([str(folder / name) if name != "-" else name for name in named])
        return [name if name == "-" else str(Path(name).relative_to(folder)) for name in found]

    assert relative("") == ["a.wav", "b.MP3", "deep/d.flac", "deep/er/c.m4a"]
    assert relative("notes.txt", "-", "a.wav", "a.wav") == ["notes.txt", "-", "a.wav"]
    assert relative("*.*", "deep/**/*.m4a") == ["a.wav", "b.MP3", "notes.txt", "deep/er/c.m4a"]


@pytest.mark.parametrize("name", ["missing.wav", "*.ogg", "empty"])
def test_what_means_no_recording_is_said(folder: Path, name: str) -> None:
    (folder / "empty").mkdir()

    with pytest.raises(DataError, match="expected a recording, or a folder"):
        recordings([str(folder / name)])
