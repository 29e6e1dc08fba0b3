"""Where each corpus is published, and whether anyone may download it there. Facts as of November 2026.

What to do where a program cannot help stands in `Facts.how_to_get` of the corpus; its licence in `Facts.licence`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ser.fetch.download import Remote
from ser.fetch.listings import Archives, Dataverse, GitLfs, Listing, Zenodo

Access = Literal["open", "browser", "account", "form", "request"]

BARRIERS: dict[Access, str] = {
    "browser": "it lies where only a browser can download it",
    "account": "its publisher asks for an account",
    "form": "its publisher asks for a registration form",
    "request": "its publisher gives it on request only",
}
"""Why `ser fetch` cannot download a corpus."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a corpus is published.

    Attributes:
        access: "open" where anyone may download it, else what stands between (a key of `BARRIERS`).
        megabytes: to download, about; None where nobody says.
        listing: its files; None where access is not open.
    """

    access: Access
    megabytes: int | None
    listing: Listing | None


_SHEMO = "https://media.githubusercontent.com/media/mansourehk/ShEMO/ed2c666098ac7944dcb893300aaf7ca4f9e532ab"

SOURCES: dict[str, Source] = {
    "aesdd": Source(access="browser", megabytes=390, listing=None),
    "cafe": Source(
        access="open",
        megabytes=400,
        listing=Zenodo(record=1478765, names=("CaFE_48k.zip",), server="https://zenodo.org"),
    ),
    "casia": Source(access="request", megabytes=None, listing=None),
    # GitHub's "Download ZIP" holds pointers only; sizes and hashes are read from them.
    "crema-d": Source(
        access="open",
        megabytes=630,
        listing=GitLfs(
            packed="https://github.com/CheyneyComputerScience/CREMA-D/archive/refs/heads/master.zip",
            media="https://media.githubusercontent.com/media/CheyneyComputerScience/CREMA-D/master/AudioWAV",
            folder="AudioWAV",
        ),
    ),
    "emodb": Source(
        access="open",
        megabytes=48,
        listing=Archives(
            files=(
                Remote(
                    name="download.zip",
                    urls=("http://emodb.bilderbar.info/download/download.zip",),
                    size=None,
                    checksums={},
                ),
            )
        ),
    ),
    "emovo": Source(access="browser", megabytes=355, listing=None),
    "jl-corpus": Source(access="account", megabytes=948, listing=None),
    "ravdess": Source(
        access="open",
        megabytes=208,
        listing=Archives(
            files=(
                Remote(
                    name="Audio_Speech_Actors_01-24.zip",
                    urls=("https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip?download=1",),
                    size=208_468_073,
                    checksums={"md5": "bc696df654c87fed845eb13823edef8a"},
                ),
            )
        ),
    ),
    "savee": Source(access="form", megabytes=200, listing=None),
    # Sizes and hashes as in the repository's git-LFS pointers; the authors' Dropbox holds the same files.
    "shemo": Source(
        access="open",
        megabytes=873,
        listing=Archives(
            files=(
                Remote(
                    name="female.zip",
                    urls=(
                        f"{_SHEMO}/female.zip",
                        "https://www.dropbox.com/s/4t6mep8mo4yf81f/female.zip?dl=1",
                    ),
                    size=374_368_830,
                    checksums={"sha256": "663d8d7dceb44adbbf87d84be3a080fb691d169fbd972f6941e6302bc39f71e6"},
                ),
                Remote(
                    name="male.zip",
                    urls=(
                        f"{_SHEMO}/male.zip",
                        "https://www.dropbox.com/s/xfi3hi927yxixa9/male.zip?dl=1",
                    ),
                    size=496_606_401,
                    checksums={"sha256": "747670d0d918e59d5e5020cf66610242890b093d42968c467c4f02eb5e6a6b1a"},
                ),
                Remote(
                    name="transcript.zip",
                    urls=(
                        "https://raw.githubusercontent.com/mansourehk/ShEMO/2ab5fccde5e4d48c07530dc5276a25b2686c39bb/transcript.zip",
                    ),
                    size=1_450_143,
                    checksums={"sha256": "301fef07a94f9edd0867941465670f60c451b138b10abccef1f75784d13d0f53"},
                ),
            )
        ),
    ),
    "tess": Source(
        access="open",
        megabytes=281,
        listing=Dataverse(server="https://borealisdata.ca", doi="10.5683/SP2/E8H2MF"),
    ),
}
"""By corpus id."""
