"""One file from the web: streamed, resumed where it was cut, checked by size and hash."""

from __future__ import annotations

import hashlib
import http
import http.client
import time
import urllib.error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ser.errors import DataError, SerError
from ser.fetch.part import Part, on_disk, refuse_full_disk
from ser.fetch.web import BUSY, ask, asked_to_wait_s, mark_of, span
from ser.progress import track_bytes

_CHUNK = 1 << 18
_BAR_FROM = 10_000_000
"""Bytes from which a file has a progress bar of its own."""
_LONGEST_PAUSE_S = 60.0
_CHANGED = (
    "Run the same command again. If it comes again, the file was changed where it is published: do not use it before "
    "you know why."
)


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A file to download.

    Attributes:
        name: path below the folder it goes to, with forward slashes.
        urls: where it lies; the next is tried when one fails.
        size: in bytes, as published; None where nobody says.
        checksums: algorithm ("sha256", "md5") -> hexadecimal digits, as published.
    """

    name: str
    urls: tuple[str, ...]
    size: int | None
    checksums: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A file that was downloaded.

    Attributes:
        name: as `Remote.name`.
        source: the address it came from.
        bytes: its size.
        sha256: of its bytes.
        checked: what was compared with published values: "size", "md5", "sha256".
    """

    name: str
    source: str
    bytes: int
    sha256: str
    checked: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait for a server.

    Attributes:
        timeout_s: of silence, after which the connection is given up.
        tries: in a row that bring no new byte, after which the address is given up.
        pause_s: before the second try; it doubles with every further one.
    """

    timeout_s: float
    tries: int
    pause_s: float


PATIENT = Patience(timeout_s=60.0, tries=5, pause_s=1.0)


def download(remote: Remote, target: Path, patience: Patience, most: int) -> Fetched:
    """Download a file, going on where an earlier attempt was cut.

    What is there of it lies beside the target as `.<name>.part` until it is whole and checked. A target that is there
    already is checked, never overwritten.

    Args:
        remote: the file.
        target: where it goes.
        patience: how long to wait.
        most: bytes that no honest copy exceeds, whatever is announced or published.

    Raises:
        DataError: when no address gives the file, or what it gives is larger than `most`, or has another size or hash
            than published.
        StoreError: when the disk is full or the folder cannot be written.
    """
    if target.exists():
        return _checked(remote, target, remote.urls[0], fix=f"Delete {target} and run the same command again.")
    with on_disk(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    part = Part(target)
    problems: list[SerError] = []
    for url in remote.urls:
        try:
            fetched = _from_one(url, remote, part, patience, most)
        except DataError as error:
            problems.append(error)
            continue
        with on_disk(target):
            part.file.replace(target)
            part.validator.unlink(missing_ok=True)
        return fetched
    if len(problems) == 1:
        raise problems[0]
    raise DataError(
        expected=f"{remote.name} from one of {len(remote.urls)} addresses",
        received="; ".join(f"{problem.where}: {problem.received}" for problem in problems),
        where=remote.name,
        fix=problems[-1].fix,
    )


def text(url: str, place: Path, patience: Patience, most: int) -> str:
    """Download a small text, such as a repository's list of files.

    Args:
        url: its address.
        place: where it may lie meanwhile; what is there is lost.
        patience: how long to wait.
        most: bytes that it may have.

    Raises:
        DataError: as :func:`download`.
    """
    place.unlink(missing_ok=True)
    Part(place).forget()
    download(Remote(name=place.name, urls=(url,), size=None, checksums={}), place, patience, most)
    return place.read_text(encoding="utf-8")


def _from_one(url: str, remote: Remote, part: Part, patience: Patience, most: int) -> Fetched:
    """Download from one address; a resumed file that fails its check is downloaded once more from the start."""
    resumed = part.size > 0
    _transfer(url, remote, part, patience, most)
    try:
        return _checked(remote, part.file, url, fix=_CHANGED)
    except DataError:
        part.forget()
        if not resumed:
            raise
    return _from_one(url, remote, part, patience, most)


def _transfer(url: str, remote: Remote, part: Part, patience: Patience, most: int) -> None:
    """Try until the file is whole; the count of tries begins again with every new byte."""
    failures = 0
    while True:
        before, pause_s = part.size, patience.pause_s * 2**failures
        try:
            _attempt(url, remote, part, patience.timeout_s, most)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    part.forget()
                elif error.code not in BUSY:
                    raise _refused(url, f"the answer {error.code} {error.reason}".replace("\n", " ")) from error
                problem = f"the answer {error.code} {error.reason}"
                pause_s = max(pause_s, asked_to_wait_s(error.headers))
        except (OSError, http.client.HTTPException) as error:
            problem = str(getattr(error, "reason", None) or error) or type(error).__name__
            if "CERTIFICATE_VERIFY_FAILED" in problem:
                raise _refused(url, problem) from error
        else:
            return
        failures = 0 if part.size > before else failures + 1
        if failures >= patience.tries:
            raise _refused(url, f"{problem} ({failures} times in a row; {part.size} bytes are kept)")
        time.sleep(min(pause_s, _LONGEST_PAUSE_S))


def _attempt(url: str, remote: Remote, part: Part, timeout_s: float, most: int) -> None:
    """Ask once, for the rest or for all, and write what comes.

    Raises:
        ConnectionError: when less came than was announced.
        OSError, HTTPException: whatever else the network does.
        DataError: when the file announced is not the one published, or there is more of it than there may be.
    """
    if part.size and part.size == remote.size:
        return
    headers = {}
    # Without a mark of its version, the rest of a file may be another file's; then a published hash must tell.
    if part.size and (part.mark or remote.checksums):
        headers = {"Range": f"bytes={part.size}-"} | ({"If-Range": part.mark} if part.mark else {})
    with ask(url, headers, timeout_s) as answer:
        start, total = span(answer)
        if remote.size is not None and total is not None and total != remote.size:
            raise _refused(url, f"a file of {total} bytes, where {remote.size} are published")
        announced = total if total is not None else remote.size
        if announced is not None and announced > most:
            raise _too_large(url, f"one of {announced / 1e6:.0f} MB", most)
        if start == 0:
            part.begin(mark_of(answer.headers))
        elif start != part.size:
            part.forget()
            raise ConnectionError(f"the server went on from byte {start}")
        refuse_full_disk(part.file.parent, (total or 0) - start)
        bound = most if announced is None else announced
        if not _write(_read(answer, remote.name, start, announced), part, bound):
            part.forget()
            if announced is None:
                raise _too_large(url, "more, of a size that was not announced", most)
            raise http.client.HTTPException(f"more than the {announced} bytes announced")
    if total is not None and part.size < total:
        raise ConnectionError(f"cut after {part.size} of {total} bytes")


def _read(answer: http.client.HTTPResponse, name: str, done: int, announced: int | None) -> Iterator[bytes]:
    chunks = iter(lambda: answer.read1(_CHUNK), b"")
    if (announced or 0) < _BAR_FROM:
        return chunks
    return track_bytes(chunks, done=done, total=announced, what=f"downloading {name}")


def _write(chunks: Iterator[bytes], part: Part, most: int) -> bool:
    """Append pieces; return whether the file stays within `most` bytes."""
    done = part.size
    with on_disk(part.file):
        stream = part.file.open("ab")
    with stream:
        for chunk in chunks:
            done += len(chunk)
            if done > most:
                return False
            with on_disk(part.file):
                stream.write(chunk)
                stream.flush()
    return True


def _checked(remote: Remote, path: Path, url: str, *, fix: str) -> Fetched:
    """Compare a file with what is published of it."""
    size = path.stat().st_size
    found = _hashes(path, {"sha256", *remote.checksums})
    published = {**remote.checksums} if remote.size is None else {"size": str(remote.size), **remote.checksums}
    for what, value in published.items():
        got = str(size) if what == "size" else found[what]
        if got != value.lower():
            raise DataError(
                expected=f"{remote.name} with the published {what} {value}",
                received=f"one with the {what} {got}",
                where=url,
                fix=fix,
            )
    return Fetched(name=remote.name, source=url, bytes=size, sha256=found["sha256"], checked=tuple(published))


def _hashes(path: Path, algorithms: set[str]) -> dict[str, str]:
    totals = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            for total in totals.values():
                total.update(chunk)
    return {name: total.hexdigest() for name, total in totals.items()}


def _refused(url: str, received: str) -> DataError:
    return DataError(
        expected="the file",
        received=received,
        where=url,
        fix="Run the same command again later: what came so far is kept. If it goes on, see if the page has moved.",
    )


def _too_large(url: str, received: str, most: int) -> DataError:
    return DataError(
        expected=f"a file of at most {most / 1e6:.0f} MB, several times what is published there",
        received=received,
        where=url,
        fix="Open the address in a browser: it may lead to something else by now. If it is the corpus after all, "
        "download it there and hand it over with `ser fetch CORPUS --from FILE`.",
    )
