"""Twelve kinds of planted leaks are found, and twelve clean splits with harmless oddities raise no alarm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser.protocol import foreign, leaks, origins
from ser.protocol.across import CrossCorpus
from ser.protocol.given import GivenParts
from ser.protocol.leaks import LEAKS, Leaks
from ser.protocol.published import Fold, Folds, PublishedFolds
from ser.protocol.splits import LeaveOneSpeakerOut, RandomKFold, SpeakerKFold
from ser.protocol.texts import TextIndependent

Change = Callable[[pd.DataFrame], pd.DataFrame]
COMMON = {"dev_share": 0.2, "seed": 0, "metric": "uar", "corpus_weights": {}, "self_training": None}
SPEAKERS = {**COMMON, "dev": "speakers"}
KFOLD = SpeakerKFold(name="speaker_kfold", folds=5, **SPEAKERS)
FACTS = ["utterance_id", "corpus", "speaker", "session", "text_id", "label", "pcm_sha256"]


def audited(table: pd.DataFrame, place: Path, alarm: tuple[str, ...] = ()) -> Leaks:
    """Send a table the whole way that somebody's table goes: written as CSV, read, resolved, audited."""
    file = place / "split.csv"
    table.to_csv(file, index=False)
    return leaks.find(origins.resolve(foreign.read(file), lambda name: None), alarm)


def complete(folds: pd.DataFrame, manifest: pd.DataFrame) -> pd.DataFrame:
    return folds.merge(manifest[FACTS], on="utterance_id")


def first(table: pd.DataFrame, part: str, fold: int = 1, count: int = 1) -> pd.Index[int]:
    return table.index[(table["fold"] == fold) & (table["part"] == part)][:count]


def first_id(table: pd.DataFrame, part: str, fold: int = 1) -> str:
    return str(table.loc[first(table, part, fold)[0], "utterance_id"])


def everywhere(table: pd.DataFrame, utterance: str, **values: object) -> pd.DataFrame:
    rows = table["utterance_id"] == utterance
    return table.assign(**{column: table[column].mask(rows, value) for column, value in values.items()})


@pytest.fixture(scope="session")
def few(emodb: pd.DataFrame) -> pd.DataFrame:
    """Up to two utterances of every speaker and class."""
    return emodb.groupby(["speaker", "label"]).head(2).reset_index(drop=True)


@pytest.fixture(scope="session")
def split(few: pd.DataFrame) -> pd.DataFrame:
    """Speaker-independent folds as a table of somebody's, every fact in it."""
    return complete(KFOLD.split(few), few)


def a_test_clip_trains(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table.loc[first(table, "test")].assign(part="train")])


def a_clip_is_tested_twice(table: pd.DataFrame) -> pd.DataFrame:
    one = table.loc[first(table, "test")]
    rows = (table["utterance_id"] == one["utterance_id"].iloc[0]) & (table["fold"] == 2)
    return table.assign(part=table["part"].mask(rows, "test"))


def one_recording_has_two_names(table: pd.DataFrame) -> pd.DataFrame:
    table = everywhere(table, first_id(table, "train"), pcm_sha256="same", label="anger")
    return everywhere(table, first_id(table, "test"), pcm_sha256="same", label="anger")


def one_recording_is_in_two_corpora(table: pd.DataFrame) -> pd.DataFrame:
    return everywhere(one_recording_has_two_names(table), first_id(table, "test"), corpus="copied", speaker="copied/1")


def equal_bytes_have_two_names(table: pd.DataFrame) -> pd.DataFrame:
    return one_recording_has_two_names(table).rename(columns={"pcm_sha256": "md5"})


def a_column_tells_of_copies(table: pd.DataFrame) -> pd.DataFrame:
    copy = table.loc[first(table, "train")].assign(utterance_id="c0001", parent=first_id(table, "test"), pcm_sha256="c")
    return pd.concat([table, copy])


def names_tell_of_copies(table: pd.DataFrame) -> pd.DataFrame:
    name = first_id(table, "test") + "_noise.wav"
    return pd.concat([table, table.loc[first(table, "train")].assign(utterance_id=name, pcm_sha256="c")])


def a_speaker_is_on_both_sides(table: pd.DataFrame) -> pd.DataFrame:
    speaker = table.loc[first(table, "test"), "speaker"].iloc[0]
    return everywhere(table, first_id(table, "train"), speaker=speaker)


def a_speaker_is_spelled_in_two_ways(table: pd.DataFrame) -> pd.DataFrame:
    number = str(table.loc[first(table, "test"), "speaker"].iloc[0]).removeprefix("emodb/")
    return everywhere(table, first_id(table, "train"), speaker=f"Actor_{int(number)}")


def a_dialogue_is_cut(table: pd.DataFrame) -> pd.DataFrame:
    table = table.assign(session=table["speaker"])
    both = (first_id(table, "train"), first_id(table, "test"))
    return everywhere(everywhere(table, both[0], session="dialogue"), both[1], session="dialogue")


PLANTED: dict[str, tuple[str, Change]] = {
    "utterance": ("utterance", a_test_clip_trains),
    "repeated": ("repeated", a_clip_is_tested_twice),
    "audio": ("audio", one_recording_has_two_names),
    "corpora": ("corpora", one_recording_is_in_two_corpora),
    "file": ("file", equal_bytes_have_two_names),
    "copies by a column": ("copies", a_column_tells_of_copies),
    "copies by their names": ("copies", names_tell_of_copies),
    "speaker": ("speaker", a_speaker_is_on_both_sides),
    "alias": ("alias", a_speaker_is_spelled_in_two_ways),
    "session": ("session", a_dialogue_is_cut),
    "scaler": ("scaler", lambda table: table.assign(scaler_fitted_on="train + test")),
    "selection": ("selection", lambda table: table.assign(chosen_on="best test accuracy")),
    "features": ("features", lambda table: table.assign(feature_selection="all")),
}


def test_every_kind_of_leak_is_planted() -> None:
    assert {kind for kind, _ in PLANTED.values()} == set(LEAKS)
    assert len(LEAKS) == 12


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_leak_is_found(plant: str, split: pd.DataFrame, tmp_path: Path) -> None:
    kind, change = PLANTED[plant]
    found = audited(change(split.copy()), tmp_path)
    alarms = found.table[found.table["severity"] == "leak"]
    assert found.leaks
    assert not found.sound
    assert kind in set(alarms["kind"])
    assert (alarms.loc[alarms["kind"] == kind, "count"] >= 1).all()
    assert alarms.loc[alarms["kind"] == kind, "examples"].str.len().gt(0).all()
    # What follows from one clip on the wrong side is named too: its speaker, its sound.
    allowed = {kind, "speaker", "audio", "alias"}
    assert set(alarms["kind"]) <= allowed


def test_a_sentence_on_both_sides_is_noted_and_alarms_where_the_split_claims_otherwise(
    split: pd.DataFrame, tmp_path: Path
) -> None:
    found = audited(split, tmp_path)
    noted = found.table[found.table["kind"] == "sentence"]
    assert set(noted["severity"]) == {"note"}
    assert set(noted["fold"]) == {"1", "2", "3", "4", "5"}
    strict = audited(split, tmp_path, alarm=("sentence",))
    alarms = strict.table[strict.table["severity"] == "leak"]
    assert set(alarms["kind"]) == {"sentence"}
    assert set(alarms["parts"]) == {"train/test", "dev/test"}


def one_recording_has_two_labels(table: pd.DataFrame) -> pd.DataFrame:
    return everywhere(one_recording_has_two_names(table), first_id(table, "test"), label="fear")


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("empty", lambda table: table[(table["fold"] != 2) | (table["part"] != "test")]),
        ("class", lambda table: table[(table["label"] != "fear") | (table["part"] == "test")]),
        ("conflict", lambda table: table.assign(label=np.where(table["fold"] == 1, "anger", table["label"]))),
        ("conflict", one_recording_has_two_labels),
    ],
)
def test_faults_are_named(kind: str, change: Change, split: pd.DataFrame, tmp_path: Path) -> None:
    found = audited(change(split.copy()), tmp_path)
    assert kind in set(found.table.loc[found.table["severity"] == "fault", "kind"])
    assert not found.sound
    assert found.leaks == (change is one_recording_has_two_labels)


def sampled(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[table["fold"] == 3, "part"] = table.loc[table["fold"] == 3, "part"].replace("train", "unused")
    return table[table["fold"] != 3]


def twin_in_train(table: pd.DataFrame) -> pd.DataFrame:
    rows = first(table, "train", count=2)
    one, two = table.loc[rows, "utterance_id"]
    table = everywhere(table, one, pcm_sha256="twins", label="anger")
    return everywhere(table, two, pcm_sha256="twins", label="anger")


def copies_beside_their_originals(table: pd.DataFrame) -> pd.DataFrame:
    trained = table[table["part"] == "train"]
    copies = trained.assign(utterance_id=trained["utterance_id"] + "_pitch+2.wav", pcm_sha256=None)
    return pd.concat([table, copies])


def repeated_three_times(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table.assign(fold=table["fold"] + 10 * times) for times in range(3)])


def twin_corpora(table: pd.DataFrame) -> pd.DataFrame:
    """Two corpora that number their speakers alike, one trained and one tested."""
    one = table[table["fold"] == 1].assign(part="train", speaker=table["speaker"].str[-2:])
    other = one.assign(
        part="test", corpus="other", utterance_id="other/" + one["utterance_id"].str[6:], pcm_sha256=None
    )
    return pd.concat([one, other])


def two_corpora(rows: pd.DataFrame) -> pd.DataFrame:
    """The same corpus and another one that says other things in as many clips."""
    renamed = {column: "other/" + rows[column].str[6:] for column in ("utterance_id", "speaker")}
    return pd.concat([rows, rows.assign(corpus="other", pcm_sha256="o" + rows["pcm_sha256"], **renamed)])


def published(rows: pd.DataFrame) -> pd.DataFrame:
    folds = Folds(speakers=10, utterances=535, folds=[Fold(test=["03", "08"], dev=["09"]), Fold(test=["10"], dev=[])])
    rule = PublishedFolds(name="bench", benchmark="B", corpora={"emodb": folds}, unavailable={}, **SPEAKERS)
    return complete(rule.split(rows), rows)


def across(rows: pd.DataFrame, dev: str) -> pd.DataFrame:
    rows = two_corpora(rows)
    rule = CrossCorpus(name="cross_corpus", train=["emodb"], test=["other"], **{**COMMON, "dev": dev})
    return complete(rule.split(rows), rows)


def given(rows: pd.DataFrame) -> pd.DataFrame:
    parts = rows["speaker"].map({"emodb/03": "test", "emodb/08": "dev", "emodb/09": None}).where(
        rows["speaker"].isin(["emodb/03", "emodb/08", "emodb/09"]), "train"
    )  # fmt: skip
    return complete(GivenParts(name="given", **{**COMMON, "dev": "given"}).split(rows.assign(split=parts)), rows)


def text_independent(rows: pd.DataFrame) -> pd.DataFrame:
    return complete(TextIndependent(name="text_independent", folds=5, texts=2, **SPEAKERS).split(rows), rows)


def by_kfold(rows: pd.DataFrame) -> pd.DataFrame:
    return complete(KFOLD.split(rows), rows)


CLEAN: dict[str, Change] = {
    "speaker_kfold": by_kfold,
    "loso": lambda rows: complete(LeaveOneSpeakerOut(name="loso", **SPEAKERS).split(rows), rows),
    "published, most of it never tested": published,
    "cross_corpus": lambda rows: across(rows, "speakers"),
    "cross_corpus, one speaker in train and dev": lambda rows: across(rows, "utterances"),
    "given, some clips without a part": given,
    "text_independent": text_independent,
    "steps that learned from training": lambda rows: by_kfold(rows).assign(
        chosen_on="the epoch with the best development UAR is tested", scaler="train", feature_selection="train"
    ),
    "unused clips": lambda rows: sampled(by_kfold(rows)),
    "twins in training": lambda rows: twin_in_train(by_kfold(rows)),
    "copies beside their originals": lambda rows: copies_beside_their_originals(by_kfold(rows)),
    "repeated cross-validation": lambda rows: repeated_three_times(by_kfold(rows)),
    "two corpora that number their speakers alike": lambda rows: twin_corpora(by_kfold(rows)),
    "sessions of single speakers": lambda rows: by_kfold(rows.assign(session=rows["speaker"])),
    "one studio": lambda rows: by_kfold(rows.assign(session="studio")),
}


@pytest.mark.parametrize("name", CLEAN)
def test_clean_splits_raise_no_alarm(name: str, few: pd.DataFrame, tmp_path: Path) -> None:
    alarm = ("sentence",) if name == "text_independent" else ()
    found = audited(CLEAN[name](few), tmp_path, alarm)
    assert found.sound, found.table[found.table["severity"] != "note"].to_string()


def test_random_folds_leak_as_many_speakers_as_a_plain_loop_counts(few: pd.DataFrame, tmp_path: Path) -> None:
    table = complete(RandomKFold(name="random", folds=5, **COMMON).split(few), few)
    found = audited(table, tmp_path).table
    sets = table.groupby(["fold", "part"])["speaker"].agg(set)
    for row in found[found["kind"] == "speaker"].itertuples():
        one, other = str(row.parts).split("/")
        assert row[5] == len(sets[int(str(row.fold)), one] & sets[int(str(row.fold)), other])
    assert (found["kind"] == "speaker").sum() == 15


def test_notes_say_what_is_harmless(few: pd.DataFrame, tmp_path: Path) -> None:
    twins = audited(twin_in_train(by_kfold(few)), tmp_path).table
    assert "duplicates" in set(twins["kind"])
    thrice = audited(repeated_three_times(by_kfold(few)), tmp_path).table
    assert thrice.loc[thrice["kind"] == "repeats", "examples"].tolist() == ["3 times each"]


def test_a_clip_twice_in_one_test_part_counts_twice(split: pd.DataFrame, tmp_path: Path) -> None:
    found = audited(pd.concat([split, split.loc[first(split, "test")]]), tmp_path).table
    assert found.loc[found["kind"] == "repeated", ["severity", "fold", "count"]].to_numpy().tolist() == [
        ["leak", "1", 1]
    ]


def test_what_is_not_known_is_said_and_never_called_clean(split: pd.DataFrame, tmp_path: Path) -> None:
    found = audited(split[["utterance_id", "fold", "part"]], tmp_path)
    assert found.sound
    assert found.unchecked == dict.fromkeys(["speaker", "audio", "session", "sentence", "class"], found.utterances)
    assert (found.folds, found.utterances) == (5, split["utterance_id"].nunique())


def test_one_recording_under_two_speakers_makes_them_one(split: pd.DataFrame, tmp_path: Path) -> None:
    """Speaker 03's clips on both sides under two ids, betrayed by one clip that both have."""
    own = split[(split["speaker"] == "emodb/03") & (split["fold"] == 1)]
    half = own["utterance_id"].iloc[: len(own) // 2]
    table = split[split["fold"] == 1].reset_index(drop=True)
    renamed = table["utterance_id"].isin(half)
    tested = table.loc[table["speaker"] == "emodb/03", "part"].iloc[0] == "test"
    table.loc[renamed, ["speaker", "part"]] = ["emodb/99", "train" if tested else "test"]
    assert "alias" not in set(audited(table, tmp_path).table["kind"])
    twin = table["utterance_id"].isin([own["utterance_id"].iloc[0], own["utterance_id"].iloc[-1]])
    found = audited(table.assign(pcm_sha256=table["pcm_sha256"].mask(twin, "same")), tmp_path).table
    examples = found.loc[found["kind"] == "alias", "examples"].iloc[0]
    assert set(examples.split(" = ")) == {"emodb/03", "emodb/99"}


def test_findings_from_elsewhere_stand_in_order_of_gravity(split: pd.DataFrame, tmp_path: Path) -> None:
    found = audited(split, tmp_path)
    more = found.with_findings([("leak", "scaler", "2", "train/test", 12, "mean.npz is of train+test")])
    assert more.table.iloc[0].tolist() == ["leak", "scaler", "2", "train/test", 12, "mean.npz is of train+test"]
    assert not more.sound
    assert found.with_findings([]).table.equals(found.table)
