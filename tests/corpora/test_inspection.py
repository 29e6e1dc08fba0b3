from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from ser.corpora import inspection
from ser.corpora.inspection import FileFacts, inspect_all, inspect_one

Speak = Callable[..., Path]


@pytest.fixture
def root(tmp_path: Path, noise: Speak) -> Path:
    for index in range(5):
        noise(tmp_path / "raw" / f"{index}.wav", index)
    return tmp_path / "raw"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were really read, in order."""
    names: list[str] = []

    def counting(root: Path, path: PurePosixPath) -> FileFacts:
        names.append(str(path))
        return inspect_one(root, path)

    monkeypatch.setattr(inspection, "inspect_one", counting)
    return names


def look(root: Path, workers: int = 1) -> dict[str, FileFacts]:
    files = sorted(PurePosixPath(path.name) for path in root.glob("*.wav"))
    found = inspect_all(root, files, root.parent / "files.parquet", workers=workers, what="inspecting")
    return {str(path): facts for path, facts in found.items()}


def test_an_unchanged_file_is_read_once(root: Path, read: list[str], noise: Speak) -> None:
    first = look(root)
    assert len(read) == 5
    read.clear()
    assert look(root) == first
    assert read == []
    noise(root / "2.wav", 99, seconds=0.2)
    os.utime(root / "3.wav", ns=(1, 1))
    noise(root / "5.wav", 5)
    second = look(root)
    assert sorted(read) == ["2.wav", "3.wav", "5.wav"]
    assert second["2.wav"].sha256 != first["2.wav"].sha256
    assert second["3.wav"].sha256 == first["3.wav"].sha256


def test_a_bad_file_is_a_finding_that_is_kept_too(root: Path, read: list[str]) -> None:
    (root / "1.wav").write_text("version https://git-lfs.github.com/spec/v1\n")
    (root / "6.wav").symlink_to(root / "nowhere.wav")
    for _ in range(2):
        found = look(root)
        assert found["1.wav"].audio is None
        assert "git-LFS" in f"{found['1.wav'].problem}"
        assert "No such file" in f"{found['6.wav'].problem}"
    assert len(read) == 6


def test_an_interrupted_inspection_keeps_what_it_found(
    root: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def impatient(root: Path, path: PurePosixPath) -> FileFacts:
        if path.name == "3.wav":
            raise KeyboardInterrupt
        return inspect_one(root, path)

    with monkeypatch.context() as patch:
        patch.setattr(inspection, "inspect_one", impatient)
        with pytest.raises(KeyboardInterrupt):
            look(root)
    assert len(look(root)) == 5
    assert read == ["3.wav", "4.wav"]


def test_findings_are_saved_along_the_way(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[int] = []
    write = inspection._write
    monkeypatch.setattr(inspection, "KEPT_EVERY", 2)
    monkeypatch.setattr(
        inspection, "_write", lambda kept, facts, version: (saved.append(len(facts)), write(kept, facts, version))
    )
    look(root)
    assert saved == [2, 4, 5]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_pool_finds_the_same(root: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    alone = look(root)
    (root.parent / "files.parquet").unlink()
    monkeypatch.setattr(inspection, "POOL_FROM", 2)
    monkeypatch.setattr(inspection, "_BATCH", 2)
    assert look(root, workers=workers) == alone


@pytest.mark.parametrize("other", ["damaged", "made by other code"])
def test_findings_that_cannot_be_trusted_are_made_again(
    root: Path, read: list[str], other: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    look(root)
    read.clear()
    if other == "damaged":
        kept = root.parent / "files.parquet"
        kept.write_bytes(kept.read_bytes()[:100])
    else:
        monkeypatch.setattr(inspection, "code_version", lambda *_: "next")
    assert len(look(root)) == 5
    assert len(read) == 5
    assert ("damaged" in caplog.text) == (other == "damaged")
