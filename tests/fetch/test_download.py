from __future__ import annotations

import hashlib
import shutil
import urllib.error
from collections import namedtuple
from pathlib import Path

import pytest

from fetch.conftest import BODY, HASTY, PLENTY, Web
from ser.errors import DataError, StoreError
from ser.fetch.download import Remote, download, text


def halves(web: Web, path: str) -> list[str | None]:
    return [wanted for asked, wanted in web.asked if asked == path]


def test_a_file_comes_whole_with_its_hash(web: Web, tmp_path: Path) -> None:
    fetched = download(web.remote("/x.zip", BODY), tmp_path / "deep" / "x.zip", HASTY, PLENTY)
    assert (tmp_path / "deep" / "x.zip").read_bytes() == BODY
    assert fetched.sha256 == hashlib.sha256(BODY).hexdigest()
    assert fetched.bytes == len(BODY)
    assert fetched.checked == ("size", "sha256")
    assert fetched.source == f"{web.address}/x.zip"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["x.zip"]


def test_an_empty_file_is_a_file(web: Web, tmp_path: Path) -> None:
    assert download(web.remote("/x", b""), tmp_path / "x", HASTY, PLENTY).bytes == 0


@pytest.mark.parametrize("fault", ["cut", "slow"])
def test_what_was_cut_goes_on_where_it_was(web: Web, tmp_path: Path, fault: str) -> None:
    download(web.remote("/x", BODY, fault, fault, fault, fault), tmp_path / "x", HASTY, PLENTY)
    assert (tmp_path / "x").read_bytes() == BODY
    # Four faults in a row are more than the three tries: every new byte begins the count again.
    assert halves(web, "/x")[:2] == [None, f"bytes={len(BODY) // 2}-"]
    assert len(halves(web, "/x")) == 5


def test_a_later_call_goes_on_where_an_earlier_one_was_killed(web: Web, tmp_path: Path) -> None:
    (tmp_path / ".x.part").write_bytes(BODY[:1000])
    (tmp_path / ".x.version").write_text('"v1"')
    download(web.remote("/x", BODY, size=None, checksums={}), tmp_path / "x", HASTY, PLENTY)
    assert halves(web, "/x") == ["bytes=1000-"]
    assert (tmp_path / "x").read_bytes() == BODY


def test_a_file_that_changed_meanwhile_begins_anew(web: Web, tmp_path: Path) -> None:
    (tmp_path / ".x.part").write_bytes(b"older" * 200)
    (tmp_path / ".x.version").write_text('"v0"')
    download(web.remote("/x", BODY, size=None, checksums={}), tmp_path / "x", HASTY, PLENTY)
    assert (tmp_path / "x").read_bytes() == BODY


def test_without_a_version_a_rest_is_taken_only_if_a_hash_can_tell(web: Web, tmp_path: Path) -> None:
    web.mark = None
    (tmp_path / ".x.part").write_bytes(BODY[:1000])
    download(web.remote("/x", BODY, size=None, checksums={}), tmp_path / "x", HASTY, PLENTY)
    (tmp_path / ".y.part").write_bytes(BODY[:1000])
    download(web.remote("/y", BODY), tmp_path / "y", HASTY, PLENTY)
    assert halves(web, "/x") == [None]
    assert halves(web, "/y") == ["bytes=1000-"]
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes() == BODY


def test_a_rest_of_another_file_is_found_by_the_hash_and_all_is_fetched_again(web: Web, tmp_path: Path) -> None:
    (tmp_path / ".x.part").write_bytes(b"other" * 200)
    (tmp_path / ".x.version").write_text('"v1"')
    download(web.remote("/x", BODY), tmp_path / "x", HASTY, PLENTY)
    assert halves(web, "/x") == ["bytes=1000-", None]
    assert (tmp_path / "x").read_bytes() == BODY


def test_a_part_that_is_whole_is_not_asked_for_again(web: Web, tmp_path: Path) -> None:
    (tmp_path / ".x.part").write_bytes(BODY)
    download(web.remote("/x", BODY), tmp_path / "x", HASTY, PLENTY)
    assert not web.asked
    assert (tmp_path / "x").read_bytes() == BODY


@pytest.mark.parametrize("fault", ["range refused", "other range", "no range", "416", "503", "429"])
def test_a_server_that_is_busy_or_cannot_go_on_is_asked_again(web: Web, tmp_path: Path, fault: str) -> None:
    download(web.remote("/x", BODY, "cut", fault), tmp_path / "x", HASTY, PLENTY)
    assert (tmp_path / "x").read_bytes() == BODY


def test_a_file_without_announced_length_is_checked_by_its_hash(web: Web, tmp_path: Path) -> None:
    download(web.remote("/x", BODY, "no length"), tmp_path / "x", HASTY, PLENTY)
    with pytest.raises(DataError, match="more than the 1024000 bytes announced"):
        download(web.remote("/y", BODY + b"!", *["no length"] * 9, size=len(BODY)), tmp_path / "y", HASTY, PLENTY)


@pytest.mark.parametrize("faults", [[], ["no length"]])
def test_what_has_no_published_size_has_a_ceiling_all_the_same(web: Web, tmp_path: Path, faults: list[str]) -> None:
    remote = web.remote("/x", BODY, *faults, size=None, checksums={})
    with pytest.raises(DataError, match=r"at most 1 MB.*Open the address in a browser.*--from FILE"):
        download(remote, tmp_path / "x", HASTY, len(BODY) - 1)
    assert not list(tmp_path.iterdir())
    assert len(web.asked) == 1
    assert download(remote, tmp_path / "x", HASTY, len(BODY)).bytes == len(BODY)


def test_a_published_size_does_not_lift_the_ceiling(web: Web, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"at most 0 MB.*one of 1 MB"):
        download(web.remote("/x", BODY), tmp_path / "x", HASTY, 1000)


def test_another_address_is_tried_when_one_gives_too_much(web: Web, tmp_path: Path) -> None:
    other = web.put("/other", bytes(2 * len(BODY)), "no length")
    good = web.remote("/x", BODY, size=None, checksums={})
    both = Remote(name="x", urls=(other, *good.urls), size=None, checksums={})
    assert download(both, tmp_path / "x", HASTY, len(BODY)).source == good.urls[0]
    assert (tmp_path / "x").read_bytes() == BODY


@pytest.mark.parametrize(
    ("faults", "published", "message"),
    [
        (["404"], {}, "the answer 404"),
        (["403"], {}, "the answer 403"),
        (["500"] * 3, {}, r"the answer 500 .*3 times in a row"),
        (["wrong bytes"], {}, "published sha256"),
        (["longer"], {}, "a file of 1024004 bytes, where 1024000 are published"),
        ([], {"size": 5}, "where 5 are published"),
        ([], {"size": None, "checksums": {"md5": "0" * 32}}, "published md5 0000"),
        (["to /x"], {}, "infinite loop"),
        (["to file:///etc/hostname"], {}, "302"),
        (["to ftp://127.0.0.1/x"], {}, "out of encryption or of the web"),
    ],
)
def test_what_is_not_as_published_is_refused(
    web: Web, tmp_path: Path, faults: list[str], published: dict[str, object], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        download(web.remote("/x", BODY, *faults, **published), tmp_path / "x", HASTY, PLENTY)
    assert not (tmp_path / "x").exists()


def test_a_server_that_is_not_there_is_given_up(tmp_path: Path) -> None:
    nowhere = Remote(name="x", urls=("http://127.0.0.1:9/x",), size=None, checksums={})
    with pytest.raises(DataError, match=r"refused \(3 times in a row; 0 bytes are kept\)"):
        download(nowhere, tmp_path / "x", HASTY, PLENTY)


def test_the_next_address_is_tried_and_all_are_named_when_none_works(web: Web, tmp_path: Path) -> None:
    good = web.remote("/x", BODY)
    gone = f"{web.address}/gone"
    both = Remote(name="x", urls=(gone, *good.urls), size=good.size, checksums=good.checksums)
    assert download(both, tmp_path / "x", HASTY, PLENTY).source == good.urls[0]
    neither = Remote(name="y", urls=(gone, f"{web.address}/lost"), size=None, checksums={})
    with pytest.raises(DataError, match=r"2 addresses.*gone: the answer 404.*lost: the answer 404"):
        download(neither, tmp_path / "y", HASTY, PLENTY)


def test_what_is_there_is_checked_and_never_overwritten(web: Web, tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_bytes(BODY)
    assert download(web.remote("/x", BODY), target, HASTY, PLENTY).bytes == len(BODY)
    target.write_bytes(b"mine")
    with pytest.raises(DataError, match=r"published size.*Delete"):
        download(web.remote("/x", BODY), target, HASTY, PLENTY)
    assert target.read_bytes() == b"mine"
    assert not web.asked


def test_a_disk_that_is_too_small_is_said_before_anything_comes(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(free=10))
    with pytest.raises(StoreError, match="free disk space"):
        download(web.remote("/x", BODY), tmp_path / "x", HASTY, PLENTY)


def test_a_folder_that_cannot_be_made_is_said(web: Web, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="to write it"):
        download(web.remote("/x", BODY), tmp_path / "file" / "x", HASTY, PLENTY)


def test_a_text_is_fetched_anew_each_time(web: Web, tmp_path: Path) -> None:
    url = web.put("/list", "é".encode())
    assert text(url, tmp_path / "list", HASTY, PLENTY) == "é"
    web.put("/list", b"later")
    assert text(url, tmp_path / "list", HASTY, PLENTY) == "later"


def test_a_false_certificate_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def ask(*_: object) -> None:
        tries.append(1)
        raise urllib.error.URLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")

    monkeypatch.setattr("ser.fetch.download.ask", ask)
    with pytest.raises(DataError, match="CERTIFICATE_VERIFY_FAILED"):
        download(Remote(name="x", urls=("https://x",), size=None, checksums={}), tmp_path / "x", HASTY, PLENTY)
    assert len(tries) == 1
