from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fetch.conftest import HASTY, Web
from ser.errors import DataError
from ser.fetch.listings import Dataverse, GitLfs, Zenodo


def pointer(content: bytes) -> bytes:
    sha256 = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {len(content)}\n".encode()


def test_zenodo_tells_sizes_and_sums(web: Web, tmp_path: Path) -> None:
    files = [
        {"key": "a b.zip", "size": 12, "checksum": "md5:abc", "links": {}},
        {"key": "readme.txt", "size": 1, "checksum": "md5:0", "links": {}},
    ]
    web.put("/api/records/7", json.dumps({"files": files}).encode())
    (remote,) = Zenodo(record=7, names=("a b.zip",), server=web.address).remotes(tmp_path, HASTY)
    assert (remote.name, remote.size, remote.checksums) == ("a b.zip", 12, {"md5": "abc"})
    assert remote.urls == (f"{web.address}/records/7/files/a%20b.zip?download=1",)


@pytest.mark.parametrize("answer", ["{}", "[]", '{"files": [{"key": "x"}]}', "<html>", '{"files": null}'])
def test_an_answer_of_another_kind_is_said(web: Web, tmp_path: Path, answer: str) -> None:
    web.put("/api/records/7", answer.encode())
    with pytest.raises(DataError, match="--from FILE"):
        Zenodo(record=7, names=("x",), server=web.address).remotes(tmp_path, HASTY)


def dataverse(web: Web, *files: object) -> Dataverse:
    web.put("/api/datasets/:persistentId/versions/:latest-published/files", json.dumps({"data": files}).encode())
    return Dataverse(server=web.address, doi="10.1/X")


def test_dataverse_lists_single_files(web: Web, tmp_path: Path) -> None:
    data = {"id": 42, "filesize": 5, "md5": "abc"}
    listing = dataverse(
        web, {"label": "a.wav", "dataFile": data}, {"label": "b.wav", "directoryLabel": "x/y", "dataFile": data}
    )
    one, two = listing.remotes(tmp_path, HASTY)
    assert (one.name, one.size, one.checksums) == ("a.wav", 5, {"md5": "abc"})
    assert one.urls == (f"{web.address}/api/access/datafile/42",)
    assert two.name == "x/y/b.wav"


@pytest.mark.parametrize("label", ["../evil", "/etc/evil", "a\\..\\evil", "a/../../evil", ""])
def test_a_server_cannot_name_a_place_outside(web: Web, tmp_path: Path, label: str) -> None:
    listing = dataverse(web, {"label": label, "dataFile": {"id": 1, "filesize": 1, "md5": "0"}})
    with pytest.raises(DataError, match="a file called"):
        listing.remotes(tmp_path, HASTY)


def test_git_lfs_pointers_tell_sizes_and_hashes(web: Web, zipped: Callable[..., Path], tmp_path: Path) -> None:
    packed = zipped(
        {
            "repo-master/README.md": b"hello",
            "repo-master/wav/b.wav": pointer(b"bb"),
            "repo-master/wav/a.wav": pointer(b"a"),
            "repo-master/wav/notes.txt": b"no pointer",
            "repo-master/mp3/a.mp3": pointer(b"other"),
        }
    )
    web.put("/repo.zip", packed.read_bytes())
    listing = GitLfs(packed=f"{web.address}/repo.zip", media=("https://media/wav", "https://mirror/wav"), folder="wav")
    one, two = listing.remotes(tmp_path / "work", HASTY)
    assert (one.name, one.size, one.urls) == ("wav/a.wav", 1, ("https://media/wav/a.wav", "https://mirror/wav/a.wav"))
    assert one.checksums == {"sha256": hashlib.sha256(b"a").hexdigest()}
    assert two.name == "wav/b.wav"
    # Asked a second time, it goes by what was downloaded.
    assert listing.remotes(tmp_path / "work", HASTY) == [one, two]
    assert len(web.asked) == 1


def test_a_repository_without_pointers_is_said(web: Web, zipped: Callable[..., Path], tmp_path: Path) -> None:
    web.put("/repo.zip", zipped({"repo/wav/a.wav": b"RIFF"}).read_bytes())
    listing = GitLfs(packed=f"{web.address}/repo.zip", media=("https://media/wav", "https://mirror/wav"), folder="wav")
    with pytest.raises(DataError, match="git-LFS pointers in wav"):
        listing.remotes(tmp_path / "work", HASTY)


@pytest.mark.parametrize("first", [{"repo/wav/a.wav": b"RIFF"}, {"../evil": b"1"}])
def test_a_packed_repository_that_was_unfit_is_downloaded_anew(
    web: Web, zipped: Callable[..., Path], tmp_path: Path, first: dict[str, bytes]
) -> None:
    listing = GitLfs(packed=f"{web.address}/repo.zip", media=("https://media/wav",), folder="wav")
    web.put("/repo.zip", zipped(first).read_bytes())
    with pytest.raises(DataError):
        listing.remotes(tmp_path / "work", HASTY)
    web.put("/repo.zip", zipped({"repo/wav/a.wav": pointer(b"a")}).read_bytes())
    (remote,) = listing.remotes(tmp_path / "work", HASTY)
    assert remote.size == 1
