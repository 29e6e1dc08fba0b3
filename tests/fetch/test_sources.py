from __future__ import annotations

import pytest

from ser import machine
from ser.fetch.listings import Archives
from ser.fetch.sources import BARRIERS, SOURCES


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_each_source_is_of_a_corpus_and_says_what_stands_between(name: str) -> None:
    source = SOURCES[name]
    facts = machine.corpus_named(name).facts
    assert facts.id == name
    assert facts.benchmark
    assert (source.access == "open") == (source.listing is not None)
    assert source.access == "open" or source.access in BARRIERS


def test_what_is_published_of_the_archives() -> None:
    archives = {
        remote.name: remote
        for source in SOURCES.values()
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
