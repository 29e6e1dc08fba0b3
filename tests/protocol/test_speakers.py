"""The development part of the rules that test unheard speakers."""

from collections.abc import Callable

import pandas as pd
import pytest

from ser.errors import ConfigError, ProtocolError
from ser.protocol.audit import audit, check
from ser.protocol.speakers import SpeakerRule
from ser.protocol.splits import LeaveOneSpeakerOut, SpeakerKFold

Make = Callable[..., pd.DataFrame]
COMMON = {"dev_share": 0.2, "seed": 0, "metric": "uar", "corpus_weights": {}, "self_training": None}


def loso(dev: str) -> SpeakerRule:
    return LeaveOneSpeakerOut(name="loso", dev=dev, **COMMON)


def halves(dev: str) -> SpeakerRule:
    return SpeakerKFold(name="speaker_kfold", folds=2, dev=dev, **COMMON)


@pytest.mark.parametrize("rule", [loso, halves])
def test_two_speakers_do_when_the_dev_part_is_made_of_utterances(
    rule: Callable[[str], SpeakerRule], corpus: Make
) -> None:
    rows = corpus(speakers=2, each=10)
    folds = rule("utterances").split(rows)
    table = folds.merge(rows, on="utterance_id", validate="many_to_one")
    assert table["fold"].nunique() == 2
    sides = table.assign(tested=table["part"] == "test").groupby(["fold", "speaker"])["tested"].nunique()
    assert (sides == 1).all()
    by_class = pd.crosstab(table["fold"], [table["part"], table["label"]])
    assert (by_class["dev"] == 2).all(axis=None)
    assert (by_class["train"] == 8).all(axis=None)


@pytest.mark.parametrize("rule", [loso, halves])
def test_a_dev_part_of_utterances_is_said_and_only_this_rule_permits_it(
    rule: Callable[[str], SpeakerRule], corpus: Make
) -> None:
    rows = corpus(speakers=2, each=10)
    found = audit(rule("utterances").split(rows), rows)
    check(found, rule("utterances"))
    assert found.verdict == "speaker-independent: speakers shared by train and dev in 2 of 2 folds"
    assert not found.clean
    assert "NOT speaker-independent of training (the test part is)" in rule("utterances").describe()
    with pytest.raises(ProtocolError, match=r"no speakers on two sides.*train/dev"):
        check(found, rule("speakers"))


def test_a_recording_that_a_corpus_holds_twice_stays_on_one_side(corpus: Make) -> None:
    rows = corpus(speakers=2, each=10)
    # Every second utterance is the recording of the one before it.
    twice = rows.assign(pcm_sha256=rows["pcm_sha256"].where(rows.index % 2 == 0, rows["pcm_sha256"].shift()))
    rule = loso("utterances")
    folds = rule.split(twice)
    check(found := audit(folds, twice), rule)
    assert found.table.query("kind == 'audio'")["count"].sum() == 0
    with pytest.raises(ProtocolError, match="identical audio"):
        check(audit(rule.split(rows), twice), rule)


def test_dev_parts_of_utterances_differ_between_folds(corpus: Make) -> None:
    folds = loso("utterances").split(corpus(speakers=6, each=20))
    dev = folds[folds["part"] == "dev"]
    assert dev["utterance_id"].nunique() > 0.5 * dev["fold"].value_counts().sum() / 2


def test_a_class_of_one_training_utterance_is_trained_not_chosen_on(corpus: Make) -> None:
    rows = corpus(speakers=2, each=3)
    rows = rows[(rows["label"] != "sad") | rows["utterance_id"].str.endswith("-0")]
    table = loso("utterances").split(rows).merge(rows, on="utterance_id")
    assert set(table.loc[table["label"] == "sad", "part"]) == {"train", "test"}


def test_a_dev_part_of_something_else_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"protocol\.dev.*speakers"):
        loso("speeakers")
