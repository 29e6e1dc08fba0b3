import dataclasses
import math
from typing import Any

import pytest

from ser.errors import ConfigError
from ser.protocol.leaking import GroupsInNames
from ser.protocol.learning import SelfTraining
from ser.protocol.rules import SplitRule
from ser.protocol.splits import LeaveOneSpeakerOut

COMMON: dict[str, Any] = {"dev_share": 0.2, "seed": 0, "metric": "uar", "corpus_weights": {}, "self_training": None}
LOSO = LeaveOneSpeakerOut(name="loso", dev="speakers", **COMMON)
LEAKING = GroupsInNames(
    name="leaking", benchmark="Bench (2024)", corpus="a", utterances=9, first=0, last=1, dev=["1"], test=["2"], **COMMON
)
TWICE = SelfTraining(rounds=2, share=0.6)


@pytest.mark.parametrize("rule", [LOSO, LEAKING])
def test_options_are_in_the_identity_only_where_they_are_used(rule: SplitRule) -> None:
    off = rule.settings()
    assert not {"corpus_weights", "self_training"} & set(off)
    weighted = dataclasses.replace(rule, corpus_weights={"a": 0.3}).settings()
    assert weighted == {**off, "corpus_weights": {"a": 0.3}}
    adapted = dataclasses.replace(rule, self_training=TWICE).settings()
    assert adapted == {**off, "self_training": {"rounds": 2, "share": 0.6}}


@pytest.mark.parametrize("rule", [LOSO, LEAKING])
def test_the_words_of_a_protocol_say_what_is_learned_how(rule: SplitRule) -> None:
    assert rule.warning == ""
    assert "TRANSDUCTIVE" not in rule.describe()
    weighted = dataclasses.replace(rule, corpus_weights={"b": 2.0, "a": 0.3})
    assert "an utterance of a counts 0.3, an utterance of b counts 2" in weighted.describe()
    assert weighted.warning == ""
    for rounds, times in ((1, "once"), (2, "2 times")):
        adapted = dataclasses.replace(rule, self_training=SelfTraining(rounds=rounds, share=0.6))
        assert f"TRANSDUCTIVE: {times} the model labels the test clips itself" in adapted.describe()
        assert "the most confident 60% of each predicted class" in adapted.describe()
        assert adapted.warning.startswith("TRANSDUCTIVE: the model has learned from the tested clips themselves")


@pytest.mark.parametrize("weight", [0.0, -1.0, math.inf, math.nan, 1e-60, 1e60])
def test_a_weight_is_a_number_above_zero(weight: float) -> None:
    with pytest.raises(ConfigError, match=r"^protocol\.corpus_weights\.b: expected a finite number above 0"):
        dataclasses.replace(LOSO, corpus_weights={"a": 1.0, "b": weight})


@pytest.mark.parametrize(("key", "value"), [("rounds", 0), ("share", 0.0), ("share", 1.1)])
def test_self_training_out_of_range_is_refused_by_key(key: str, value: float) -> None:
    with pytest.raises(ConfigError, match=rf"^protocol\.self_training\.{key}: "):
        SelfTraining(**{"rounds": 1, "share": 0.5, key: value})
