"""Which files make up a corpus where it is published: fixed addresses, or what a repository answers."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from ser.errors import DataError
from ser.fetch.download import Patience, Remote, download, text
from ser.fetch.unpack import LIMITS, unpack
from ser.files import folder_written_aside

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:(?P<sha256>[0-9a-f]{64})\nsize (?P<size>\d+)\n"
)


_LARGEST_LISTING = 128 << 20
"""Bytes of what names the files. Some 25 MB of pointers are the most that is known."""


@dataclass(frozen=True, kw_only=True)
class Listing(ABC):
    """Where the files of a corpus lie.

    Attributes:
        archives: whether the files are to be unpacked.
    """

    archives: ClassVar[bool]

    @abstractmethod
    def remotes(self, work: Path, patience: Patience) -> list[Remote]:
        """Name every file, with what is published of its size and hash.

        Args:
            work: a folder for answers on the way.
            patience: how long to wait for a server.

        Raises:
            DataError: when the repository does not answer as it should.
        """


@dataclass(frozen=True, kw_only=True)
class Archives(Listing):
    """Archives whose addresses are known beforehand."""

    files: tuple[Remote, ...]

    archives: ClassVar[bool] = True

    def remotes(self, work: Path, patience: Patience) -> list[Remote]:
        """Name the archives."""
        return list(self.files)


@dataclass(frozen=True, kw_only=True)
class Zenodo(Listing):
    """Archives of a Zenodo record, with the sizes and MD5 sums that Zenodo publishes of every file.

    Attributes:
        record: its number.
        names: of the archives wanted.
        server: the address of Zenodo.
    """

    record: int
    names: tuple[str, ...]
    server: str

    archives: ClassVar[bool] = True

    def remotes(self, work: Path, patience: Patience) -> list[Remote]:
        """Ask the record for its files."""
        url = f"{self.server}/api/records/{self.record}"
        answer = _json(url, work, patience)
        try:
            found = {file["key"]: file for file in answer["files"]}
            return [
                Remote(
                    name=name,
                    urls=(f"{self.server}/records/{self.record}/files/{quote(name)}?download=1",),
                    size=int(found[name]["size"]),
                    checksums=dict([found[name]["checksum"].split(":", 1)]),
                )
                for name in self.names
            ]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _unexpected(url, f"a record with the files {', '.join(self.names)}", error) from error


@dataclass(frozen=True, kw_only=True)
class Dataverse(Listing):
    """The single files of a Dataverse dataset, with the sizes and MD5 sums that it publishes.

    Attributes:
        server: the address of the Dataverse installation.
        doi: of the dataset.
    """

    server: str
    doi: str

    archives: ClassVar[bool] = False

    def remotes(self, work: Path, patience: Patience) -> list[Remote]:
        """Ask the dataset for its files."""
        query = urlencode({"persistentId": f"doi:{self.doi}"})
        url = f"{self.server}/api/datasets/:persistentId/versions/:latest-published/files?{query}"
        answer = _json(url, work, patience)
        try:
            return [self._remote(file) for file in answer["data"]]
        except (KeyError, TypeError, ValueError) as error:
            raise _unexpected(url, "a dataset with a list of files", error) from error

    def _remote(self, file: Mapping[str, Any]) -> Remote:
        data = file["dataFile"]
        return Remote(
            name=_below(file.get("directoryLabel", ""), file["label"]),
            urls=(f"{self.server}/api/access/datafile/{int(data['id'])}",),
            size=int(data["filesize"]),
            checksums={"md5": data["md5"]},
        )


@dataclass(frozen=True, kw_only=True)
class GitLfs(Listing):
    """The single files of a folder that a repository keeps in git-LFS.

    What GitHub packs of such a repository holds, in the place of each file, a pointer with its size and SHA-256; the
    file itself lies on another server.

    Attributes:
        packed: address of the packed repository.
        media: addresses of the folder on servers of the files; the next is tried for a file when one fails.
        folder: the folder in the repository, and below the corpus folder.
    """

    packed: str
    media: tuple[str, ...]
    folder: str

    archives: ClassVar[bool] = False

    def remotes(self, work: Path, patience: Patience) -> list[Remote]:
        """Read the pointers of the packed repository."""
        packed = work / "pointers.zip"
        pointers = Remote(name=packed.name, urls=(self.packed,), size=None, checksums={})
        download(pointers, packed, patience, _LARGEST_LISTING)
        try:
            with folder_written_aside(work / "pointers") as aside:
                unpack(packed, aside, LIMITS)
                found = sorted(aside.glob(f"*/{self.folder}/*"))
                remotes = [remote for file in found if (remote := self._remote(file))]
            if not remotes:
                raise _unexpected(self.packed, f"git-LFS pointers in {self.folder}", "none")
        except DataError:
            # Nobody publishes its hash: it would be taken for whole again.
            packed.unlink()
            raise
        return remotes

    def _remote(self, file: Path) -> Remote | None:
        pointer = _POINTER.fullmatch(file.read_bytes()) if file.stat().st_size < 1000 else None
        return pointer and Remote(
            name=f"{self.folder}/{file.name}",
            urls=tuple(f"{media}/{quote(file.name)}" for media in self.media),
            size=int(pointer["size"]),
            checksums={"sha256": pointer["sha256"].decode()},
        )


def _below(folder: str, name: str) -> str:
    """Join a folder and a name that a server gave; neither may lead out of the corpus folder."""
    path = PurePosixPath(folder, name)
    if path.is_absolute() or ".." in path.parts or "\\" in str(path) or not name:
        raise ValueError(f"a file called {str(path)!r}")
    return str(path)


def _json(url: str, work: Path, patience: Patience) -> Any:  # noqa: ANN401 - JSON is what it is
    try:
        return json.loads(text(url, work / "listing.json", patience, _LARGEST_LISTING))
    except ValueError as error:
        raise _unexpected(url, "JSON", error) from error


def _unexpected(url: str, expected: str, error: object) -> DataError:
    return DataError(
        expected=expected,
        received=f"an answer without it ({error})",
        where=url,
        fix="Look at the corpus's page: it may have moved. A copy downloaded by hand is taken with --from FILE.",
    )
