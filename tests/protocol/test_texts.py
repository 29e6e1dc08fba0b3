from collections.abc import Callable

import pandas as pd
import pytest

from ser.errors import ConfigError, ProtocolError
from ser.protocol.audit import audit, check
from ser.protocol.texts import TextIndependent

Make = Callable[..., pd.DataFrame]
COMMON = {"dev_share": 0.2, "seed": 0, "metric": "uar", "corpus_weights": {}, "self_training": None}
SPEAKERS = {"dev": "speakers", **COMMON}


def text_rule(**changes: object) -> TextIndependent:
    return TextIndependent(**{"name": "text_independent", "folds": 5, "texts": 2, **SPEAKERS, **changes})


def placed(rule: TextIndependent, rows: pd.DataFrame) -> pd.DataFrame:
    folds = rule.split(rows.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(folds, rule.split(rows))
    found = audit(folds, rows)
    check(found, rule)
    assert found.clean
    return folds.merge(rows, on="utterance_id", validate="many_to_one")


@pytest.mark.parametrize("texts", [2, 3])
def test_neither_speakers_nor_sentences_of_the_test_are_in_training_and_all_is_tested_once(
    texts: int, emodb: pd.DataFrame
) -> None:
    table = placed(text_rule(texts=texts), emodb)
    assert table["fold"].nunique() == 5 * texts
    tested = table[table["part"] == "test"]
    assert sorted(tested["utterance_id"]) == sorted(emodb["utterance_id"])
    for _, fold in table.groupby("fold"):
        test = fold[fold["part"] == "test"]
        for part in ("train", "dev"):
            rows = fold[fold["part"] == part]
            assert not set(rows["speaker"]) & set(test["speaker"])
            assert not set(rows["text_id"]) & set(test["text_id"])
        unused = fold[fold["part"] == "unused"]
        assert (unused["speaker"].isin(test["speaker"]) ^ unused["text_id"].isin(test["text_id"])).all()


def test_two_sentences_and_two_speakers_are_enough(corpus: Make) -> None:
    rows = corpus(speakers=2, each=8)
    rows = rows.assign(text_id=[f"t{index % 2}" for index in range(len(rows))])
    rule = text_rule(folds=2, dev="utterances")
    folds = rule.split(rows)
    found = audit(folds, rows)
    check(found, rule)
    assert found.verdict == "speaker-independent: speakers shared by train and dev in 4 of 4 folds"
    assert folds.groupby(["fold", "part"]).size().unstack()["unused"].tolist() == [24] * 4


def test_utterances_of_unknown_sentences_are_in_no_fold(emodb: pd.DataFrame) -> None:
    rows = emodb.assign(text_id=emodb["text_id"].mask(emodb["text_id"] == "a07"))
    table = placed(text_rule(), rows)
    assert set(table["utterance_id"]) == set(rows.loc[rows["text_id"].notna(), "utterance_id"])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"text_id": None}, "corpora that tell the sentence.*none told by toy"),
        ({"text_id": "t1"}, "2 or more sentences in all.*1 sentences"),
        ({"speaker": None}, "known speaker"),
    ],
)
def test_corpora_without_sentences_or_speakers_are_refused(
    columns: dict[str, object], message: str, corpus: Make
) -> None:
    with pytest.raises(ProtocolError, match=message):
        text_rule().split(corpus(**columns))


def test_too_few_speakers_are_refused(corpus: Make) -> None:
    with pytest.raises(ProtocolError, match="5 or more speakers for 5 groups of speakers"):
        text_rule().split(corpus(speakers=4, text_id="t"))


@pytest.mark.parametrize(("changes", "where"), [({"texts": 1}, r"protocol\.texts"), ({"folds": 1}, r"protocol\.folds")])
def test_settings_out_of_range_are_refused(changes: dict[str, object], where: str) -> None:
    with pytest.raises(ConfigError, match=where):
        text_rule(**changes)


def test_it_says_in_words_what_it_does() -> None:
    words = text_rule().describe()
    assert "5 groups of speakers by 2 groups of sentences, 10 folds" in words
    assert "trains on neither the speakers nor the sentences that it tests" in words
