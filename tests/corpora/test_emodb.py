from __future__ import annotations

from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

from ser.corpora.emodb import EmoDB
from ser.errors import DataError

EMODB = EmoDB(folder=None, ambiguous=False)
BOTH = EmoDB(folder=None, ambiguous=True)
LETTERS = {"W": "anger", "L": "boredom", "E": "disgust", "A": "fear", "F": "happiness", "N": "neutral", "T": "sadness"}
# Utterances of the published 535 by speaker, in the order W L E A F N T.
PUBLISHED = {
    "03": (14, 5, 1, 4, 7, 11, 7),
    "08": (12, 10, 0, 6, 11, 10, 9),
    "09": (13, 4, 8, 1, 4, 9, 4),
    "10": (10, 8, 1, 8, 4, 4, 3),
    "11": (11, 8, 2, 10, 8, 9, 7),
    "12": (12, 5, 2, 6, 2, 4, 4),
    "13": (12, 10, 8, 7, 10, 9, 5),
    "14": (16, 8, 8, 12, 8, 7, 10),
    "15": (13, 9, 5, 8, 6, 11, 4),
    "16": (14, 14, 11, 7, 11, 5, 9),
}


def test_there_is_a_name_for_every_published_utterance() -> None:
    labels = [EMODB.parse(path) for path in EMODB.published()]
    found = Counter((one.speaker, one.emotion_native) for one in labels if one is not None)
    emotions = LETTERS.values()
    published = {(who, what): n for who, counts in PUBLISHED.items() for what, n in zip(emotions, counts, strict=True)}
    assert found.total() == 535
    assert found == {pair: count for pair, count in published.items() if count}


def test_the_facts_agree_with_the_published_table() -> None:
    by_class = Counter()
    for counts in PUBLISHED.values():
        by_class.update(dict(zip(LETTERS.values(), counts, strict=True)))
    assert EMODB.facts.classes == by_class
    assert list(EMODB.facts.speakers) == list(PUBLISHED)
    assert Counter(speaker.gender for speaker in EMODB.facts.speakers.values()) == {"female": 5, "male": 5}
    assert sum(speaker.age or 0 for speaker in EMODB.facts.speakers.values()) == 297
    assert len(EMODB.facts.texts) == 10


@pytest.mark.parametrize("name", ["03a01Fa.wav", "03A01FA.WAV", "wav_corpus/03a01fa.aiff"])
def test_case_folder_and_suffix_carry_no_meaning(name: str) -> None:
    labels = EMODB.parse(PurePosixPath(name))
    assert labels is not None
    assert (labels.speaker, labels.emotion_native, labels.text_id, labels.repetition) == ("03", "happiness", "a01", "a")


@pytest.mark.parametrize(
    "name", ["04a01Fa.wav", "03a03Fa.wav", "03b11Fa.wav", "03a01Xa.wav", "03a01Fg.wav", "03a01F.wav", "03a01Fayy.wav"]
)
def test_other_names_are_refused(name: str) -> None:
    assert EMODB.parse(PurePosixPath(name)) is None


def test_laryngograms_are_not_speech() -> None:
    assert {"laryngo", "silb", "lablaut"} <= set(EMODB.facts.side_folders)


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A folder with the list of what the second edition added, as its publisher writes it."""
    place = tmp_path / "emodb_2.0" / "db.emotion.categories.ambiguous.csv"
    place.parent.mkdir()
    place.write_text("file,emotion,emotion.confidence\nwav/03a01Fb.wav,happiness,0.7\nwav/03a01Wd.wav,anger,0.4\n")
    return place


def test_what_the_second_edition_adds_is_passed_over_unless_asked_for(second: Path) -> None:
    root = second.parents[1]
    first, added = (EMODB.parse(PurePosixPath(f"{name}.wav")) for name in ("03a01Fa", "03a01Fb"))
    assert first is not None
    assert added is not None
    passed_over = EMODB.outside([first, added], root)
    assert list(passed_over) == ["03a01Fb"]
    assert "ambiguous=true" in passed_over["03a01Fb"]
    assert BOTH.outside([first, added], root) == {}
    # Without the list nothing tells them apart.
    assert EMODB.outside([first, added], second.parent / "wav") == {}


def test_more_than_the_first_edition_without_a_list_is_refused(tmp_path: Path) -> None:
    everything = [labels for path in BOTH.published() if (labels := EMODB.parse(path)) is not None]
    with pytest.raises(DataError, match=r"816 utterances that no such list names.*ambiguous=true"):
        EMODB.outside(everything, tmp_path)
    assert BOTH.outside(everything, tmp_path) == {}
    assert EMODB.outside(everything[:535] * 2, tmp_path) == {}
    names = "".join(f"wav/{labels.name}.wav,anger\n" for labels in everything[535:])
    (tmp_path / "db.emotion.categories.ambiguous.csv").write_text(f"file,emotion\n{names}")
    assert len(EMODB.outside(everything, tmp_path)) == 281


def test_of_the_second_edition_only_the_total_is_told() -> None:
    assert len(set(BOTH.published())) == 816
    # How many of the added ones show which emotion is not published with the counts.
    assert BOTH.facts.classes == {}


@pytest.mark.parametrize(
    "content", [b"name,emotion\nwav/03a01Fb.wav,happiness\n", b"\xff\xfe\x00", b"file\n" + b"a" * 200_000]
)
def test_a_damaged_list_is_told(second: Path, content: bytes) -> None:
    second.write_bytes(content)
    with pytest.raises(DataError, match="expected the second edition's list of ambiguous utterances"):
        EMODB.outside([], second.parents[1])


def test_the_source_names_of_the_second_edition_are_read() -> None:
    assert EMODB.parse(PurePosixPath("03a01Fbxx.wav")) == EMODB.parse(PurePosixPath("03a01Fb.wav"))
