"""Where each corpus is published, and whether anyone may download it there. Facts as of November 2026.

What to do where a program cannot help stands in `Facts.how_to_get` of the corpus; its licence in `Facts.licence`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ser.errors import one_of
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


_HEADROOM = 4
"""How many times more than is known to be published may come, before it is taken for something else."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """An edition of a corpus where it is published.

    Attributes:
        what: which edition it is, in words.
        access: "open" where anyone may download it, else what stands between (a key of `BARRIERS`).
        megabytes: to download, about; None where nobody says, which is so of no open one.
        listing: its files; None where access is not open.
        settings: of the corpus, that mean this edition, where they are not those of `conf/corpus`.
    """

    what: str
    access: Access
    megabytes: int | None
    listing: Listing | None
    settings: Mapping[str, str | bool]

    @property
    def most(self) -> int:
        """Bytes that no honest copy exceeds."""
        return _HEADROOM * (self.megabytes or 0) * 1_000_000


def _open(what: str, megabytes: int, listing: Listing, **settings: str | bool) -> Source:
    return Source(what=what, access="open", megabytes=megabytes, listing=listing, settings=settings)


def _closed(access: Access, megabytes: int | None) -> dict[str, Source]:
    return {"whole": Source(what="the whole corpus", access=access, megabytes=megabytes, listing=None, settings={})}


def _zenodo(record: int, *names: str) -> Zenodo:
    return Zenodo(record=record, names=names, server="https://zenodo.org")


_CREMA_D = "CheyneyComputerScience/CREMA-D"
_CREMA_D_COMMIT = "1658cd342dff90010aa843eaeebd53610a08b1dc"
_SHEMO = "https://media.githubusercontent.com/media/mansourehk/ShEMO/ed2c666098ac7944dcb893300aaf7ca4f9e532ab"

# The hashes come from the pointers of one commit, so that the mirror, which follows its branch, gives the same or
# nothing. GitHub's own "Download ZIP" holds pointers only.
_CREMA_D_FILES = GitLfs(
    packed=f"https://github.com/{_CREMA_D}/archive/{_CREMA_D_COMMIT}.zip",
    media=(
        f"https://media.githubusercontent.com/media/{_CREMA_D}/{_CREMA_D_COMMIT}/AudioWAV",
        "https://gitlab.com/cs-cooper-lab/crema-d-mirror/-/raw/main/AudioWAV",
    ),
    folder="AudioWAV",
)
_EMODB_FILES = Archives(
    files=(
        Remote(
            name="download.zip", urls=("http://emodb.bilderbar.info/download/download.zip",), size=None, checksums={}
        ),
    )
)
_RAVDESS_FILES = Archives(
    files=(
        Remote(
            name="Audio_Speech_Actors_01-24.zip",
            urls=("https://zenodo.org/records/1188976/files/Audio_Speech_Actors_01-24.zip?download=1",),
            size=208_468_073,
            checksums={"md5": "bc696df654c87fed845eb13823edef8a"},
        ),
    )
)
# Sizes and hashes as in the repository's git-LFS pointers; the authors' Dropbox holds the same files.
_SHEMO_FILES = Archives(
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
)

SOURCES: dict[str, dict[str, Source]] = {
    "aesdd": _closed("browser", 390),
    "cafe": {
        "48k": _open("48 kHz", 400, _zenodo(1478765, "CaFE_48k.zip")),
        "192k": _open("192 kHz", 1600, _zenodo(1478765, "CaFE_192k_1.zip", "CaFE_192k_2.zip")),
        "v1.0": _open(
            "48 kHz, first version: actors 11 and 12 swapped", 400, _zenodo(1219621, "CaFE_48k.zip"), version="v1.0"
        ),
    },
    "casia": _closed("request", None),
    "crema-d": {"whole": _open("the whole corpus, without video", 630, _CREMA_D_FILES)},
    "emodb": {
        "v1": _open("the first edition", 48, _EMODB_FILES),
        "v2": _open(
            "the second edition, with 281 ambiguous utterances", 150, _zenodo(17651657, "emodb_2.0.zip"), ambiguous=True
        ),
    },
    "emovo": _closed("browser", 355),
    "jl-corpus": _closed("account", 948),
    "ravdess": {
        "speech": _open("speech", 208, _RAVDESS_FILES),
        "song": _open(
            "speech and song",
            406,
            _zenodo(1188976, "Audio_Speech_Actors_01-24.zip", "Audio_Song_Actors_01-24.zip"),
            song=True,
        ),
        "16k": _open("speech, re-released at 16 kHz", 70, _zenodo(11063852, "Audio_Speech_Actors_01-24_16k.zip")),
    },
    "savee": _closed("form", 200),
    "shemo": {"whole": _open("the whole corpus, with transcripts", 873, _SHEMO_FILES)},
    "tess": {
        "whole": _open("the whole corpus", 281, Dataverse(server="https://borealisdata.ca", doi="10.5683/SP2/E8H2MF"))
    },
}
"""Corpus id -> name of the edition -> where it is published. The first edition is the usual one."""


def chosen(corpus: str, edition: str | None) -> tuple[Source, dict[str, str | bool]]:
    """Find an edition, and the settings of the corpus that mean it.

    The usual edition goes to the corpus's own folder, another one to `<corpus>-<edition>`, so that both can be there.

    Args:
        corpus: a corpus id.
        edition: its name; None for the usual one.

    Raises:
        ConfigError: when nothing is published under these names.
    """
    one_of(corpus, SOURCES, what="a published corpus", where="corpus")
    editions = SOURCES[corpus]
    name = next(iter(editions)) if edition is None else edition
    one_of(name, editions, what=f"an edition of {corpus}", where="--edition")
    place = {} if name == next(iter(editions)) else {"folder": f"{corpus}-{name}"}
    return editions[name], {**place, **editions[name].settings}
