from collections.abc import Callable

import pandas as pd
import pytest

from ser.errors import ConfigError, ProtocolError
from ser.protocol.audit import audit, check
from ser.protocol.identity import protocol_hash
from ser.protocol.normalise import ByTraining
from ser.protocol.published import Fold, Folds, PublishedFolds

Make = Callable[..., pd.DataFrame]
COMMON = {"dev_share": 0.2, "seed": 0, "metric": "uar", "corpus_weights": {}, "self_training": None}
SPEAKERS = {"dev": "speakers", **COMMON}


def fold(test: str, dev: str = "") -> Fold:
    return Fold(test=list(test), dev=list(dev))


def folds_of(*folds: Fold, speakers: int = 6, utterances: int = 36) -> Folds:
    return Folds(speakers=speakers, utterances=utterances, folds=list(folds))


def published(**changes: object) -> PublishedFolds:
    lists = {
        "toy": folds_of(fold("01"), fold("23")),
        "other": folds_of(fold("0", "1"), fold("1", "2")),
        "third": folds_of(fold("0")),
    }
    settings = {"name": "bench", "benchmark": "Bench (2024)", "corpora": lists, "unavailable": {"bad": "it leaks"}}
    return PublishedFolds(**{**settings, **SPEAKERS, **changes})


def named(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    renamed = {column: rows[column].str.replace("toy/", f"{name}/") for column in ("utterance_id", "speaker")}
    return rows.assign(corpus=name, pcm_sha256=name + rows["pcm_sha256"], **renamed)


def speakers(folds: pd.DataFrame, rows: pd.DataFrame) -> dict[tuple[int, str], set[str]]:
    table = folds.merge(rows, on="utterance_id", validate="many_to_one")
    return table.groupby(["fold", "part"])["speaker"].agg(set).to_dict()


def test_the_lists_are_tested_in_their_order_and_a_dev_part_is_taken_from_training(corpus: Make) -> None:
    rows = corpus()
    rule = published()
    folds = rule.split(rows)
    check(found := audit(folds, rows), rule)
    assert found.clean
    sides = speakers(folds, rows)
    assert sides[1, "test"] == {"toy/0", "toy/1"}
    assert sides[2, "test"] == {"toy/2", "toy/3"}
    assert all(len(sides[fold, "dev"]) == 1 for fold in (1, 2))
    assert sides[1, "train"] | sides[1, "dev"] == {"toy/2", "toy/3", "toy/4", "toy/5"}
    assert "12 of 36 utterances are never tested" in found.note


def test_development_speakers_are_those_of_the_benchmark_where_it_names_them(corpus: Make) -> None:
    rows = named(corpus(speakers=4), "other")
    rule = published(corpora={"other": folds_of(fold("0", "1"), fold("1", "2"), speakers=4)})
    sides = speakers(rule.split(rows), rows)
    assert sides == {
        (1, "test"): {"other/0"},
        (1, "dev"): {"other/1"},
        (1, "train"): {"other/2", "other/3"},
        (2, "test"): {"other/1"},
        (2, "dev"): {"other/2"},
        (2, "train"): {"other/0", "other/3"},
    }


def test_corpora_with_equally_many_folds_go_together(corpus: Make) -> None:
    rows = pd.concat([corpus(), named(corpus(), "other")], ignore_index=True)
    sides = speakers(published().split(rows), rows)
    assert sides[1, "test"] == {"toy/0", "toy/1", "other/0"}
    assert {speaker for speaker in sides[1, "dev"] if speaker.startswith("other")} == {"other/1"}
    assert len({speaker for speaker in sides[1, "dev"] if speaker.startswith("toy")}) == 1


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["bad"], "other, third, toy, but got 'bad: it leaks'"),
        (["toy", "new"], "new: the benchmark does not have it"),
        (["toy", "third"], "different numbers of folds: third 1, toy 2.*ser train -m corpus=A,B"),
    ],
)
def test_what_the_benchmark_does_not_split_is_refused_with_what_it_does(
    names: list[str], message: str, corpus: Make
) -> None:
    with pytest.raises(ProtocolError, match=message):
        published().split(pd.concat([named(corpus(), name) for name in names]))


def test_a_copy_without_some_of_the_speakers_is_refused(corpus: Make) -> None:
    with pytest.raises(ProtocolError, match=r"the 6 speakers of toy that Bench.*2 speakers, without 2, 3'"):
        published().split(corpus(speakers=2))
    many = {"toy": folds_of(Fold(test=[str(index) for index in range(9)], dev=[]), speakers=9)}
    with pytest.raises(ProtocolError, match="without 2, 3, 4, 5, 6 and 2 more"):
        published(corpora=many).split(corpus(speakers=2))


def test_a_copy_without_some_of_those_only_trained_on_is_refused_too(corpus: Make) -> None:
    with pytest.raises(ProtocolError, match=r"the 6 speakers of toy that Bench.*got '5 speakers'"):
        published().split(corpus(speakers=5))


def test_other_numbers_of_utterances_than_the_benchmark_had_are_said(corpus: Make) -> None:
    assert published().remarks(corpus()) == []
    (said,) = published().remarks(pd.concat([corpus(each=1), named(corpus(), "other")]))
    assert said == "OTHER DATA: not the utterances of Bench (2024): 18 of toy, where it had 36."


def test_unknown_speakers_are_refused(corpus: Make) -> None:
    with pytest.raises(ProtocolError, match="known speaker for every utterance"):
        published().split(corpus(speaker=None))


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([fold("01"), fold("12")], "otherwise for 1"),
        ([fold("01", "1")], "otherwise for 1"),
        ([fold("", "1")], "a fold without a test list"),
        ([], "a fold without a test list"),
    ],
)
def test_lists_that_contradict_themselves_are_refused(folds: list[Fold], message: str) -> None:
    with pytest.raises(ConfigError, match=rf"protocol\.corpora\.toy.*{message}"):
        published(corpora={"toy": folds_of(*folds)})


def test_lists_of_other_corpora_do_not_count_in_its_identity(corpus: Make) -> None:
    rows = corpus()
    rule, other = published(), published(corpora={"toy": folds_of(fold("01"), fold("23"))}, unavailable={})
    folds = rule.split(rows)
    classes = ["angry", "happy", "sad"]
    train = ByTraining(name="train", signed_sqrt=False, l2=False)
    assert protocol_hash(rows, classes, rule, folds, train) == protocol_hash(rows, classes, other, folds, train)
    reseeded = published(seed=1)
    assert protocol_hash(rows, classes, reseeded, folds, train) != protocol_hash(rows, classes, rule, folds, train)


def test_it_says_in_words_what_it_does() -> None:
    assert "the published folds of Bench (2024)" in published().describe()
    assert "20% of each fold's training utterances" in published(dev="utterances").describe()
