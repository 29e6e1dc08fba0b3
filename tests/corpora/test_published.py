"""Every edition against the counts that are published of it, and against every layout that it is met in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from itertools import product
from pathlib import Path, PurePosixPath

import pytest

from editions import EDITIONS
from ser.corpora.base import Corpus, Labels
from ser.corpora.listing import in_side_folder

# Utterances of each native emotion, as the publishers and those who counted after them have it.
CLASSES = {
    "aesdd": {"anger": 121, "disgust": 122, "fear": 120, "happiness": 119, "sadness": 123},
    "cafe": {**dict.fromkeys(("anger", "disgust", "fear", "happiness", "sadness", "surprise"), 144), "neutral": 72},
    "casia": dict.fromkeys(("anger", "fear", "happiness", "neutral", "sadness", "surprise"), 200),
    "crema-d": {**dict.fromkeys(("anger", "disgust", "fear", "happiness", "sadness"), 1271), "neutral": 1087},
    "emodb": {
        "anger": 127,
        "boredom": 81,
        "disgust": 46,
        "fear": 69,
        "happiness": 71,
        "neutral": 79,
        "sadness": 62,
    },
    "emovo": dict.fromkeys(("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"), 84),
    "jl-corpus": {
        **dict.fromkeys(("anger", "sadness", "neutral", "happiness", "excitement"), 240),
        **dict.fromkeys(("anxiety", "apologetic", "assertive", "concerned", "encouraging"), 240),
    },
    "jl-corpus, primary": dict.fromkeys(("anger", "sadness", "neutral", "happiness", "excitement"), 240),
    "ravdess": {
        **dict.fromkeys(("calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise"), 192),
        "neutral": 96,
    },
    "ravdess, song": {
        **dict.fromkeys(("calm", "happiness", "sadness", "anger", "fear"), 192 + 184),
        **dict.fromkeys(("disgust", "surprise"), 192),
        "neutral": 96 + 92,
    },
    "savee": {**dict.fromkeys(("anger", "disgust", "fear", "happiness", "sadness", "surprise"), 60), "neutral": 120},
    "shemo": {"anger": 1059, "fear": 38, "happiness": 201, "neutral": 1028, "sadness": 449, "surprise": 225},
    "shemo, matched": {"anger": 1034, "fear": 29, "happiness": 198, "neutral": 1018, "sadness": 360, "surprise": 199},
    "tess": dict.fromkeys(("anger", "disgust", "fear", "happiness", "neutral", "pleasant_surprise", "sadness"), 400),
}
# Speakers and utterances by gender: female, male, not published.
PEOPLE = {
    "aesdd": (6, 0, 0, 605),
    "cafe": (12, 468, 468, 0),
    "casia": (4, 600, 600, 0),
    "crema-d": (91, 3512, 3930, 0),
    "emodb": (10, 302, 233, 0),
    "emovo": (6, 294, 294, 0),
    "jl-corpus": (4, 1200, 1200, 0),
    "jl-corpus, primary": (4, 600, 600, 0),
    "ravdess": (24, 720, 720, 0),
    # Actor 18, a woman, does not sing.
    "ravdess, song": (24, 720 + 11 * 44, 720 + 12 * 44, 0),
    "savee": (4, 0, 480, 0),
    "shemo": (87, 1263, 1737, 0),
    "tess": (2, 2800, 0, 0),
}
SPEAKERS_F_M = {
    "cafe": (6, 6),
    "casia": (2, 2),
    "crema-d": (43, 48),
    "emodb": (5, 5),
    "emovo": (3, 3),
    "jl-corpus": (2, 2),
    "ravdess": (12, 12),
    "savee": (0, 4),
    "shemo": (31, 56),
    "tess": (2, 0),
}
# Rate in Hz and channels -> files.
FORMATS = {
    "aesdd": {(44100, 1): 605},
    "cafe": {(48000, 1): 936},
    "casia": {(16000, 1): 1200},
    "crema-d": {(16000, 1): 7442},
    "emodb": {(16000, 1): 535},
    "emovo": {(48000, 2): 588},
    "jl-corpus": {(44100, 1): 2400},
    "ravdess": {(48000, 1): 1435, (48000, 2): 5},
    "ravdess, song": {(48000, 1): 2446, (48000, 2): 6},
    "savee": {(44100, 1): 480},
    "tess": {(24414, 1): 2799, (96000, 1): 1},
}


def read(corpus: Corpus) -> list[Labels]:
    found = [corpus.parse(path) for path in corpus.published()]
    labels = [one for one in found if one is not None]
    assert len(labels) == len(found)
    return labels


@pytest.mark.parametrize("name", CLASSES)
def test_the_published_names_give_the_published_classes(name: str) -> None:
    assert Counter(labels.emotion_native for labels in read(EDITIONS[name])) == CLASSES[name]


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - {"aesdd"}))
def test_the_facts_state_the_published_classes(name: str) -> None:
    assert EDITIONS[name].facts.classes == CLASSES[name]


def test_the_facts_of_aesdd_state_what_can_be_read() -> None:
    assert EDITIONS["aesdd"].facts.classes == {**CLASSES["aesdd"], "sadness": 122}


@pytest.mark.parametrize("name", EDITIONS)
def test_the_names_are_unique_and_of_the_edition(name: str, tmp_path: Path) -> None:
    corpus = EDITIONS[name]
    labels = read(corpus)
    assert len({one.name for one in labels}) == len(labels)
    if name == "shemo, matched":
        for one in labels:
            (tmp_path / f"{one.name}.ort").touch()
    assert corpus.outside(labels, tmp_path) == {}
    assert not any(in_side_folder(path, corpus.facts) for path in corpus.published())
    assert {one.speaker for one in labels} == corpus.facts.speakers.keys()
    if corpus.facts.texts:
        assert {one.text_id for one in labels} == corpus.facts.texts.keys()
    assert corpus.facts.known_bad.keys() <= {one.name for one in labels}


@pytest.mark.parametrize("name", PEOPLE)
def test_speakers_and_genders_are_those_published(name: str) -> None:
    corpus = EDITIONS[name]
    labels = read(corpus)
    genders = Counter(corpus.facts.speakers[one.speaker or ""].gender for one in labels)
    assert (len({one.speaker for one in labels}), genders["female"], genders["male"], genders[None]) == PEOPLE[name]


@pytest.mark.parametrize("name", SPEAKERS_F_M)
def test_the_tables_of_speakers_hold_the_published_genders(name: str) -> None:
    genders = Counter(speaker.gender for speaker in EDITIONS[name].facts.speakers.values())
    assert (genders["female"], genders["male"]) == SPEAKERS_F_M[name]


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_those_published(name: str) -> None:
    corpus = EDITIONS[name]
    assert Counter(corpus.format_of(path) for path in corpus.published()) == FORMATS[name]


def test_three_speakers_of_shemo_have_half_the_rate() -> None:
    corpus = EDITIONS["shemo"]
    rates = {
        (f"{labels.speaker}", corpus.format_of(path)) for path in corpus.published() if (labels := corpus.parse(path))
    }
    assert {who for who, (rate, _) in rates if rate == 22050} == {"M18", "M27", "M46"}
    assert len(rates) == 87


@pytest.mark.parametrize("name", EDITIONS)
def test_every_corpus_says_where_it_comes_from(name: str) -> None:
    facts = EDITIONS[name].facts
    assert facts.benchmark
    assert all((facts.title, facts.language, facts.licence, facts.citation, facts.how_to_get, facts.notes))
    assert facts.id in facts.how_to_get or facts.id == "emodb"


def moved(to: str) -> Callable[[PurePosixPath], PurePosixPath]:
    return lambda path: PurePosixPath(to, path)


def flat(path: PurePosixPath) -> PurePosixPath:
    return PurePosixPath(path.name)


LAYOUTS: dict[str, Callable[[PurePosixPath], PurePosixPath]] = {
    "one folder deeper": moved("Some Archive (1)"),
    "without the first folder": lambda path: PurePosixPath(*path.parts[1:]) if len(path.parts) > 3 else path,
    "upper case": lambda path: PurePosixPath(str(path).upper()),
    "lower case": lambda path: PurePosixPath(str(path).lower()),
    "other suffix": lambda path: path.with_suffix(".flac"),
    "garbled folders": lambda path: PurePosixPath(str(path.parent).encode().decode("cp437"), path.name),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "name", ["aesdd", "cafe", "crema-d", "emodb", "emovo", "jl-corpus", "ravdess", "shemo", "tess"]
)
def test_layouts_make_no_difference(name: str, layout: str) -> None:
    corpus = EDITIONS[name]
    for path in list(corpus.published())[::7]:
        assert corpus.parse(LAYOUTS[layout](path)) == corpus.parse(path)


@pytest.mark.parametrize(
    "name", ["aesdd", "cafe", "crema-d", "emodb", "emovo", "jl-corpus", "ravdess", "shemo", "tess"]
)
def test_where_names_say_all_a_flat_folder_does(name: str) -> None:
    corpus = EDITIONS[name]
    assert all(corpus.parse(flat(path)) == corpus.parse(path) for path in list(corpus.published())[::7])


@pytest.mark.parametrize("layout", sorted(LAYOUTS.keys() - {"garbled folders"}))
@pytest.mark.parametrize("name", ["casia", "savee"])
def test_where_folders_say_part_of_it_they_are_read_at_any_depth(name: str, layout: str) -> None:
    corpus = EDITIONS[name]
    for path in corpus.published():
        assert corpus.parse(LAYOUTS[layout](path)) == corpus.parse(path)


MIRRORS = {
    "tess": lambda path: PurePosixPath("TESS Toronto emotional speech set data", "OAF_Pleasant_surprise", path),
    "ravdess": lambda path: PurePosixPath("audio_speech_actors_01-24", path),
    "jl-corpus": lambda path: PurePosixPath(str(path).replace("Raw JL", "raw jl")),
    "savee": lambda path: PurePosixPath("ALL", f"{path.parent.name}_{path.name}"),
    "casia": lambda path: PurePosixPath(path.parts[1], f"{path.stem}-{path.parts[1]}-{path.parts[0]}.wav"),
    "cafe": lambda path: PurePosixPath("CaFE_192k_1", path.name.replace("-N-1-", "-N-").replace(".wav", ".aiff")),
}


@pytest.mark.parametrize("name", MIRRORS)
def test_a_mirror_beside_the_original_adds_nothing(name: str) -> None:
    corpus = EDITIONS[name]
    original = {path: corpus.parse(path) for path in corpus.published()}
    mirror = {MIRRORS[name](path): labels for path, labels in original.items()}
    found = {path: labels for path in (*original, *mirror) if (labels := corpus.parse(path)) is not None}
    assert all(found[path] == labels for path, labels in mirror.items())
    assert len(found) == 2 * len(original)
    assert len({labels.name for labels in found.values()}) == len(original)


# Every name of the right form, whether or not it was published.
FORMS = {
    "aesdd": ("{}{:02d} ({}){}", "adfhs", range(22), range(1, 7), ("", "a", "b", "c")),
    "cafe": ("{}-{}-{}-{}", [f"{actor:02d}" for actor in range(14)], "CDJNPST", "0123", range(8)),
    "crema-d": (
        "{}_{}_{}_{}",
        range(1000, 1100),
        ["IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI"],
        ["ANG", "DIS", "FEA", "HAP", "NEU", "SAD"],
        ("LO", "MD", "HI", "XX"),
    ),
    "emovo": ("{}-{}{}-{}{}", ["dis", "gio", "neu", "pau", "rab", "sor", "tri"], "fm", range(5), "blnd", range(7)),
    "jl-corpus": (
        "{}_{}_{}{}_{}",
        ["female1", "female2", "male1", "male2", "male3"],
        [
            "angry",
            "excited",
            "happy",
            "neutral",
            "sad",
            "anxious",
            "apologetic",
            "assertive",
            "concerned",
            "encouraging",
        ],
        range(17),
        "abc",
        range(4),
    ),
    "ravdess, song": ("03-{:02d}-{:02d}-{:02d}-{:02d}-{:02d}-{:02d}", *map(range, (4, 10, 4, 4, 4, 26))),
    "savee": ("{}_{}{:02d}", ["DC", "JE", "JK", "KL", "XY"], ["a", "d", "f", "h", "n", "sa", "su"], range(32)),
    "tess": (
        "{}_{}_{}",
        ("OAF", "YAF"),
        ("back", "zeal"),
        ["angry", "disgust", "fear", "happy", "neutral", "ps", "sad"],
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_no_name_but_the_published_ones_is_read(name: str) -> None:
    corpus, (form, *fields) = EDITIONS[name], FORMS[name]
    published = {labels.name for labels in read(corpus)}
    for values in product(*fields):
        stem = form.format(*values)
        labels = corpus.parse(PurePosixPath(f"{stem}.wav"))
        assert (labels is not None) == (stem in published), stem
        assert labels is not None or stem in corpus.objection(PurePosixPath(f"{stem}.wav"))


def arabic(stem: str) -> str:
    return stem.translate({ord("0") + digit: 0x0660 + digit for digit in range(10)})


def folded(stem: str) -> str:
    """Letters that Unicode folds onto ASCII ones when case does not count."""
    return stem.lower().replace("k", "\N{KELVIN SIGN}").replace("s", "\N{LATIN SMALL LETTER LONG S}")


def full_width(stem: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if letter.isalnum() else letter for letter in stem)


TRICKS = {
    "newline after": "{}\n.wav".format,
    "newline before": "\n{}.wav".format,
    "blank after": "{} .wav".format,
    "letter before": "x{}.wav".format,
    "second suffix": "{}.wav.wav".format,
    "zero width": "{}\N{ZERO WIDTH SPACE}.wav".format,
    "reversed": "\N{RIGHT-TO-LEFT OVERRIDE}{}.wav".format,
    "other digits": lambda stem: f"{arabic(stem)}.wav",
    "other letters": lambda stem: f"{folded(stem)}.wav",
    "full width": lambda stem: f"{full_width(stem)}.wav",
}


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("name", EDITIONS)
def test_what_only_looks_like_a_name_is_none(name: str, trick: str) -> None:
    corpus = EDITIONS[name]
    for path in list(corpus.published())[::101]:
        disguised = PurePosixPath(TRICKS[trick](path.stem))
        # A name without digits survives a change of digits.
        if disguised.name.lower() != path.name.lower():
            assert corpus.parse(path.parent / disguised) is None
            assert corpus.objection(disguised)


def test_labels_are_plain_text(tmp_path: Path) -> None:
    for corpus in EDITIONS.values():
        for value in asdict(read(corpus)[0]).values():
            assert value is None or (isinstance(value, str) and value.isascii())
