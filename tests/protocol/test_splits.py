from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import LeaveOneGroupOut

from ser.errors import ConfigError, ProtocolError
from ser.protocol.audit import audit, check
from ser.protocol.rules import SplitRule
from ser.protocol.splits import LeaveOneSpeakerOut, RandomKFold, SpeakerKFold

Make = Callable[..., pd.DataFrame]
COMMON = {"dev_share": 0.2, "seed": 0, "metric": "uar", "corpus_weights": {}, "self_training": None}
SPEAKERS = {**COMMON, "dev": "speakers"}


def kfold(**changes: object) -> SpeakerKFold:
    return SpeakerKFold(**{"name": "speaker_kfold", "folds": 5, **SPEAKERS, **changes})


def loso(**changes: object) -> LeaveOneSpeakerOut:
    return LeaveOneSpeakerOut(**{"name": "loso", **SPEAKERS, **changes})


def shuffled(**changes: object) -> RandomKFold:
    return RandomKFold(**{"name": "random", "folds": 5, **COMMON, **changes})


def joined(folds: pd.DataFrame, utterances: pd.DataFrame) -> pd.DataFrame:
    return folds.merge(utterances, on="utterance_id", validate="many_to_one")


RULES = [kfold, loso, shuffled]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", [0, 7])
def test_every_utterance_is_in_one_part_of_every_fold_and_tested_once(
    rule: Callable[..., SplitRule], seed: int, emodb: pd.DataFrame
) -> None:
    folds = rule(seed=seed).split(emodb)
    counts = folds.groupby(["fold", "utterance_id"]).size()
    assert (counts == 1).all()
    assert len(counts) == folds["fold"].nunique() * len(emodb)
    tested = folds[folds["part"] == "test"]["utterance_id"]
    assert sorted(tested) == sorted(emodb["utterance_id"])
    assert folds["fold"].min() == 1
    assert folds["fold"].dtype == np.int64
    assert folds.groupby("fold")["part"].agg(set).map(lambda parts: parts == {"train", "dev", "test"}).all()


@pytest.mark.parametrize("rule", RULES)
def test_the_order_of_the_rows_does_not_matter(rule: Callable[..., SplitRule], emodb: pd.DataFrame) -> None:
    again = emodb.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(rule().split(emodb), rule().split(again))


@pytest.mark.parametrize("rule", RULES)
def test_the_seed_chooses_among_equally_good_splits(rule: Callable[..., SplitRule], corpus: Make) -> None:
    rows = corpus(speakers=12)
    assert not rule().split(rows).equals(rule(seed=1).split(rows))


@pytest.mark.parametrize("rule", [kfold, loso])
@pytest.mark.parametrize("seed", range(3))
def test_no_speaker_is_ever_on_two_sides(
    rule: Callable[..., SplitRule], seed: int, emodb: pd.DataFrame, uneven: pd.DataFrame
) -> None:
    for utterances in (emodb, uneven):
        rows = joined(rule(seed=seed).split(utterances), utterances)
        assert (rows.groupby(["fold", "speaker"])["part"].nunique() == 1).all()


@pytest.mark.parametrize("rule", RULES)
def test_every_class_is_trained_in_every_fold(rule: Callable[..., SplitRule], emodb: pd.DataFrame) -> None:
    rows = joined(rule().split(emodb), emodb)
    trained = rows[rows["part"] == "train"].groupby("fold")["label"].nunique()
    assert (trained == emodb["label"].nunique()).all()


def test_emodb_folds_hold_one_woman_and_one_man_each_and_their_share_of_every_class(emodb: pd.DataFrame) -> None:
    rows = joined(kfold().split(emodb), emodb)
    tested = rows[rows["part"] == "test"]
    assert (tested.groupby("fold")["speaker"].nunique() == 2).all()
    assert (tested.groupby("fold")["gender"].nunique() == 2).all()
    assert tested.groupby("fold").size().between(90, 125).all()
    assert (pd.crosstab(tested["fold"], tested["label"]) >= 5).all(axis=None)


def test_folds_of_many_speakers_are_nearly_alike_in_class_and_gender(uneven: pd.DataFrame) -> None:
    rows = joined(kfold().split(uneven), uneven)
    tested = rows[rows["part"] == "test"]
    by_class = pd.crosstab(tested["fold"], tested["label"], normalize="columns")
    assert (by_class - 0.2).abs().max(axis=None) < 0.05
    speakers = tested.drop_duplicates("speaker")
    by_gender = pd.crosstab(speakers["fold"], speakers["gender"])
    assert (by_gender.max() - by_gender.min() <= 1).all()


def test_two_corpora_are_spread_over_all_folds(corpus: Make) -> None:
    one, other = corpus(speakers=5), corpus(speakers=5, corpus="toy2")
    other = other.assign(
        utterance_id=other["utterance_id"].str.replace("toy/", "toy2/"),
        speaker=other["speaker"].str.replace("toy/", "toy2/"),
    )
    both = pd.concat([one, other], ignore_index=True)
    rows = joined(kfold().split(both), both)
    assert (rows[rows["part"] == "test"].groupby("fold")["corpus"].nunique() == 2).all()


def test_the_dev_part_has_its_share_of_the_training_speakers(emodb: pd.DataFrame) -> None:
    for rule, pool in ((kfold(dev_share=0.25), 8), (loso(dev_share=0.25), 9)):
        rows = joined(rule.split(emodb), emodb)
        speakers = rows.groupby(["fold", "part"])["speaker"].nunique().unstack()
        assert (speakers["dev"] == 2).all()
        assert (speakers["train"] == pool - 2).all()


def test_loso_tests_what_scikit_learn_leaves_out(emodb: pd.DataFrame) -> None:
    folds = loso().split(emodb)
    splits = LeaveOneGroupOut().split(emodb, groups=emodb["speaker"])
    for fold, (_, tested) in enumerate(splits, start=1):
        ours = folds[(folds["fold"] == fold) & (folds["part"] == "test")]["utterance_id"]
        assert set(ours) == set(emodb["utterance_id"].iloc[tested])


def test_the_smallest_corpus_that_loso_takes(corpus: Make) -> None:
    rows = joined(loso().split(corpus(speakers=3)), corpus(speakers=3))
    assert (rows.groupby(["fold", "part"])["speaker"].nunique() == 1).all()


def test_a_class_of_two_speakers_is_kept_out_of_the_dev_part_when_one_of_them_is_tested(corpus: Make) -> None:
    rows = corpus(speakers=4)
    rows = rows[(rows["label"] != "sad") | rows["speaker"].isin(["toy/0", "toy/1"])]
    table = joined(loso(dev_share=0.5).split(rows), rows)
    trained = table[table["part"] == "train"].groupby("fold")["label"].agg(set)
    assert trained.map(lambda labels: "sad" in labels).all()


def test_random_folds_are_stratified_by_class_in_all_parts(emodb: pd.DataFrame) -> None:
    rows = joined(shuffled().split(emodb), emodb)
    sizes = rows.groupby(["fold", "part"]).size().unstack()
    assert (sizes["test"] == 107).all()
    assert sizes["dev"].between(83, 88).all()
    shares = pd.crosstab([rows["fold"], rows["part"]], rows["label"], normalize="columns")
    for part, share in (("test", 1 / 25), ("dev", 0.8 * 0.2 / 5), ("train", 0.64 / 5)):
        assert (shares.xs(part, level="part") - share).abs().max(axis=None) < 0.006


def test_random_dev_parts_differ_between_folds(emodb: pd.DataFrame) -> None:
    dev = shuffled().split(emodb).query("part == 'dev'")
    assert dev["utterance_id"].nunique() > 0.6 * len(emodb)


def test_rules_say_in_words_what_they_do() -> None:
    assert "speaker-independent 5-fold" in kfold().describe()
    assert "LOSO" in loso().describe()
    assert shuffled().describe().startswith("NOT speaker-independent")
    assert all("best dev uar" in rule().describe() for rule in RULES)


@pytest.mark.parametrize(
    ("rule", "rows", "message"),
    [
        (kfold(), {"speakers": 1}, r"corpus: expected 5 or more speakers.*1 \(toy/0\)'\. Use more corpora"),
        (loso(), {"speakers": 1}, "2 or more speakers for a test and a training side.*protocol=random"),
        (loso(), {"speakers": 2}, r"2 or more training speakers.*1 \(toy/1\) in fold 1.*protocol\.dev=utterances"),
        (kfold(folds=3, dev="utterances"), {"speakers": 2}, "3 or more speakers for 3 folds.*dev=utterances"),
        (kfold(), {"speakers": 4}, "5 or more speakers for 5 folds.*Use fewer folds"),
        (kfold(folds=2), {"speakers": 3}, "4 or more speakers for 2 folds"),
        (kfold(), {"speaker": None}, "known speaker for every utterance.*36 of 36"),
        (loso(), {"speaker": None}, "known speaker for every utterance.*toy"),
        (shuffled(), {"speakers": 1}, "5 or more utterances of every class.*2 of angry"),
        (shuffled(folds=2), {"speakers": 1, "each": 3}, "4 or more utterances"),
    ],
)
def test_too_little_to_split_is_refused_with_what_to_do(
    rule: SplitRule, rows: dict[str, object], message: str, corpus: Make
) -> None:
    with pytest.raises(ProtocolError, match=message):
        rule.split(corpus(**rows))


def test_a_class_with_fewer_speakers_than_folds_is_named(corpus: Make) -> None:
    rows = corpus(speakers=6)
    rows = rows[(rows["label"] != "sad") | rows["speaker"].isin(["toy/0", "toy/1", "toy/2"])]
    with pytest.raises(ProtocolError, match=r"class sad from 3 \(toy/0, toy/1, toy/2\).*protocol=loso"):
        kfold().split(rows)


def test_loso_refuses_a_class_of_one_speaker(corpus: Make) -> None:
    rows = corpus(speakers=4)
    with pytest.raises(ProtocolError, match=r"class sad from 1 \(toy/0\)'\. Use a label set"):
        loso().split(rows[(rows["label"] != "sad") | (rows["speaker"] == "toy/0")])


def test_a_class_that_no_choice_of_dev_speakers_can_train_is_named(corpus: Make) -> None:
    # When speaker 2 is tested, speakers 0 and 1 are left; each has a class of its own, and one of them must be dev.
    rows = corpus(speakers=3)
    only = {"happy": ("toy/0", "toy/2"), "sad": ("toy/1", "toy/2")}
    kept = [row.label not in only or row.speaker in only[row.label] for row in rows.itertuples()]
    with pytest.raises(ProtocolError, match="none in fold"):
        loso().split(rows[kept])


def test_repeated_or_no_utterances_are_refused(corpus: Make) -> None:
    rows = corpus()
    with pytest.raises(ProtocolError, match="repeated utterance ids"):
        kfold().split(pd.concat([rows, rows]))
    with pytest.raises(ProtocolError, match="no utterances"):
        shuffled().split(rows.iloc[:0])


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"folds": 1}, r"protocol\.folds"),
        ({"dev_share": 0.0}, r"protocol\.dev_share"),
        ({"dev_share": 1.0}, r"protocol\.dev_share"),
        ({"seed": -1}, r"protocol\.seed"),
        ({"metric": "war"}, r"protocol\.metric.*macro_f1"),
    ],
)
@pytest.mark.parametrize("rule", [kfold, shuffled])
def test_settings_out_of_range_are_refused(
    rule: Callable[..., SplitRule], changes: dict[str, object], where: str
) -> None:
    with pytest.raises(ConfigError, match=where):
        rule(**changes)


def test_random_folds_keep_a_recording_that_a_corpus_holds_twice_on_one_side(emodb: pd.DataFrame) -> None:
    pairs = emodb.groupby(["label", "speaker"]).cumcount() // 2
    twice = emodb.assign(pcm_sha256=emodb["speaker"] + emodb["label"] + pairs.astype("str"))
    folds = shuffled().split(twice)
    check(found := audit(folds, twice), shuffled())
    assert found.table.query("kind == 'audio'")["count"].sum() == 0
    assert not found.speaker_independent
    sizes = folds[folds["part"] == "test"].groupby("fold").size()
    assert sizes.sum() == len(emodb)
    assert sizes.max() - sizes.min() <= 2 * emodb["label"].nunique()


def test_rules_of_no_benchmark_have_nothing_to_remark(emodb: pd.DataFrame) -> None:
    assert [rule().remarks(emodb) for rule in RULES] == [[], [], []]
    assert [rule().sources() for rule in RULES] == [[], [], []]
