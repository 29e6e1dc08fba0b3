from collections.abc import Callable

import pandas as pd
import pytest

from ser.errors import ProtocolError
from ser.protocol.audit import audit, check
from ser.protocol.given import GivenParts

Make = Callable[..., pd.DataFrame]


def given(dev: str = "given") -> GivenParts:
    return GivenParts(name="given", dev=dev, dev_share=0.2, seed=0, metric="uar", corpus_weights={}, self_training=None)


def with_split(rows: pd.DataFrame, *parts: str | None) -> pd.DataFrame:
    """Give the speakers' parts in turn."""
    return rows.assign(split=[parts[int(speaker.removeprefix("toy/"))] for speaker in rows["speaker"]])


def test_the_parts_of_the_table_are_the_parts_of_the_fold(corpus: Make) -> None:
    rows = with_split(corpus(), "train", "train", "dev", "test", "test", None)
    folds = given().split(rows)
    check(found := audit(folds, rows), given())
    table = folds.merge(rows, on="utterance_id", validate="one_to_one")
    assert (table["part"] == table["split"]).all()
    assert set(table["speaker"]) == {f"toy/{speaker}" for speaker in range(5)}
    assert found.speaker_independent
    assert found.verdict == "speaker-independent"


def test_a_dev_part_may_be_taken_from_training(corpus: Make) -> None:
    rows = with_split(corpus(), "train", "train", "train", "test", "test", "test")
    table = given("speakers").split(rows).merge(rows, on="utterance_id")
    assert table[table["part"] == "dev"]["speaker"].nunique() == 1
    assert set(table.loc[table["part"] == "dev", "split"]) == {"train"}
    assert set(table.loc[table["part"] == "test", "split"]) == {"test"}


def test_speakers_on_both_sides_are_no_error_but_are_said(corpus: Make) -> None:
    rows = corpus(each=10)
    rows = rows.assign(split=["test" if name.endswith(("0", "1")) else "train" for name in rows["utterance_id"]])
    rule = given("utterances")
    check(found := audit(rule.split(rows), rows), rule)
    assert not found.speaker_independent
    assert found.verdict == "not speaker-independent: speakers overlap in 1 of 1 folds"


@pytest.mark.parametrize(
    ("dev", "parts", "complaint"),
    [
        ("given", ["train"] * 5 + ["dev"], "none given to test"),
        ("given", ["test"] * 6, "none given to train"),
        ("given", ["test", "train"] * 3, "none given to dev"),
        ("speakers", ["test", "train", "dev"] * 2, "some given to dev"),
    ],
)
def test_other_parts_than_those_meant_are_refused(corpus: Make, dev: str, parts: list[str], complaint: str) -> None:
    with pytest.raises(ProtocolError, match=f"{complaint}.*column `split`"):
        given(dev).split(with_split(corpus(), *parts))


def test_it_says_in_words_what_it_does() -> None:
    assert given().describe().startswith("the train, dev and test parts given with the data")
    assert "20% of each fold's training speakers form its development part" in given("speakers").describe()
