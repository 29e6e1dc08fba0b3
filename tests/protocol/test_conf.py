"""The shipped label sets and split rules, against published counts and lists."""

import dataclasses
import functools

import pandas as pd
import pytest

from ser import config, paths
from ser.corpora.base import Facts
from ser.evaluation import metrics
from ser.protocol import labels
from ser.protocol.published import PublishedFolds
from ser.protocol.rules import METRICS

CORPORA = [name for name in paths.choices("corpus") if name not in {"all", "synthetic", "folder", "table"}]
SEVEN = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
# Utterances by class under the seven, counted from the publishers' file lists (AESDD without its unreadable file).
COUNTS = {
    "crema-d": (1271, 1271, 1271, 1271, 1087, 1271, 0),
    "tess": (400, 400, 400, 400, 400, 400, 400),
    "savee": (60, 60, 60, 60, 120, 60, 60),
    "ravdess": (192, 192, 192, 192, 96, 192, 192),
    "emodb": (127, 46, 69, 71, 79, 62, 0),
    "emovo": (84, 84, 84, 84, 84, 84, 84),
    "casia": (200, 0, 200, 200, 200, 200, 200),
    "shemo": (1059, 0, 38, 201, 1028, 449, 225),
    "cafe": (144, 144, 144, 144, 72, 144, 144),
    "aesdd": (121, 122, 120, 119, 0, 122, 0),
    "jl-corpus": (240, 0, 0, 240, 240, 240, 0),
}
OUTSIDE_SEVEN = {"ravdess": 192, "emodb": 81, "jl-corpus": 1440}
# Folds with their numbers of test speakers and utterances, as published.
TESTED = {
    ("emobox", "cafe"): [312, 312, 312],
    ("emobox", "casia"): [300] * 4,
    ("emobox", "emovo"): [98] * 6,
    ("emobox", "jl-corpus"): [600] * 4,
    ("emobox", "ravdess"): [240] * 6,
    ("emobox", "savee"): [120] * 4,
    ("emo_superb", "crema-d"): [1463, 1470, 1476, 1476, 1557],
    ("serab", "crema-d"): [1558],
    ("emobox_leaking", "aesdd"): [149],
    ("emobox_leaking", "crema-d"): [1856],
    ("emobox_leaking", "tess"): [700],
}


@functools.cache
def facts(corpus: str) -> Facts:
    return config.load([f"corpus={corpus}"]).corpora[corpus].facts


@functools.cache
def manifest(*corpora: str) -> pd.DataFrame:
    """List utterances as published, one row each, without audio."""
    rows = [
        (f"{name}/{native}-{index}", name, native)
        for name in corpora
        for native, count in facts(name).classes.items()
        for index in range(count)
    ]
    return pd.DataFrame(rows, columns=["utterance_id", "corpus", "emotion_native"])


def labelled(name: str, *corpora: str, overrides: tuple[str, ...] = ()) -> labels.Labelled:
    return labels.apply(manifest(*corpora), config.load([f"labels={name}", *overrides]).labels)


def counts(found: labels.Labelled) -> dict[str, int]:
    return {str(label): int(count) for label, count in found.utterances["label"].value_counts().items()}


def test_all_eleven_corpora_have_their_published_counts_under_seven() -> None:
    assert sorted(COUNTS) == CORPORA
    found = labelled("seven", *CORPORA)
    table = pd.crosstab(found.utterances["corpus"], found.utterances["label"])
    assert {str(corpus): tuple(row) for corpus, row in table[list(SEVEN)].iterrows()} == COUNTS
    assert found.classes == list(SEVEN)
    assert found.dropped.groupby("corpus")["count"].sum().to_dict() == OUTSIDE_SEVEN
    assert found.dropped["reason"].str.len().min() > 10


@pytest.mark.parametrize("name", paths.choices("labels"))
def test_every_label_set_says_something_of_every_emotion_of_all_corpora(name: str) -> None:
    found = labelled(name, *CORPORA)
    whole = sum(sum(row) for row in COUNTS.values()) + sum(OUTSIDE_SEVEN.values())
    assert len(found.utterances) + found.dropped["count"].sum() == whole
    assert found.classes == (config.load([f"labels={name}"]).labels.classes or found.classes)


def test_native_keeps_each_corpus_classes_one_of_your_own_too() -> None:
    assert labelled("native", "emodb").classes == [
        "anger",
        "boredom",
        "disgust",
        "fear",
        "happiness",
        "neutral",
        "sadness",
    ]
    mine = pd.DataFrame({"utterance_id": ["my/1", "my/2"], "corpus": "my", "emotion_native": ["joie", "colère"]})
    assert labels.apply(mine, config.load(["labels=native"]).labels).classes == ["colère", "joie"]


def test_eight_keeps_calm_as_in_the_four_corpora_study() -> None:
    found = labelled("eight", "ravdess", "savee", "tess", "crema-d")
    assert counts(found)["calm"] == 192
    assert len(found.utterances) == 1440 + 480 + 2800 + 7442
    assert len(found.classes) == 8


def test_four_merges_and_thins_as_in_the_study_for_small_devices() -> None:
    assert counts(labelled("four", "ravdess", "tess", "savee")) == {
        "neutral": 96 + 192 + 400 + 120,
        "happy": 192 + 400 + 60,
        "surprise": 192 + 400 + 60,
        "unpleasant": sum(round(0.6 * count) for count in (192, 192, 400, 400, 60, 60)),
    }


def test_six_is_what_crema_d_has() -> None:
    assert counts(labelled("six", "crema-d")) == counts(labelled("seven", "crema-d"))
    assert "surprise" not in labelled("six", *CORPORA).classes


def test_arousal_and_valence_of_emodb_are_those_of_schuller_et_al() -> None:
    assert counts(labelled("arousal", "emodb")) == {"low": 81 + 46 + 79 + 62, "high": 127 + 69 + 71}
    assert counts(labelled("valence", "emodb")) == {"negative": 127 + 81 + 46 + 69 + 62, "neutral": 79, "positive": 71}


def test_quadrants_agree_with_valence_and_arousal() -> None:
    quadrants, valence, arousal = (
        config.load([f"labels={name}"]).labels for name in ("quadrants", "valence", "arousal")
    )
    placed = quadrants.maps["any"]
    assert set(placed.values()) == set(quadrants.classes)
    for native, quadrant in placed.items():
        assert f"{valence.label_of('any', native)}_{arousal.label_of('any', native)}" == quadrant


@pytest.mark.parametrize(
    ("corpus", "override", "label", "more"),
    [
        ("ravdess", "+labels.maps.ravdess.calm=neutral", "neutral", 192),
        ("jl-corpus", "+labels.maps.jl-corpus.excitement=happy", "happy", 240),
        ("jl-corpus", "+labels.maps.jl-corpus.anxiety=fear", "fear", 240),
        ("emodb", "+labels.maps.emodb.boredom=neutral", "neutral", 81),
        ("shemo", "+labels.drops.shemo.fear=too few: 38", "fear", -38),
    ],
)
def test_usual_variants_are_one_override_each(corpus: str, override: str, label: str, more: int) -> None:
    before, after = labelled("seven", corpus), labelled("seven", corpus, overrides=(override,))
    assert counts(after).get(label, 0) - counts(before).get(label, 0) == more


@pytest.mark.parametrize("name", ["seven", "native"])
def test_the_synthetic_corpus_keeps_all_it_says(name: str) -> None:
    rows = pd.DataFrame({"utterance_id": SEVEN, "corpus": "synthetic", "emotion_native": SEVEN})
    assert labels.apply(rows, config.load([f"labels={name}"]).labels).utterances["label"].tolist() == list(SEVEN)


@pytest.mark.parametrize("name", paths.choices("protocol"))
def test_split_rules_are_built_from_exactly_their_settings(name: str) -> None:
    settings = config.load([f"protocol={name}"])
    written = {key: value for key, value in settings.plain()["protocol"].items() if key != "_target_"}
    assert dataclasses.asdict(settings.protocol) == written
    assert settings.protocol.describe().endswith("runs are compared by uar; seed 0")


def rows_of(corpus: str) -> pd.DataFrame:
    """List the utterances of a corpus under the names of its official layout."""
    component = config.load([f"corpus={corpus}"]).corpora[corpus]
    rows = []
    for path in component.published():
        read = component.parse(path)
        assert read is not None
        rows.append((f"{corpus}/{read.name}", str(path), f"{corpus}/{read.speaker}", read.emotion_native))
    table = pd.DataFrame(rows, columns=["utterance_id", "path", "speaker", "label"])
    return table.assign(corpus=corpus, gender=None, split=None, pcm_sha256=table["utterance_id"])


@pytest.mark.parametrize(("name", "corpus"), sorted(TESTED))
def test_published_folds_have_their_published_sizes(name: str, corpus: str) -> None:
    folds = config.load([f"protocol={name}"]).protocol.split(rows_of(corpus))
    sizes = folds[folds["part"] == "test"].groupby("fold").size()
    assert sizes.tolist() == TESTED[name, corpus]


@pytest.mark.parametrize("name", ["emobox", "serab", "audb", "emo_superb"])
def test_published_lists_name_the_speakers_of_their_corpora(name: str) -> None:
    rule = config.load([f"protocol={name}"]).protocol
    assert isinstance(rule, PublishedFolds)
    for corpus, published in rule.corpora.items():
        folds = published.folds
        known = set(facts(corpus).speakers)
        tested = [speaker for fold in folds for speaker in fold.test]
        assert len(known) == published.speakers
        assert {*tested, *(speaker for fold in folds for speaker in fold.dev)} <= known
        if name in {"emobox", "emo_superb"}:
            assert sorted(tested) == sorted(known), "every speaker is tested once"
    assert set(rule.unavailable) <= set(CORPORA) - set(rule.corpora)
    assert name not in {"emobox", "serab"} or {*rule.corpora, *rule.unavailable} == set(CORPORA)


def test_the_metrics_of_a_protocol_are_those_that_evaluation_computes() -> None:
    assert set(METRICS) == set(metrics.METRICS)
