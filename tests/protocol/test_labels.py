import pandas as pd
import pytest

from ser.errors import ConfigError, ProtocolError
from ser.protocol.labels import LabelSet, apply, restrict


def label_set(**changes: object) -> LabelSet:
    settings = {
        "name": "three",
        "classes": ["angry", "happy", "sad"],
        "maps": {"emodb": {"anger": "angry", "sadness": "sad"}, "other": {"joy": "happy"}},
        "drops": {"emodb": {"boredom": "no counterpart"}},
        "identity": False,
        "thinned": {},
    }
    return LabelSet(**{**settings, **changes})


def manifest(*natives: str | None, corpus: str = "emodb") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "utterance_id": [f"{corpus}/{index}" for index in range(len(natives))],
            "corpus": corpus,
            "emotion_native": list(natives),
        }
    )


def test_maps_drops_and_keeps_the_order_of_rows() -> None:
    labelled = apply(manifest("sadness", "boredom", "anger", "boredom"), label_set())
    assert labelled.utterances["utterance_id"].tolist() == ["emodb/0", "emodb/2"]
    assert labelled.utterances["label"].tolist() == ["sad", "angry"]
    assert labelled.dropped.to_dict("records") == [
        {"corpus": "emodb", "emotion_native": "boredom", "count": 2, "reason": "no counterpart"}
    ]


def test_classes_are_those_with_utterances_in_the_order_of_the_label_set() -> None:
    assert apply(manifest("sadness", "anger"), label_set()).classes == ["angry", "sad"]


def test_several_corpora_meet_in_common_classes() -> None:
    both = pd.concat([manifest("anger"), manifest("joy", corpus="other")], ignore_index=True)
    labelled = apply(both, label_set())
    assert labelled.utterances["label"].tolist() == ["angry", "happy"]
    assert labelled.dropped.empty
    assert list(labelled.dropped) == ["corpus", "emotion_native", "count", "reason"]


def test_the_manifest_is_left_alone() -> None:
    rows = manifest("anger", "sadness")
    apply(rows, label_set())
    assert list(rows) == ["utterance_id", "corpus", "emotion_native"]


def test_a_corpus_of_which_nothing_is_said_is_named_with_the_place_to_add_it() -> None:
    with pytest.raises(ProtocolError, match=r"labels\.maps\.ravdess.*conf/labels/three\.yaml.*labels=native"):
        apply(manifest("anger", corpus="ravdess"), label_set())


def test_what_is_said_of_a_corpus_goes_before_what_is_said_of_any() -> None:
    labels = label_set(
        maps={"any": {"anger": "angry", "calm": "sad"}, "emodb": {"joy": "happy"}},
        drops={"any": {"joy": "why", "fear": "why"}, "emodb": {"calm": "not here"}},
    )
    rows = pd.concat([manifest("anger", "joy", "calm"), manifest("anger", "joy", "calm", "fear", corpus="other")])
    labelled = apply(rows.reset_index(drop=True), labels)
    assert labelled.utterances[["corpus", "label"]].to_numpy().tolist() == [
        ["emodb", "angry"],
        ["emodb", "happy"],
        ["other", "angry"],
        ["other", "sad"],
    ]
    assert labelled.dropped.to_numpy().tolist() == [
        ["emodb", "calm", 1, "not here"],
        ["other", "fear", 1, "why"],
        ["other", "joy", 1, "why"],
    ]


def test_identity_keeps_every_corpus_own_names_after_the_listed_classes() -> None:
    labels = label_set(classes=["sad"], maps={"emodb": {"sadness": "sad"}}, drops={}, identity=True)
    labelled = apply(manifest("zeal", "sadness", "anger"), labels)
    assert labelled.utterances["label"].tolist() == ["zeal", "sad", "anger"]
    assert labelled.classes == ["sad", "anger", "zeal"]
    with pytest.raises(ProtocolError, match="without emotion"):
        apply(manifest("zeal", "anger", None), labels)


def test_a_share_of_an_emotion_is_left_out_the_same_whatever_the_order_of_the_rows() -> None:
    rows = manifest(*["anger"] * 50, *["sadness"] * 7, "boredom")
    labelled = apply(rows, label_set(thinned={"anger": 0.4, "boredom": 0.4}))
    assert labelled.utterances["label"].value_counts().to_dict() == {"angry": 30, "sad": 7}
    assert labelled.dropped.to_numpy().tolist() == [
        ["emodb", "anger", 20, "40% left out at random, always the same"],
        ["emodb", "boredom", 1, "no counterpart"],
    ]
    again = apply(rows.sample(frac=1, random_state=0), label_set(thinned={"anger": 0.4}))
    assert set(again.utterances["utterance_id"]) == set(labelled.utterances["utterance_id"])


def test_what_no_fold_uses_is_counted_as_left_out_and_its_class_with_it() -> None:
    both = pd.concat([manifest("anger", "sadness", "boredom"), manifest("joy", corpus="other")], ignore_index=True)
    labelled = apply(both, label_set())
    folds = pd.DataFrame({"utterance_id": ["emodb/0", "emodb/1"], "fold": 1, "part": ["train", "test"]})
    found = restrict(labelled, folds, "left out by protocol=x")
    assert found.utterances["utterance_id"].tolist() == ["emodb/0", "emodb/1"]
    assert found.classes == ["angry", "sad"]
    assert found.dropped.to_numpy().tolist() == [
        ["emodb", "boredom", 1, "no counterpart"],
        ["other", "joy", 1, "left out by protocol=x"],
    ]
    everything = pd.DataFrame({"utterance_id": labelled.utterances["utterance_id"]})
    assert restrict(labelled, everything, "nothing") is labelled


@pytest.mark.parametrize(("native", "shown"), [("surprise", "surprise"), (None, "without emotion")])
def test_an_emotion_neither_mapped_nor_dropped_is_named_with_its_count(native: str | None, shown: str) -> None:
    with pytest.raises(ProtocolError, match=rf"{shown} \(2 utterances\).*drops\.emodb"):
        apply(manifest("anger", native, native), label_set())


@pytest.mark.parametrize("natives", [("anger", "anger"), ("boredom",)])
def test_fewer_than_two_classes_are_refused(natives: tuple[str, ...]) -> None:
    with pytest.raises(ProtocolError, match="two classes"):
        apply(manifest(*natives), label_set())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ["angry"]}, "labels.classes"),
        ({"classes": ["angry", "happy", "sad", "sad"]}, "labels.classes"),
        ({"maps": {"emodb": {"anger": "agry", "sadness": "sad"}}}, "one of angry"),
        ({"drops": {"emodb": {"anger": "why"}}}, "both for anger"),
        ({"identity": True, "classes": ["angry", "angry"]}, "labels.classes"),
        ({"thinned": {"anger": 1.0}}, r"labels\.thinned\.anger"),
    ],
)
def test_contradictory_label_sets_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        label_set(**changes)
