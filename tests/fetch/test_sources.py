from __future__ import annotations

import pytest

from ser import machine
from ser.errors import ConfigError
from ser.fetch.listings import Archives, GitLfs, Zenodo
from ser.fetch.sources import BARRIERS, SOURCES, chosen

EDITIONS = [(corpus, edition) for corpus in sorted(SOURCES) for edition in SOURCES[corpus]]


@pytest.mark.parametrize(("corpus", "edition"), EDITIONS)
def test_each_source_is_of_a_corpus_and_says_what_stands_between(corpus: str, edition: str) -> None:
    source, settings = chosen(corpus, edition)
    # The corpus itself refuses a setting that it does not have.
    facts = machine.corpus_named(corpus, settings).facts
    assert facts.id == corpus
    assert facts.benchmark
    assert (source.access == "open") == (source.listing is not None)
    assert source.access == "open" or source.access in BARRIERS
    assert source.access == "open" or "://" in facts.how_to_get
    assert source.access != "open" or source.most >= 4 * 48_000_000


def test_an_edition_is_the_corpus_with_its_settings_in_a_folder_of_its_own() -> None:
    usual, none = chosen("ravdess", None)
    assert (usual.what, none) == ("speech", {})
    assert chosen("ravdess", "speech") == (usual, {})
    sung, settings = chosen("ravdess", "song")
    assert settings == {"folder": "ravdess-song", "song": True}
    assert sung.listing == Zenodo(
        record=1188976,
        names=("Audio_Speech_Actors_01-24.zip", "Audio_Song_Actors_01-24.zip"),
        server="https://zenodo.org",
    )
    # 1440 spoken and 1012 sung.
    for corpus, edition, utterances in (("ravdess", "song", 2452), ("cafe", "192k", 936)):
        _, settings = chosen(corpus, edition)
        assert sum(machine.corpus_named(corpus, settings).facts.classes.values()) == utterances


def test_an_edition_that_is_not_published_is_said() -> None:
    with pytest.raises(ConfigError, match=r"--edition: expected an edition of ravdess.*Did you mean 'song'"):
        chosen("ravdess", "songs")
    with pytest.raises(ConfigError, match="Did you mean 'ravdess'"):
        chosen("ravdes", None)


def test_what_is_published_of_the_archives() -> None:
    archives = {
        remote.name: remote
        for editions in SOURCES.values()
        for source in editions.values()
        if isinstance(source.listing, Archives)
        for remote in source.listing.files
    }
    ravdess = archives["Audio_Speech_Actors_01-24.zip"]
    assert ravdess.size == 208_468_073
    assert ravdess.checksums == {"md5": "bc696df654c87fed845eb13823edef8a"}
    lengths = {len(value) for remote in archives.values() for key, value in remote.checksums.items() if key == "sha256"}
    assert lengths == {64}
    for remote in archives.values():
        # What comes over plain HTTP and has no published hash could be anyone's; EmoDB's own page offers nothing else.
        assert all(url.startswith("https://") for url in remote.urls) or remote.name == "download.zip"


def test_the_hashes_of_crema_d_come_from_one_commit_and_its_files_from_two_hosts() -> None:
    listing = chosen("crema-d", None)[0].listing
    assert isinstance(listing, GitLfs)
    commit = "1658cd342dff90010aa843eaeebd53610a08b1dc"
    assert listing.packed.endswith(f"/{commit}.zip")
    assert commit in listing.media[0]
    assert [url.split("/")[2] for url in listing.media] == ["media.githubusercontent.com", "gitlab.com"]
