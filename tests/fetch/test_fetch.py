from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corpora.conftest import Toy
from fetch.conftest import HASTY, Web
from fetch.test_listings import dataverse
from ser.errors import DataError
from ser.fetch.download import Remote
from ser.fetch.fetch import RECEIPT, fetch, summary, terms
from ser.fetch.listings import Archives
from ser.fetch.sources import Source

TOY = Toy(folder=None)
WAVS = {"wav/ann_happy_1.wav": b"1", "wav/bob_sad_2.wav": b"22", "wav/bob_sad_2.txt": b"text", "readme": b""}
FEMALE_AND_MALE = (("female.zip", b"1"), ("male.zip", b"22"))
Zipped = Callable[..., Path]


def edition(**changes: Any) -> Source:
    return Source(**{"what": "all of it", "access": "open", "megabytes": 1, "listing": None, "settings": {}} | changes)


def archive_of(web: Web, body: bytes, *faults: str, **published: object) -> Source:
    listing = Archives(files=(web.remote("/toy.zip", body, *faults, **published),))
    return edition(listing=listing)


def test_an_archive_becomes_a_folder_with_a_receipt(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    body = zipped(WAVS).read_bytes()
    receipt = fetch(TOY, archive_of(web, body, "cut"), tmp_path / "raw", [], HASTY)
    folder = tmp_path / "raw" / "toy"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {*WAVS, RECEIPT}
    record = json.loads((folder / RECEIPT).read_text())
    assert record["licence"] == "CC0-1.0"
    assert record["citation"] == "Nobody, 2000."
    assert record["fetched"].endswith("+00:00")
    (file,) = record["files"]
    assert file["sha256"] == hashlib.sha256(body).hexdigest()
    assert file["source"] == f"{web.address}/toy.zip"
    assert file["checked"] == ["size", "sha256"]
    assert (receipt.utterances, receipt.published) == (2, 8)
    assert not (tmp_path / "raw" / ".fetch" / "toy").exists()
    said = summary(receipt, folder, {})
    assert "2 utterances (8 are published)" in said
    assert "ser scan corpus=toy" in said


def test_fetching_again_does_nothing(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    source = archive_of(web, zipped(WAVS).read_bytes())
    first = fetch(TOY, source, tmp_path / "raw", [], HASTY)
    asked = len(web.asked)
    assert fetch(TOY, source, tmp_path / "raw", [], HASTY) == first
    assert len(web.asked) == asked


def test_a_folder_of_the_users_own_is_never_touched(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    mine = tmp_path / "raw" / "toy" / "mine.wav"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    with pytest.raises(DataError, match="without its receipt"):
        fetch(TOY, archive_of(web, zipped(WAVS).read_bytes()), tmp_path / "raw", [], HASTY)
    assert mine.read_bytes() == b"mine"
    assert not web.asked


def test_a_failure_leaves_no_corpus_and_a_later_call_goes_on(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    body = zipped({**WAVS, "big": bytes(range(256)) * 40}).read_bytes()
    source = archive_of(web, body, "cut", "404")
    with pytest.raises(DataError, match="404"):
        fetch(TOY, source, tmp_path / "raw", [], HASTY)
    assert not (tmp_path / "raw" / "toy").exists()
    fetch(TOY, source, tmp_path / "raw", [], HASTY)
    assert [wanted for _, wanted in web.asked] == [None, *2 * [f"bytes={len(body) // 2}-"]]


def test_a_hostile_or_damaged_archive_leaves_nothing_and_is_fetched_anew(
    web: Web, zipped: Zipped, tmp_path: Path
) -> None:
    evil = zipped({"../../../evil": b"1"}).read_bytes()
    with pytest.raises(DataError, match="below the archive's root"):
        fetch(TOY, archive_of(web, evil, size=None, checksums={}), tmp_path / "raw", [], HASTY)
    assert not (tmp_path / "raw" / "toy").exists()
    assert not list(tmp_path.rglob("evil"))
    good = zipped(WAVS).read_bytes()
    assert (
        fetch(TOY, archive_of(web, good, size=None, checksums={}), tmp_path / "raw", [], HASTY).files[0].checked == ()
    )


def test_an_archive_as_published_is_kept_when_unpacking_fails(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none at all"):
        fetch(TOY, archive_of(web, zipped({"x/": b""}).read_bytes()), tmp_path / "raw", [], HASTY)
    assert (tmp_path / "raw" / ".fetch" / "toy" / "archives" / "toy.zip").exists()


def test_an_archive_of_something_else_is_refused(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"files of The toy corpus, but got 'none among 1"):
        fetch(TOY, archive_of(web, zipped({"cat.jpg": b"1"}).read_bytes()), tmp_path / "raw", [], HASTY)
    assert not (tmp_path / "raw" / "toy").exists()


def test_single_files_are_fetched_side_by_side_and_only_once(web: Web, tmp_path: Path) -> None:
    names = [f"ann_happy_{number}.wav" for number in range(1, 5)]
    files = []
    for number, name in enumerate(names):
        web.put(f"/api/access/datafile/{number}", name.encode())
        md5 = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        files.append({"label": name, "dataFile": {"id": number, "filesize": len(name), "md5": md5}})
    web.faults["/api/access/datafile/2"] = ["404"]
    source = edition(listing=dataverse(web, *files))
    with pytest.raises(DataError, match="404"):
        fetch(TOY, source, tmp_path / "raw", [], HASTY)
    assert not (tmp_path / "raw" / "toy").exists()
    receipt = fetch(TOY, source, tmp_path / "raw", [], HASTY)
    assert receipt.utterances == 4
    assert all(file.checked == ("size", "md5") for file in receipt.files)
    assert {path.name for path in (tmp_path / "raw" / "toy").iterdir()} == {*names, RECEIPT}
    assert [path for path, _ in web.asked].count("/api/access/datafile/0") == 1


@pytest.mark.parametrize("access", ["browser", "account", "form", "request"])
def test_a_closed_door_is_said_with_what_to_do(tmp_path: Path, access: str) -> None:
    source = edition(access=access)
    with pytest.raises(DataError, match=r"Fetch it from the attic.*ser fetch toy --from FILE"):
        fetch(TOY, source, tmp_path, [], HASTY)


def test_archives_downloaded_by_hand_are_taken(zipped: Zipped, tmp_path: Path) -> None:
    source = edition(access="form")
    given = [
        zipped({"a/ann_happy_1.wav": b"1"}, "one.zip"),
        zipped({"b/ann_sad_1.wav": b"1", "b/ANN_SAD_1.txt": b""}, "two.zip"),
    ]
    receipt = fetch(TOY, source, tmp_path / "raw", given, HASTY)
    assert receipt.utterances == 2
    assert {file.source for file in receipt.files} == {"a file on this machine"}
    assert all(path.exists() for path in given)


def test_several_archives_lie_side_by_side(zipped: Zipped, tmp_path: Path) -> None:
    given = [zipped({"ann_happy_1.wav": content, ".DS_Store": content}, name) for name, content in FEMALE_AND_MALE]
    fetch(TOY, edition(access="form"), tmp_path / "raw", given, HASTY)
    assert (tmp_path / "raw" / "toy" / "female" / ".DS_Store").read_bytes() == b"1"
    assert (tmp_path / "raw" / "toy" / "male" / ".DS_Store").read_bytes() == b"22"


def test_the_terms_stand_first() -> None:
    said = terms(TOY.facts, edition(megabytes=7))
    assert said.splitlines() == [
        "The toy corpus: all of it (about 7 MB)",
        "  licence: CC0-1.0",
        "  cite: Nobody, 2000.",
    ]


def test_a_list_of_far_more_than_is_published_is_refused_before_anything_comes(web: Web, tmp_path: Path) -> None:
    files = [
        {"label": f"ann_happy_{number}.wav", "dataFile": {"id": number, "filesize": 3_000_000, "md5": "0"}}
        for number in range(2)
    ]
    source = edition(listing=dataverse(web, *files))
    with pytest.raises(DataError, match=r"at most 4 MB in all.*2 files of 6 MB"):
        fetch(TOY, source, tmp_path, [], HASTY)
    assert len(web.asked) == 1
    # The same holds for one file of a size that nobody publishes.
    with pytest.raises(DataError, match=r"a file of at most 4 MB"):
        fetch(TOY, archive_of(web, bytes(5_000_000), "no length", size=None, checksums={}), tmp_path, [], HASTY)
    assert not (tmp_path / "toy").exists()


def test_another_edition_goes_to_a_folder_of_its_own(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    source = archive_of(web, zipped(WAVS).read_bytes())
    settings: dict[str, str | bool] = {"folder": "toy-sung", "song": True}
    fetch(TOY, source, tmp_path, [], HASTY)
    receipt = fetch(Toy(folder="toy-sung"), source, tmp_path, [], HASTY)
    assert (tmp_path / "toy" / RECEIPT).is_file()
    assert (tmp_path / "toy-sung" / RECEIPT).is_file()
    assert "published" not in summary(replace(receipt, published=None), tmp_path / "toy-sung", {}).splitlines()[0]
    last = summary(receipt, tmp_path / "toy-sung", settings).splitlines()[-1]
    assert last.split()[-5:-1] == ["scan", "corpus=toy", "corpora.toy.folder=toy-sung", "corpora.toy.song=true"]


def test_mirrors_stand_in_the_receipt(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    good = web.remote("/toy.zip", zipped(WAVS).read_bytes())
    both = Remote(name="toy.zip", urls=(f"{web.address}/gone", *good.urls), size=good.size, checksums=good.checksums)
    source = edition(listing=Archives(files=(both,)))
    (file,) = fetch(TOY, source, tmp_path, [], HASTY).files
    assert file.source == good.urls[0]
