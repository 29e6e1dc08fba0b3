import pandas as pd
import pytest

from ser.errors import ConfigError, ProtocolError
from ser.protocol.labels import LabelSet, apply


def label_set(**changes: object) -> LabelSet:
    settings = {
        "name": "three",
        "classes": ["angry", "happy", "sad"],
        "maps": {"emodb": {"anger": "angry", "sadness": "sad"}, "other": {"joy": "happy"}},
        "drops": {"emodb": {"boredom": "no counterpart"}},
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


def test_a_corpus_without_a_map_is_named_with_the_place_to_add_it() -> None:
    with pytest.raises(ProtocolError, match=r"labels\.maps\.ravdess.*conf/labels/three\.yaml"):
        apply(manifest("anger", corpus="ravdess"), label_set())


def test_a_corpus_without_a_map_when_there_is_no_map_at_all() -> None:
    with pytest.raises(ProtocolError, match="no corpus"):
        apply(manifest("anger"), label_set(maps={}))


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
    ],
)
def test_contradictory_label_sets_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        label_set(**changes)
