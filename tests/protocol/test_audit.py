from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from ser.errors import ProtocolError
from ser.protocol.audit import Audit, audit, check
from ser.protocol.rules import SplitRule
from ser.protocol.splits import LeaveOneSpeakerOut, RandomKFold, SpeakerKFold

Make = Callable[..., pd.DataFrame]
COMMON = {"dev_share": 0.2, "seed": 0, "metric": "uar", "corpus_weights": {}, "self_training": None}
SPEAKERS = {**COMMON, "dev": "speakers"}
KFOLD = SpeakerKFold(name="speaker_kfold", folds=5, **SPEAKERS)
RANDOM = RandomKFold(name="random", folds=5, **COMMON)


def some(folds: pd.DataFrame, fold: int, part: str) -> str:
    return folds[(folds["fold"] == fold) & (folds["part"] == part)]["utterance_id"].iloc[0]


def counts(found: Audit, kind: str) -> dict[tuple[int, str], int]:
    rows = found.table[found.table["kind"] == kind]
    return {(row.fold, row.parts): row.count_ for row in rows.rename(columns={"count": "count_"}).itertuples()}


@pytest.mark.parametrize("rule", [KFOLD, LeaveOneSpeakerOut(name="loso", **SPEAKERS)])
def test_speaker_independent_splits_are_clean(rule: SplitRule, emodb: pd.DataFrame) -> None:
    found = audit(rule.split(emodb), emodb)
    assert found.verdict == "speaker-independent"
    assert found.clean
    check(found, rule)


def test_the_table_has_every_fold_kind_and_pair_that_could_be_checked(emodb: pd.DataFrame) -> None:
    found = audit(KFOLD.split(emodb), emodb)
    assert list(found.table) == ["fold", "kind", "parts", "count", "examples"]
    assert found.table["kind"].unique().tolist() == ["speaker", "audio", "sentence"]
    assert len(found.table) == 5 * 3 * 3
    assert "sentences shared with the test part in 5 of 5 folds" in found.note
    assert "augmented copies, recording sessions" in found.note


def test_random_splits_share_speakers_and_say_so(emodb: pd.DataFrame) -> None:
    folds = RANDOM.split(emodb)
    found = audit(folds, emodb)
    assert found.verdict == "not speaker-independent: speakers overlap in 5 of 5 folds"
    assert not found.clean
    speakers = folds.merge(emodb, on="utterance_id").groupby(["fold", "part"])["speaker"].agg(set)
    for (fold, parts), count in counts(found, "speaker").items():
        one, other = parts.split("/")
        assert count == len(speakers[fold, one] & speakers[fold, other])
    check(found, RANDOM)
    with pytest.raises(ProtocolError, match=r"no speakers on two sides.*emodb/03, emodb/08, emodb/09"):
        check(found, KFOLD)


def test_a_planted_speaker_is_found(emodb: pd.DataFrame) -> None:
    folds = KFOLD.split(emodb)
    one, other = some(folds, 2, "train"), some(folds, 2, "test")
    rows = emodb.assign(speaker=emodb["speaker"].mask(emodb["utterance_id"].isin([one, other]), "emodb/99"))
    found = audit(folds, rows)
    assert counts(found, "speaker")[2, "train/test"] == 1
    assert found.verdict.startswith("not speaker-independent: speakers overlap in ")
    assert "emodb/99" in set(found.table["examples"])


def test_identical_audio_on_two_sides_is_found_and_shown_by_utterance(emodb: pd.DataFrame) -> None:
    folds = KFOLD.split(emodb)
    one, other = some(folds, 1, "dev"), some(folds, 1, "test")
    rows = emodb.assign(pcm_sha256=emodb["pcm_sha256"].mask(emodb["utterance_id"].isin([one, other]), "same"))
    found = audit(folds, rows)
    assert counts(found, "audio")[1, "dev/test"] == 1
    assert min(one, other) in set(found.table["examples"])
    assert found.verdict.startswith("speaker-independent: identical audio on both sides in ")
    assert not found.clean
    with pytest.raises(ProtocolError, match="no identical audio on two sides"):
        check(found, KFOLD)


def test_a_speaker_shared_by_train_and_dev_only_leaves_the_test_independent(emodb: pd.DataFrame) -> None:
    folds = KFOLD.split(emodb)
    swapped = folds.copy()
    moved = (folds["fold"] == 1) & (folds["utterance_id"] == some(folds, 1, "train"))
    swapped.loc[moved, "part"] = "dev"
    found = audit(swapped, emodb)
    assert found.verdict == "speaker-independent: speakers shared by train and dev in 1 of 5 folds"
    assert not found.clean


def test_copies_leak_when_their_parent_lies_in_another_part(emodb: pd.DataFrame) -> None:
    folds = KFOLD.split(emodb)
    parents = [some(folds, 3, "train"), some(folds, 3, "test"), some(folds, 3, "dev"), some(folds, 3, "test")]
    copies = pd.DataFrame({"utterance_id": parents, "fold": 3, "part": "train"})
    found = audit(folds, emodb, copies)
    leaks = counts(found, "copies")
    assert leaks.pop((3, "train/test")) == 1
    assert leaks.pop((3, "train/dev")) == 1
    assert set(leaks.values()) == {0}
    assert "augmented copies on both sides in 1 of 5 folds" in found.verdict
    with pytest.raises(ProtocolError, match=r"no augmented copies on two sides.*1 more"):
        check(found, KFOLD)


def test_copies_beside_their_parents_are_clean(emodb: pd.DataFrame) -> None:
    folds = KFOLD.split(emodb)
    copies = folds[folds["part"] == "train"]
    found = audit(folds, emodb, copies)
    assert found.clean
    assert "augmented copies" not in found.note


def test_copies_of_strangers_are_refused(emodb: pd.DataFrame) -> None:
    copies = pd.DataFrame({"utterance_id": ["emodb/nobody"], "fold": [1], "part": ["train"]})
    with pytest.raises(ProtocolError, match="parents, folds and parts"):
        audit(KFOLD.split(emodb), emodb, copies)


def test_sessions_are_reported_within_their_corpus(corpus: Make) -> None:
    rows = corpus().assign(session="s1")
    found = audit(KFOLD.split(rows), rows)
    assert found.clean
    assert "recording sessions shared with the test part in 5 of 5 folds" in found.note
    assert "toy/s1" in set(found.table["examples"])
    check(found, KFOLD)


def test_unknown_speakers_are_never_called_independent(corpus: Make) -> None:
    rows = corpus()
    folds = KFOLD.split(rows)
    found = audit(folds, rows.assign(speaker=rows["speaker"].mask(rows["speaker"] == "toy/0")))
    assert found.verdict == "not speaker-independent: 6 utterances of unknown speakers"
    assert not found.clean


def test_the_note_is_empty_when_there_is_nothing_to_say(corpus: Make) -> None:
    rows = corpus().reset_index(drop=True)
    rows = rows.assign(session=rows["speaker"], text_id=rows["speaker"])
    folds = KFOLD.split(rows)
    assert audit(folds, rows, folds[folds["part"] == "train"]).note == ""


def test_utterances_that_are_never_tested_are_counted(corpus: Make) -> None:
    rows = corpus()
    folds = KFOLD.split(rows)
    one = folds[folds["fold"] == 1]
    tested = int((one["part"] == "test").sum())
    found = audit(one, rows)
    assert found.clean
    assert f"{len(rows) - tested} of {len(rows)} utterances are never tested" in found.note


def test_what_is_unused_in_a_fold_shares_nothing_there(emodb: pd.DataFrame) -> None:
    folds = RANDOM.split(emodb)
    rows = folds.merge(emodb[["utterance_id", "speaker"]], on="utterance_id")
    tested = rows[rows["part"] == "test"].groupby("fold")["speaker"].agg(set)
    also = [row.part != "test" and row.speaker in tested[row.fold] for row in rows.itertuples()]
    found = audit(folds.assign(part=folds["part"].mask(also, "unused")), emodb)
    assert {parts for (_, parts), count in counts(found, "speaker").items() if count} <= {"train/dev"}


def test_the_manifest_may_hold_more_utterances_in_any_order(emodb: pd.DataFrame) -> None:
    folds = KFOLD.split(emodb)
    more = pd.concat([emodb, emodb.assign(utterance_id="x" + emodb["utterance_id"])]).sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(audit(folds, more).table, audit(folds, emodb).table)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folds: pd.concat([folds, folds.iloc[[0]].assign(part="dev")]), "exactly once in every fold"),
        (lambda folds: folds.drop(index=0), "exactly once in every fold"),
        (lambda folds: folds.assign(part=folds["part"].replace("dev", "test")), "tested at most once"),
        (lambda folds: folds.assign(part=folds["part"].replace("dev", "valid")), "every part is in train.*valid"),
        (lambda folds: folds.assign(utterance_id=folds["utterance_id"].replace("toy/0-sad-0", "x")), "the manifest"),
        (lambda folds: folds.iloc[:0], "an empty table"),
    ],
)
def test_what_is_no_cross_validation_is_refused(
    damage: Callable[[pd.DataFrame], pd.DataFrame], message: str, corpus: Make
) -> None:
    rows = corpus()
    with pytest.raises(ProtocolError, match=message):
        audit(damage(KFOLD.split(rows)), rows)


def test_planted_overlaps_are_counted_as_a_plain_loop_counts_them(corpus: Make) -> None:
    random = np.random.default_rng(0)
    rows = corpus(speakers=10, each=4)
    rows = rows.assign(
        pcm_sha256=random.integers(0, 60, len(rows)).astype(str), text_id=random.integers(0, 5, len(rows)).astype(str)
    )
    folds = RANDOM.split(rows)
    found = audit(folds, rows)
    table = folds.merge(rows, on="utterance_id").groupby(["fold", "part"])
    for kind, column, prefix in (("audio", "pcm_sha256", ""), ("sentence", "text_id", "toy/")):
        sets = table[column].agg(lambda values, prefix=prefix: {prefix + value for value in values})
        for (fold, parts), count in counts(found, kind).items():
            one, other = parts.split("/")
            assert count == len(sets[fold, one] & sets[fold, other])
