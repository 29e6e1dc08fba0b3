"""The shipped label sets and split rules, against the published counts."""

import dataclasses
from pathlib import Path

import pandas as pd
import pytest
import yaml

from ser.evaluation import metrics
from ser.protocol import labels, splits
from ser.protocol.labels import LabelSet
from ser.protocol.rules import METRICS, SplitRule

CONF = Path(__file__).parents[2] / "conf"
EMODB = {
    "anger": 127,
    "boredom": 81,
    "disgust": 46,
    "fear": 69,
    "happiness": 71,
    "neutral": 79,
    "sadness": 62,
}


def shipped(group: str, name: str) -> tuple[str, dict[str, object]]:
    settings = yaml.safe_load((CONF / group / f"{name}.yaml").read_text(encoding="utf-8"))
    assert settings["name"] == name
    return settings.pop("_target_"), settings


def label_set(name: str) -> LabelSet:
    target, settings = shipped("labels", name)
    assert target == "ser.protocol.labels.LabelSet"
    return LabelSet(**settings)


def emodb_manifest() -> pd.DataFrame:
    natives = [native for native, count in EMODB.items() for _ in range(count)]
    return pd.DataFrame({"corpus": "emodb", "emotion_native": natives})


def test_emodb_has_its_published_counts_under_seven() -> None:
    found = labels.apply(emodb_manifest(), label_set("seven"))
    assert found.utterances["label"].value_counts().to_dict() == {
        "angry": 127,
        "disgust": 46,
        "fear": 69,
        "happy": 71,
        "neutral": 79,
        "sad": 62,
    }
    assert found.classes == ["angry", "disgust", "fear", "happy", "neutral", "sad"]
    assert found.dropped[["emotion_native", "count"]].to_numpy().tolist() == [["boredom", 81]]
    assert found.dropped["reason"].str.len().min() > 10


def test_emodb_keeps_its_seven_classes_under_native() -> None:
    found = labels.apply(emodb_manifest(), label_set("native"))
    assert found.utterances["label"].value_counts().to_dict() == EMODB
    assert found.dropped.empty


@pytest.mark.parametrize("name", ["seven", "native"])
def test_the_synthetic_corpus_keeps_all_it_says(name: str) -> None:
    natives = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
    found = labels.apply(pd.DataFrame({"corpus": "synthetic", "emotion_native": natives}), label_set(name))
    assert found.utterances["label"].tolist() == natives


@pytest.mark.parametrize("name", ["speaker_kfold", "loso", "random"])
def test_split_rules_are_built_from_exactly_their_settings(name: str) -> None:
    target, settings = shipped("protocol", name)
    rule = getattr(splits, target.rpartition(".")[2])(**settings)
    assert isinstance(rule, SplitRule)
    assert dataclasses.asdict(rule) == settings


def test_the_metrics_of_a_protocol_are_those_that_evaluation_computes() -> None:
    assert set(METRICS) == set(metrics.METRICS)
