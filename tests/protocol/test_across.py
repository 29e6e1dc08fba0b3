from collections.abc import Callable

import pandas as pd
import pytest

from ser.errors import ConfigError, ProtocolError
from ser.protocol.across import CrossCorpus, LeaveCorpusOut
from ser.protocol.audit import audit, check
from ser.protocol.rules import SplitRule

Make = Callable[..., pd.DataFrame]
COMMON = {"dev_share": 0.2, "seed": 0, "metric": "uar", "corpus_weights": {}, "self_training": None}
SPEAKERS = {"dev": "speakers", **COMMON}


def leave_out(**changes: object) -> LeaveCorpusOut:
    return LeaveCorpusOut(**{"name": "leave_corpus_out", **SPEAKERS, **changes})


def cross(**changes: object) -> CrossCorpus:
    return CrossCorpus(**{"name": "cross_corpus", "train": ["a"], "test": ["b"], **SPEAKERS, **changes})


def named(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    renamed = {column: rows[column].str.replace("toy/", f"{name}/") for column in ("utterance_id", "speaker")}
    return rows.assign(corpus=name, pcm_sha256=name + rows["pcm_sha256"], **renamed)


@pytest.fixture
def three(corpus: Make) -> pd.DataFrame:
    """Corpora a, b and c of six, two and four speakers; only a is ever happy."""
    rows = [named(corpus(speakers=count, each=5), name) for name, count in (("a", 6), ("b", 2), ("c", 4))]
    whole = pd.concat(rows, ignore_index=True)
    return whole[(whole["corpus"] == "a") | (whole["label"] != "happy")].reset_index(drop=True)


def placed(rule: SplitRule, rows: pd.DataFrame) -> pd.DataFrame:
    folds = rule.split(rows.sample(frac=1, random_state=0))
    check(audit(folds, rows), rule)
    return folds.merge(rows, on="utterance_id", validate="many_to_one")


def test_every_corpus_is_tested_once_by_the_others_with_other_speakers_for_development(three: pd.DataFrame) -> None:
    table = placed(leave_out(), three)
    tested = table[table["part"] == "test"]
    assert tested.groupby("fold")["corpus"].agg(set).tolist() == [{"a"}, {"b"}, {"c"}]
    assert not tested["utterance_id"].duplicated().any()
    assert (table.groupby(["fold", "speaker"])["part"].nunique() == 1).all()
    rest = table[table["part"] != "test"]
    speakers = rest.groupby(["fold", "part"])["speaker"].nunique().unstack()
    assert speakers["dev"].tolist() == [1, 2, 2]
    assert speakers["train"].tolist() == [5, 8, 6]


def test_a_class_of_a_single_corpus_is_in_no_fold(three: pd.DataFrame) -> None:
    folds = leave_out().split(three)
    left = set(three["utterance_id"]) - set(folds["utterance_id"])
    assert left == set(three.loc[three["label"] == "happy", "utterance_id"])
    assert set(folds["part"]) == {"train", "dev", "test"}


def test_one_corpus_cannot_be_left_out(corpus: Make) -> None:
    with pytest.raises(ProtocolError, match=r"2 or more corpora.*'toy'.*corpus=\[a,b,c\]"):
        leave_out().split(corpus())


def test_one_training_speaker_needs_a_dev_part_of_utterances(corpus: Make) -> None:
    rows = pd.concat([named(corpus(speakers=1, each=5), "a"), named(corpus(speakers=3, each=5), "b")])
    with pytest.raises(ProtocolError, match=r"2 or more training speakers.*1 \(a/0\) in fold 2.*protocol\.dev=utt"):
        leave_out().split(rows)
    table = placed(leave_out(dev="utterances"), rows.reset_index(drop=True))
    second = table[table["fold"] == 2]
    assert set(second.loc[second["part"] == "dev", "speaker"]) == {"a/0"}
    assert pd.crosstab(second["part"], second["label"]).loc["dev"].tolist() == [1, 1, 1]


def test_some_corpora_are_trained_and_others_tested_in_a_single_fold(three: pd.DataFrame) -> None:
    table = placed(cross(train=["b", "c"], test=["a"]), three)
    assert table["fold"].unique().tolist() == [1]
    assert table.groupby("part")["corpus"].agg(set).to_dict() == {"dev": {"c"}, "test": {"a"}, "train": {"b", "c"}}
    assert set(table["label"]) == {"angry", "sad"}, "nothing trained is happy, so that it is not tested"


def test_a_class_that_the_tested_corpus_lacks_is_trained(three: pd.DataFrame) -> None:
    table = placed(cross(train=["a", "c"], test=["b"]), three)
    by_part = pd.crosstab(table["part"], table["label"])
    assert by_part.loc["test", "happy"] == 0
    assert by_part.loc["train", "happy"] == 25


def test_speakers_of_the_tested_corpus_need_not_be_known(three: pd.DataFrame) -> None:
    rows = three.assign(speaker=three["speaker"].mask(three["corpus"] == "b"))
    found = audit(cross(train=["a", "c"], test=["b"]).split(rows), rows)
    assert found.verdict == "not speaker-independent: 20 utterances of unknown speakers"
    with pytest.raises(ProtocolError, match=r"known speaker for every utterance.*20 of 110.*\(b\)"):
        cross(train=["a", "b"], test=["c"]).split(rows)


@pytest.mark.parametrize(
    ("changes", "present", "message"),
    [
        ({}, ["a", "b", "c"], r"exactly the corpora.*\(a, b\).*'a, b, c'.*corpus=\[a,b\]"),
        ({"test": ["d"]}, ["a"], r"exactly the corpora.*\(a, d\)"),
    ],
)
def test_the_corpora_of_the_run_are_those_named(
    changes: dict[str, object], present: list[str], message: str, three: pd.DataFrame
) -> None:
    with pytest.raises(ProtocolError, match=message):
        cross(**changes).split(three[three["corpus"].isin(present)])


def test_corpora_without_two_classes_in_common_are_refused(three: pd.DataFrame) -> None:
    own = three.assign(label=three["label"].where(three["label"] == "sad", three["corpus"] + three["label"]))
    with pytest.raises(ProtocolError, match=r"two or more classes that every training side has, but got 'sad'.*seven"):
        leave_out().split(own)
    strangers = three.assign(label=three["corpus"] + three["label"])
    with pytest.raises(ProtocolError, match=r"utterances to test in every fold.*none in fold 1"):
        cross(train=["a", "c"], test=["b"]).split(strangers)


@pytest.mark.parametrize("changes", [{"train": []}, {"test": []}, {"train": ["a", "b"]}])
def test_training_and_test_corpora_are_different_ones(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"protocol\.test"):
        cross(**changes)


def test_they_say_in_words_what_they_do() -> None:
    assert leave_out().describe().startswith("leave-one-corpus-out")
    assert (
        "trained on b, c and tested on a; classes that training lacks" in cross(train=["b", "c"], test=["a"]).describe()
    )
