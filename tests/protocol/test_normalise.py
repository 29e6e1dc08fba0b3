from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from ser.errors import ConfigError, ProtocolError
from ser.protocol.normalise import ByEnrolment, ByGroup, ByTraining, Normalisation, NotAtAll
from ser.protocol.rules import SplitRule
from ser.protocol.splits import LeaveOneSpeakerOut, RandomKFold

Make = Callable[..., pd.DataFrame]
COMMON: dict[str, Any] = {"dev_share": 0.2, "seed": 0, "metric": "uar", "corpus_weights": {}, "self_training": None}
PLAIN: dict[str, Any] = {"signed_sqrt": False, "l2": False}
LOSO = LeaveOneSpeakerOut(name="loso", dev="speakers", **COMMON)
TRAIN, NONE = ByTraining(name="train", **PLAIN), NotAtAll(name="none", **PLAIN)
SPEAKER = ByGroup(name="speaker", by="speaker", shape="z", **PLAIN)
CORPUS = ByGroup(name="corpus", by="corpus", shape="rank_gauss", **PLAIN)
ENROLMENT = ByEnrolment(name="enrolment", shape="z", clips=3, only=None, seed=0, **PLAIN)


def fold(folds: pd.DataFrame, utterances: pd.DataFrame, number: int) -> pd.DataFrame:
    return folds[folds["fold"] == number].merge(utterances, on="utterance_id")


def test_speaker_statistics_are_of_all_clips_of_the_speaker(emodb: pd.DataFrame) -> None:
    found = SPEAKER.groups(fold(LOSO.split(emodb), emodb, 4))
    assert len(found.of) == 535
    assert {name: len(ids) for name, ids in found.members.items()} == emodb["speaker"].value_counts().to_dict()
    assert (found.of == emodb.set_index("utterance_id")["speaker"].loc[found.of.index]).all()


def test_corpus_statistics_are_of_what_the_fold_uses(emodb: pd.DataFrame) -> None:
    rows = fold(LOSO.split(emodb), emodb, 1)
    rows.loc[:9, "part"] = "unused"
    found = CORPUS.groups(rows)
    assert {name: len(ids) for name, ids in found.members.items()} == {"emodb": 525}


@pytest.mark.parametrize("only", [None, "neutral"])
@pytest.mark.parametrize("rule", [LOSO, RandomKFold(name="random", folds=5, **COMMON)], ids=["loso", "random"])
def test_enrolled_clips_are_scored_in_no_fold_and_used_in_every_one(
    only: str | None, rule: SplitRule, emodb: pd.DataFrame
) -> None:
    normalise = dataclasses.replace(ENROLMENT, only=only)
    before = rule.split(emodb)
    after = normalise.enrol(before, emodb)
    changed = before["part"] != after["part"]
    assert set(after.loc[changed, "part"]) == {"unused"}
    assert set(before.loc[changed, "part"]) == {"dev", "test"}
    tested = set(after.loc[after["part"] == "test", "utterance_id"])
    assert len(tested) == 535 - 3 * 10
    labels = emodb.set_index("utterance_id")["label"]
    for number in after["fold"].unique():
        rows = fold(after, emodb, number)
        found = normalise.groups(rows)
        held, trained = rows[rows["part"].isin(["dev", "test"])], rows[rows["part"] == "train"]
        for speaker in held["speaker"].unique():
            enrolled = found.members[f"{speaker} (enrolled)"]
            assert len(enrolled) == 3
            assert not set(enrolled) & (tested | set(held["utterance_id"]))
            assert only is None or set(labels.loc[enrolled]) == {only}
        for speaker, clips in trained.groupby("speaker"):
            assert found.members[f"{speaker} (trained)"] == clips["utterance_id"].tolist()
        assert sorted(found.of.index) == sorted([*held["utterance_id"], *trained["utterance_id"]])
        assert set(found.of) == set(found.members)


def test_another_seed_enrols_other_clips_and_another_row_order_the_same(emodb: pd.DataFrame) -> None:
    folds = LOSO.split(emodb)
    found = ENROLMENT.enrol(folds, emodb)
    assert found.equals(ENROLMENT.enrol(folds, emodb.sample(frac=1, random_state=0)))
    assert not found.equals(dataclasses.replace(ENROLMENT, seed=1).enrol(folds, emodb))


def test_too_few_clips_are_refused_by_speaker(emodb: pd.DataFrame, corpus: Make) -> None:
    neutral = dataclasses.replace(ENROLMENT, clips=5, only="neutral")
    folds = LOSO.split(emodb)
    with pytest.raises(ProtocolError, match=r"and others to score, but got '4 of 38 clips of emodb/10, who has the"):
        neutral.enrol(folds, emodb)
    with pytest.raises(ProtocolError, match=r"but got '6 of 6 clips of toy/0.* at most normalise.clips=5\.$"):
        dataclasses.replace(ENROLMENT, clips=6).enrol(LOSO.split(corpus()), corpus())
    few = corpus(each=1)
    few = few[few["label"].isin(few["label"].unique()[:2])]
    with pytest.raises(ProtocolError, match=r"Choose another normalise: one clip introduces nobody\.$"):
        ENROLMENT.enrol(LOSO.split(few), few)


@pytest.mark.parametrize(("only", "most"), [(None, 34), ("neutral", 4)])
def test_the_refusal_names_the_largest_number_that_works(only: str | None, most: int, emodb: pd.DataFrame) -> None:
    folds, far_too_many = LOSO.split(emodb), dataclasses.replace(ENROLMENT, clips=1000, only=only)
    with pytest.raises(ProtocolError, match=rf"Use at most normalise.clips={most}\b"):
        far_too_many.enrol(folds, emodb)
    dataclasses.replace(far_too_many, clips=most).enrol(folds, emodb)
    with pytest.raises(ProtocolError, match=r"^normalise\.clips: "):
        dataclasses.replace(far_too_many, clips=most + 1).enrol(folds, emodb)


def test_a_class_that_nobody_has_is_refused_with_the_nearest(emodb: pd.DataFrame) -> None:
    with pytest.raises(ConfigError, match=r"normalise.only: .*'neutrl'. Did you mean 'neutral'"):
        dataclasses.replace(ENROLMENT, only="neutrl").enrol(LOSO.split(emodb), emodb)


def test_unknown_speakers_have_no_statistics(corpus: Make) -> None:
    rule = RandomKFold(name="random", folds=2, **COMMON)
    rows = corpus(each=4, speaker=None)
    with pytest.raises(ProtocolError, match="with normalise=speaker: expected a known speaker"):
        SPEAKER.groups(fold(rule.split(rows), rows, 1))
    with pytest.raises(ProtocolError, match="with normalise=enrolment: expected a known speaker"):
        ENROLMENT.enrol(rule.split(rows), rows)


@pytest.mark.parametrize("normalise", [TRAIN, NONE, SPEAKER, CORPUS], ids=lambda found: found.name)
def test_only_enrolment_takes_clips_out(normalise: Normalisation, emodb: pd.DataFrame) -> None:
    folds = LOSO.split(emodb)
    assert normalise.enrol(folds, emodb) is folds


@pytest.mark.parametrize("normalise", [TRAIN, NONE], ids=lambda found: found.name)
def test_without_groups_there_is_nothing_to_warn_of(normalise: Normalisation, emodb: pd.DataFrame) -> None:
    assert normalise.groups(fold(LOSO.split(emodb), emodb, 1)) is None
    assert (normalise.warning, normalise.grouping, normalise.transductive) == ("", None, False)
    assert normalise.standardizes == (normalise is TRAIN)


def test_what_leans_on_test_clips_says_so_in_words() -> None:
    for normalise in (SPEAKER, CORPUS):
        assert normalise.transductive
        assert normalise.warning.startswith("TRANSDUCTIVE: ")
        assert normalise.describe().startswith("TRANSDUCTIVE: ")
        assert f"own {normalise.by}, test clips included" in normalise.describe()
    assert not ENROLMENT.transductive
    assert "3 clips of that speaker, which are not scored (seed 0)" in ENROLMENT.describe()
    assert "3 clips labelled neutral, which are not scored" in dataclasses.replace(ENROLMENT, only="neutral").warning


def test_only_a_mean_leaves_the_units_to_the_model() -> None:
    for normalise in (SPEAKER, ENROLMENT):
        assert not normalise.standardizes
        assert dataclasses.replace(normalise, shape="mean").standardizes


def test_options_are_in_the_words_and_the_identity() -> None:
    both = dataclasses.replace(TRAIN, signed_sqrt=True, l2=True)
    assert both.describe() == f"{TRAIN.describe()}, then signed square root and L2 norm of each feature set"
    assert both.settings() != TRAIN.settings()
    assert dataclasses.replace(TRAIN, name="mine").settings() == TRAIN.settings()
    assert NotAtAll(name="train", **PLAIN).settings() != TRAIN.settings()
    assert NONE.describe() == "features are not standardised"


@pytest.mark.parametrize(
    ("normalise", "change"),
    [
        (SPEAKER, {"by": "gender"}),
        (SPEAKER, {"shape": "minmax"}),
        (ENROLMENT, {"shape": "minmax"}),
        (ENROLMENT, {"clips": 1}),
        (ENROLMENT, {"seed": -1}),
    ],
)
def test_settings_out_of_range_are_refused(normalise: ByGroup | ByEnrolment, change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"normalise.{next(iter(change))}"):
        dataclasses.replace(normalise, **change)
