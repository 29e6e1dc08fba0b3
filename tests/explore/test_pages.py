"""What holds for every page: it needs nothing but itself, and can be read without seeing it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from markup import Page
from ser.explore.corpus_page import Pictured, corpus_page
from ser.explore.overview_page import overview_page
from ser.explore.tables import Explored

CLASSES = ["angry", "disgust", "fear", "happy", "neutral", "sad"]


@pytest.fixture(scope="session")
def pages(explored: Explored, odd: Explored, pictured: Pictured) -> dict[str, Page]:
    mute = replace(pictured, with_audio=False)
    sources = {
        "synthetic": corpus_page(explored, pictured, label_set="seven", home="index.html"),
        "odd": corpus_page(odd, mute, label_set="seven", home=None),
        "index": overview_page([explored, odd], label_set="seven", classes=CLASSES),
    }
    return {name: Page(source) for name, source in sources.items()}


@pytest.mark.parametrize("name", ["synthetic", "odd", "index"])
def test_a_page_asks_the_network_for_nothing(pages: dict[str, Page], name: str) -> None:
    page = pages[name]
    assert not page.all("script") + page.all("link") + page.all("iframe")
    assert all(media["src"].startswith("data:") for media in page.all("img") + page.all("audio"))
    targets = [link["href"] for link in page.all("a")]
    assert not [target for target in targets if "//" in target]
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {target[1:] for target in targets if target.startswith("#")} == ids


@pytest.mark.parametrize("name", ["synthetic", "odd", "index"])
def test_a_page_can_be_read_without_seeing_it(pages: dict[str, Page], name: str) -> None:
    page = pages[name]
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == 1
    assert len(page.all("caption")) == len(page.all("table")) > 3
    assert all(image["alt"] for image in page.all("img"))
    assert all(sound["aria-label"] for sound in page.all("audio"))
    assert {header["scope"] for header in page.all("th")} == {"row", "col"}


def test_the_page_of_a_corpus_shows_what_there_is(pages: dict[str, Page]) -> None:
    page = pages["synthetic"]
    assert "Not a benchmark" in page.text
    assert "surprise: too short for a class" in page.text
    assert "Intensity" not in page.text
    # Two emotions; clean, nine operations and the configured chain.
    assert len(page.all("img")) == len(page.all("audio")) == 2 + 1 + 9 + 1
    assert "stretch (rate 0.8), then noise (amplitude 0.035)" in page.text
    links = [link["href"] for link in page.all("a")]
    assert {"index.html", "cards/synthetic.md", "cards/synthetic.json", "tables/"} <= set(links)


def test_recordings_stay_out_unless_asked_for(pages: dict[str, Page]) -> None:
    page = pages["odd"]
    assert not page.all("audio")
    assert "embed_audio=true" in page.text


def test_what_is_missing_or_hostile_is_shown_as_such(pages: dict[str, Page]) -> None:
    page = pages["odd"]
    assert "Not a benchmark" not in page.text
    assert "Nobody knows the <speakers>." in page.text
    assert "<script>alert(1)</script>.wav" in page.text
    assert "The first 50 of 60" in page.text
    assert "in seven" not in page.text
    assert "degree of expression" in page.text
    assert "index.html" not in [link.get("href") for link in page.all("a")]


def test_the_page_over_all_corpora_leads_to_each(pages: dict[str, Page]) -> None:
    page = pages["index"]
    assert {"synthetic.html", "odd.html"} <= {link["href"] for link in page.all("a")}
    assert "numbers on synthetic compare with nothing published" in page.text
    assert "Left out by it, and shown under their own names: angry, disgust" in page.text
    for title in ("Gender", "Durations", "Amplitude, loudness and silence", "Intensity", "Licences"):
        assert title in page.text


def test_one_label_set_over_corpora_that_have_its_classes(explored: Explored) -> None:
    plain = replace(explored, utterances=explored.utterances[explored.utterances["label"].notna()])
    benchmark = replace(plain, card=replace(plain.card, benchmark=True))
    text = Page(overview_page([benchmark], label_set="seven", classes=CLASSES)).text
    assert "Left out by it" not in text
    assert "Not a benchmark" not in text
    assert "Intensity" not in text


def test_hours_are_counted_in_hours(pages: dict[str, Page], odd: Explored) -> None:
    assert "42.0 h" in pages["odd"].text
    assert "min" in pages["synthetic"].text
    long = replace(odd, utterances=odd.utterances.assign(duration_s=3600.0))
    assert "42.0 h" in Page(overview_page([long], label_set="seven", classes=CLASSES)).text
