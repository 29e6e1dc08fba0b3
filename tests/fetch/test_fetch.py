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
    outcome = fetch(TOY, archive_of(web, body, "cut"), tmp_path / "raw", [], HASTY)
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
    assert (record["utterances"], record["published"]) == (2, 8)
    assert not (tmp_path / "raw" / ".fetch" / "toy").exists()
    said = summary(outcome, folder, {})
    assert "already" not in said
    assert "2 utterances (8 are published)" in said
    assert "ser scan corpus=toy" in said


def test_fetching_again_does_nothing_and_says_so(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    source, folder = archive_of(web, zipped(WAVS).read_bytes()), tmp_path / "raw" / "toy"
    first = fetch(TOY, source, tmp_path / "raw", [], HASTY)
    asked = len(web.asked)
    (folder / "wav" / "bob_sad_2.wav").unlink()
    again = fetch(TOY, source, tmp_path / "raw", [], HASTY)
    assert again.receipt == first.receipt
    assert len(web.asked) == asked
    said = summary(again, folder, {}).splitlines()
    assert said[0] == (
        f"toy: already fetched; nothing was done; to begin anew, move {folder} away and run the same command again"
    )
    # What has gone since is not counted.
    assert said[1].startswith("toy: 1 utterances (8 are published) in ")
    whole = replace(again, receipt=replace(again.receipt, published=1))
    assert summary(whole, folder, {}).splitlines()[0] == "toy: already fetched; nothing was done"


def test_an_archive_for_a_corpus_that_is_there_is_refused_not_passed_over(zipped: Zipped, tmp_path: Path) -> None:
    fetch(TOY, edition(access="form"), tmp_path / "raw", [zipped(WAVS)], HASTY)
    other = zipped({"ann_happy_2.wav": b"1"}, "other.zip")
    with pytest.raises(DataError, match=r"some of toy, which was fetched 20.*already there.*move its folder away"):
        fetch(TOY, edition(access="form"), tmp_path / "raw", [other], HASTY)
    assert (tmp_path / "raw" / "toy" / "wav" / "bob_sad_2.wav").read_bytes() == b"22"


def test_an_empty_folder_is_filled_but_a_link_or_a_file_stays(zipped: Zipped, tmp_path: Path) -> None:
    folder = tmp_path / "raw" / "toy"
    folder.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "raw" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "raw" / "file").touch()
    for name in ("linked", "file"):
        with pytest.raises(DataError, match="without its receipt"):
            fetch(Toy(folder=name), edition(access="form"), tmp_path / "raw", [zipped(WAVS)], HASTY)
    fetch(TOY, edition(access="form"), tmp_path / "raw", [zipped(WAVS)], HASTY)
    assert (folder / RECEIPT).is_file()


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
    good = archive_of(web, zipped(WAVS).read_bytes(), size=None, checksums={})
    (file,) = fetch(TOY, good, tmp_path / "raw", [], HASTY).receipt.files
    assert file.checked == ()


def test_a_whole_archive_of_something_else_is_fetched_anew_where_no_hash_is_published(
    web: Web, zipped: Zipped, tmp_path: Path
) -> None:
    wrong = archive_of(web, zipped({"cat.wav": b"1"}).read_bytes(), size=None, checksums={})
    with pytest.raises(DataError, match="none among 1"):
        fetch(TOY, wrong, tmp_path / "raw", [], HASTY)
    right = archive_of(web, zipped(WAVS).read_bytes(), size=None, checksums={})
    assert fetch(TOY, right, tmp_path / "raw", [], HASTY).anew


def test_an_archive_as_published_is_kept_when_unpacking_fails(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="none at all"):
        fetch(TOY, archive_of(web, zipped({"x/": b""}).read_bytes()), tmp_path / "raw", [], HASTY)
    assert (tmp_path / "raw" / ".fetch" / "toy" / "archives" / "toy.zip").exists()


def test_an_archive_of_something_else_is_refused(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"files of The toy corpus, but got 'none among 1"):
        fetch(TOY, archive_of(web, zipped({"cat.jpg": b"1"}).read_bytes()), tmp_path / "raw", [], HASTY)
    assert not (tmp_path / "raw" / "toy").exists()


NOTE = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"notes/ann_happy_1.txt": b"1"}, "files of The toy corpus, but got 'none among 1"),
        ({"../evil": b"1"}, "below the archive's root"),
        (
            {"wav/ann_happy_1.wav": NOTE, "wav/ann_happy_2.wav": NOTE, "wav/bob_sad_1.wav": b""},
            "audio in every file of The toy corpus, but got '2 x git-LFS pointer, 1 x empty file, among 3 "
            "utterances; the first is ann_happy_1'.*from the attic",
        ),
        ({"wav/ann_happy_1.wav": b"1", "wav/bob_sad_1.wav": b""}, "1 x empty file, among 2 utterances"),
        ({f"{RECEIPT}/ann_happy_1.wav": b"1"}, "a folder called ser-receipt.json"),
    ],
)
def test_nothing_of_a_wrong_archive_is_kept(
    zipped: Zipped, tmp_path: Path, entries: dict[str, bytes], message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        fetch(TOY, edition(access="form"), tmp_path / "raw", [zipped(entries)], HASTY)
    assert "Nothing unpacked from it is kept." in caught.value.fix
    assert not [path for path in (tmp_path / "raw").rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_stopping_removes_what_was_unpacked_and_keeps_what_was_downloaded(
    web: Web, zipped: Zipped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ser.fetch.fetch.write_json", stopped)
    source = archive_of(web, zipped(WAVS).read_bytes(), size=None, checksums={})
    with pytest.raises(KeyboardInterrupt):
        fetch(TOY, source, tmp_path, [], HASTY)
    work = tmp_path / ".fetch" / "toy"
    assert [path.relative_to(work) for path in work.rglob("*") if path.is_file()] == [Path("archives/toy.zip")]


def test_a_hollow_file_does_no_harm_where_another_copy_is_whole_or_it_is_published_so(
    zipped: Zipped, tmp_path: Path
) -> None:
    entries = {"a/ann_happy_1.wav": b"", "b/ann_happy_1.wav": b"1", "bob_sad_4.wav": b"", "laryngo/ann_sad_1.wav": b""}
    outcome = fetch(TOY, edition(access="form"), tmp_path / "raw", [zipped(entries)], HASTY)
    assert outcome.utterances == 2


def test_a_wrong_archive_given_does_not_cost_what_was_downloaded(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    source = single_files(web, "ann_happy_1.wav", "ann_happy_2.wav")
    web.faults["/api/access/datafile/1"] = ["404"]
    with pytest.raises(DataError, match="404"):
        fetch(TOY, source, tmp_path / "raw", [], HASTY)
    with pytest.raises(DataError, match="none among 1"):
        fetch(TOY, source, tmp_path / "raw", [zipped({"cat.jpg": b"1"})], HASTY)
    assert fetch(TOY, source, tmp_path / "raw", [], HASTY).utterances == 2
    assert [path for path, _ in web.asked].count("/api/access/datafile/0") == 1


def test_single_files_of_something_else_are_no_corpus(web: Web, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none among 1.*the list of its files may have changed"):
        fetch(TOY, single_files(web, "cat.wav"), tmp_path / "raw", [], HASTY)
    assert not (tmp_path / "raw" / "toy").exists()


def single_files(web: Web, *names: str) -> Source:
    """Files that hold their own names, of a Dataverse."""
    files = []
    for number, name in enumerate(names):
        web.put(f"/api/access/datafile/{number}", name.encode())
        md5 = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        files.append({"label": name, "dataFile": {"id": number, "filesize": len(name), "md5": md5}})
    return edition(listing=dataverse(web, *files))


def test_single_files_are_fetched_side_by_side_and_only_once(web: Web, tmp_path: Path) -> None:
    names = [f"ann_happy_{number}.wav" for number in range(1, 5)]
    source = single_files(web, *names)
    web.faults["/api/access/datafile/2"] = ["404"]
    with pytest.raises(DataError, match="404"):
        fetch(TOY, source, tmp_path / "raw", [], HASTY)
    assert not (tmp_path / "raw" / "toy").exists()
    receipt = fetch(TOY, source, tmp_path / "raw", [], HASTY).receipt
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
    receipt = fetch(TOY, source, tmp_path / "raw", given, HASTY).receipt
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
    outcome = fetch(Toy(folder="toy-sung"), source, tmp_path, [], HASTY)
    assert (tmp_path / "toy" / RECEIPT).is_file()
    assert (tmp_path / "toy-sung" / RECEIPT).is_file()
    unknown = replace(outcome, receipt=replace(outcome.receipt, published=None))
    assert "published" not in summary(unknown, tmp_path / "toy-sung", {}).splitlines()[0]
    last = summary(outcome, tmp_path / "toy-sung", settings).splitlines()[-1]
    assert last.split()[-5:-1] == ["scan", "corpus=toy", "corpora.toy.folder=toy-sung", "corpora.toy.song=true"]


def test_mirrors_stand_in_the_receipt(web: Web, zipped: Zipped, tmp_path: Path) -> None:
    good = web.remote("/toy.zip", zipped(WAVS).read_bytes())
    both = Remote(name="toy.zip", urls=(f"{web.address}/gone", *good.urls), size=good.size, checksums=good.checksums)
    source = edition(listing=Archives(files=(both,)))
    (file,) = fetch(TOY, source, tmp_path, [], HASTY).receipt.files
    assert file.source == good.urls[0]
