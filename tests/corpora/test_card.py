from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ser.corpora.base import Corpus
from ser.corpora.card import Found, card_of, markdown
from ser.corpora.scan import scan

Speak = Callable[..., Path]


def test_the_card_counts(toy: Corpus, attic: Path, noise: Speak) -> None:
    noise(attic / "cleo_sad_1.wav", 77, channels=2)
    (attic / "ann_sad_4.wav").touch()
    shutil.copy(attic / "wav" / "ann_happy_1.wav", attic / "wav" / "ann_happy_3.wav")
    shutil.copytree(attic / "wav", attic / "wav" / "again")
    card = scan(toy, attic, attic.parents[1] / "out", workers=1, allowed_bad_share=0.5).card
    assert card.utterances == Found(found=10, expected=8)
    assert card.classes == {"happy": Found(found=5, expected=4), "sad": Found(found=5, expected=4)}
    assert card.genders == {"female": 5, "unknown": 5}
    assert [(row.speaker, row.gender, row.age, row.utterances) for row in card.speakers] == [
        ("toy/ann", "female", 30, 5),
        ("toy/bob", None, None, 4),
        ("toy/cleo", None, None, 1),
    ]
    assert (card.texts, card.second_copies, card.channels) == (3, 9, {"1": 9, "2": 1})
    assert card.refused == {"a file of zero bytes": 1}
    page = markdown(card)
    assert "**Other than expected**: happy 5 instead of 4, sad 5 instead of 4." in page
    assert "Refused: 1 (a file of zero bytes: 1); each is in quarantine.csv." in page
    assert "Second copies passed over: 9." in page
    assert "kept: 1 (toy/ann_happy_1 = toy/ann_happy_3)." in page
    assert "| toy/bob | - | - | 4 |" in page
    assert "Bob was tired." in page
    assert "Not a benchmark" not in page


def test_a_corpus_as_published_says_so_and_a_made_one_warns(toy: Corpus, attic: Path) -> None:
    result = scan(toy, attic, attic.parents[1] / "out", workers=1, allowed_bad_share=0.0)
    assert "All class counts are as expected." in markdown(result.card)
    facts = replace(toy.facts, benchmark=False, classes={"happy": 4})
    page = markdown(card_of(facts, result.manifest, result.quarantine, oddities=[], left_out={}, second_copies=0))
    assert "> **Not a benchmark.**" in page
    assert "sad 4 instead of 0" in page
    assert "| sad | 4 | - |" in page


def test_what_is_left_out_by_choice_and_what_is_odd_is_said(toy: Corpus, attic: Path) -> None:
    result = scan(toy, attic, attic.parents[1] / "out", workers=1, allowed_bad_share=0.0)
    card = card_of(
        toy.facts,
        result.manifest,
        result.quarantine,
        oddities=["Files in red: 1 (x.wav)."],
        left_out={"song": 3},
        second_copies=0,
    )
    page = markdown(card)
    assert "- Left out by choice: 3, song." in page
    assert "- Files in red: 1 (x.wav)." in page


def test_unknown_speakers_are_warned_of_and_unknown_counts_are_not_complained_of(toy: Corpus, attic: Path) -> None:
    result = scan(toy, attic, attic.parents[1] / "out", workers=1, allowed_bad_share=0.0)
    manifest = result.manifest.assign(speaker=None)
    facts = replace(toy.facts, classes={})
    card = card_of(facts, manifest, result.quarantine, oddities=[], left_out={}, second_copies=0)
    assert card.utterances == Found(found=8, expected=None)
    assert card.speakers == []
    page = markdown(card)
    assert "> **Of 8 of 8 utterances nobody knows the speaker" in page
    assert "How many there should be is not published." in page
    assert "| all | 8 | - |" in page


def test_more_than_was_published_of_a_class_is_warned_of(toy: Corpus, attic: Path, noise: Speak) -> None:
    out = attic.parents[1] / "out"
    assert scan(toy, attic, out, workers=1, allowed_bad_share=0.0).card.warnings == []
    noise(attic / "wav" / "ann_sad_3.wav", 20)
    (warning,) = scan(toy, attic, out, workers=1, allowed_bad_share=0.0).card.warnings
    assert warning.startswith("There is more than was published of sad 5 instead of 4:")


def test_a_full_cast_that_never_shows_some_emotion_is_wondered_at(toy: Corpus, attic: Path) -> None:
    for file in (attic / "wav").glob("*happy*"):
        file.unlink()
    (warning,) = scan(toy, attic, attic.parents[1] / "out", workers=1, allowed_bad_share=0.0).card.warnings
    assert warning.startswith("All 2 speakers are here, and none of them says anything happy:")
