"""Everything by which a split can let the answer through: an audit of folds that may be anybody's.

:func:`ser.protocol.audit.audit` judges fold tables that `ser` made, which are partitions of a scanned manifest. Here
nothing is taken for granted: an utterance may stand anywhere, twice, and under other names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pandas as pd

from ser.protocol import aliases
from ser.protocol.audit import PAIRS
from ser.protocol.foreign import FACTS, STEPS
from ser.protocol.rules import PARTS, TEST, TRAIN

LEAK, FAULT, NOTE = "leak", "fault", "note"
LEAKS = {
    "utterance": "the same utterance in two parts of a fold",
    "repeated": "utterances tested more often than others, so that they count more than once",
    "audio": "one recording under two names, on both sides",
    "corpora": "one recording in two corpora, on both sides",
    "file": "files of equal bytes under two names, on both sides",
    "copies": "augmented copies on the other side of their original",
    "speaker": "speakers on both sides",
    "alias": "one speaker under two names, on both sides",
    "session": "dialogues cut in two: both sides share the recording session of several speakers",
    "scaler": "statistics (mean and standard deviation) that are taken of tested clips too",
    "selection": "a model or its settings chosen by the test part",
    "features": "features selected, or projections fitted, with the test part",
}
"""The kinds of leak: what reaches the test part and makes its score too good."""
FAULTS = {
    "empty": "folds without a training or a test part",
    "class": "classes that are tested but never trained",
    "conflict": "one recording under two labels",
}
"""What makes a score meaningless without making it too good."""
NOTES = {
    "sentence": "sentences on both sides: usual where actors read the same lines; not for a text-independent result",
    "duplicates": "one recording twice in one part: it counts twice there",
    "unmatched": "names that the corpora do not know",
    "transductive": "unlabelled clips of the test are used to normalise or to train, as was asked for by name",
    "repeats": "all utterances are tested equally often, more than once: a repeated cross-validation",
}
KINDS = LEAKS | FAULTS | NOTES
COLUMNS = ["severity", "kind", "fold", "parts", "count", "examples"]
ALL_FOLDS = "all"
Row = tuple[str, str, str, str, int, str]
"""A finding, in the order of `COLUMNS`."""

_EXAMPLES = 3
_STEP_KINDS = dict(zip(STEPS, ("selection", "scaler", "features"), strict=True))
_WITH_TEST = frozenset({"test", "testing", "eval", "evaluation", "all", "whole", "everything", "full", "both"})
_FACTS = {"speaker": "speaker", "audio": "audio", "session": "session", "sentence": "text_id", "class": "label"}


@dataclass(frozen=True, kw_only=True)
class Leaks:
    """What an audit found.

    Attributes:
        table: columns `severity kind fold parts count examples`: one row for each finding. `severity` is "leak",
            "fault" or "note", `fold` a name or "all", `parts` such as "train/test".
        unchecked: what is not known, and of how many utterances.
        folds: number of folds.
        utterances: number of different utterances in use.
    """

    table: pd.DataFrame
    unchecked: dict[str, int]
    folds: int
    utterances: int

    @property
    def leaks(self) -> bool:
        """Whether anything reaches the test part that must not."""
        return bool(self.table["severity"].eq(LEAK).any())

    @property
    def sound(self) -> bool:
        """Whether there is neither leak nor fault."""
        return not self.table["severity"].isin([LEAK, FAULT]).any()

    def with_findings(self, rows: Collection[Row]) -> Leaks:
        """Add findings that come from elsewhere, columns as in `table`."""
        table = pd.concat([self.table, pd.DataFrame(rows, columns=COLUMNS)]) if rows else self.table
        return Leaks(table=_ordered(table), unchecked=self.unchecked, folds=self.folds, utterances=self.utterances)


def find(rows: pd.DataFrame, alarm: Collection[str] = ()) -> Leaks:
    """Look for leaks of every kind that the rows allow to see.

    What train and dev share makes the development score too good, not the test score: it is noted. A session is a
    leak where it is a dialogue, that is where several speakers share it and the corpus has several of them.

    Args:
        rows: as :func:`ser.protocol.origins.resolve` gives them: columns `fold part name utterance origin copy matched`
            and the facts.
        alarm: kinds of `NOTES` that are leaks under what the split claims (such as "sentence").

    Returns:
        The findings.
    """
    rows = rows.astype(dict.fromkeys(["fold", "part", "name", "utterance", "origin", *FACTS, *STEPS], "str"))
    rows = rows.assign(speaker=_qualified(rows))
    used = rows[rows["part"] != "unused"]
    found = [
        *_repeated(used),
        *(finding for kind in ("utterance", "copies", "audio", "file") for finding in _same(used, kind)),
        *_people(used),
        *_places(used),
        *_declared(used),
        *_faults(rows, used),
        *_duplicates(used),
    ]
    found = [(LEAK if row[1] in alarm and row[3].endswith("/test") else row[0], *row[1:]) for row in found]
    count = used.drop_duplicates("utterance")
    return Leaks(
        table=_ordered(pd.DataFrame(found, columns=COLUMNS)),
        unchecked={
            kind: int(count[column].isna().sum()) for kind, column in _FACTS.items() if count[column].isna().any()
        },
        folds=int(rows["fold"].nunique()),
        utterances=len(count),
    )


def _qualified(rows: pd.DataFrame) -> pd.Series[str]:
    """Write speakers with their corpus before them, where it is known: numbers repeat from corpus to corpus."""
    pairs = zip(rows["corpus"].fillna(""), rows["speaker"], strict=True)
    written = [
        speaker if not corpus or pd.isna(speaker) or speaker.startswith(f"{corpus}/") else f"{corpus}/{speaker}"
        for corpus, speaker in pairs
    ]
    return pd.Series(written, index=rows.index, dtype="str")


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Put the gravest first."""
    ranks = {name: rank for rank, name in enumerate((LEAK, FAULT, NOTE, *KINDS))}
    return table.sort_values(
        ["severity", "kind"], key=lambda column: column.map(ranks), kind="stable", ignore_index=True
    )


def _crossings(used: pd.DataFrame, key: str, other: str | None) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Give for each fold and pair of parts what they share.

    Args:
        used: rows with the columns `fold part name`, `key` and `other`.
        key: what must not be shared; rows where it is unknown are passed over.
        other: what must differ for it to count; None counts every sharing once a key.

    Yields:
        Fold, parts ("train/test"), and a table with `key` and the names on either side (`name_x`, `name_y`).
    """
    differing = [other] if other else []
    columns = list(dict.fromkeys(["fold", "part", "name", "corpus", key, *differing]))
    known = used.loc[used[key].notna(), columns].drop_duplicates(["fold", "part", key, *differing])
    known = known[known.duplicated(["fold", key], keep=False)]
    if known.empty:
        return
    both = known.merge(known, on=["fold", key])
    if other is not None:
        both = both[both[f"{other}_x"] != both[f"{other}_y"]]
    for one, second in PAIRS:
        paired = both[(both["part_x"] == PARTS[one]) & (both["part_y"] == PARTS[second])]
        for fold, shared in paired.groupby("fold", sort=False):
            yield str(fold), f"{PARTS[one]}/{PARTS[second]}", shared


def _severity(parts: str) -> str:
    return LEAK if parts.endswith("/test") else NOTE


def _same(used: pd.DataFrame, kind: str) -> Iterator[Row]:
    """Find utterances, copies, recordings and files on both sides."""
    key, other = {"utterance": ("utterance", None), "copies": ("origin", "utterance")}.get(kind, (kind, "utterance"))
    if kind == "copies":
        of_copies = used.loc[used["copy"], "origin"]
        rows = used[used["origin"].isin(of_copies)]
    elif kind == "file":
        # Where the sound itself is known it says more than the bytes.
        rows = used[used["audio"].isna()]
    else:
        rows = used
    for fold, parts, shared in _crossings(rows, key, other):
        across = (shared["corpus_x"] != shared["corpus_y"]) & shared["corpus_x"].notna() & shared["corpus_y"].notna()
        across &= kind in ("audio", "file")
        for name, pairs in (("corpora", shared[across]), (kind, shared[~across])):
            if len(pairs):
                shown = pairs["name_x"] if kind == "utterance" else pairs["name_x"] + " = " + pairs["name_y"]
                yield _severity(parts), name, fold, parts, int(pairs[key].nunique()), _some(shown)


def _people(used: pd.DataFrame) -> Iterator[Row]:
    for fold, parts, shared in _crossings(used, "speaker", None):
        yield _severity(parts), "speaker", fold, parts, len(shared), _some(shared["speaker"])
    persons = aliases.persons(used)
    of = used.assign(person=used["speaker"].map(persons))
    for fold, parts, shared in _crossings(of, "person", "speaker"):
        shown = shared["speaker_x"] + " = " + shared["speaker_y"]
        yield _severity(parts), "alias", fold, parts, int(shared["person"].nunique()), _some(shown)


def _places(used: pd.DataFrame) -> Iterator[Row]:
    """Find sessions and sentences, which belong to their corpus, on both sides."""
    corpus = used["corpus"].fillna("")
    rows = used.assign(
        session=(corpus + "/" + used["session"]).str.removeprefix("/"),
        text_id=(corpus + "/" + used["text_id"]).str.removeprefix("/"),
    )
    several = rows.groupby(corpus)["session"].transform("nunique") > 1
    dialogues = set(rows.loc[several & (rows.groupby("session")["speaker"].transform("nunique") > 1), "session"])
    for fold, parts, shared in _crossings(rows, "session", None):
        is_dialogue = shared["session"].isin(dialogues)
        for severity, sessions in (
            (_severity(parts), shared.loc[is_dialogue, "session"]),
            (NOTE, shared.loc[~is_dialogue, "session"]),
        ):
            if len(sessions):
                yield severity, "session", fold, parts, len(sessions), _some(sessions)
    for fold, parts, shared in _crossings(rows, "text_id", None):
        yield NOTE, "sentence", fold, parts, len(shared), _some(shared["text_id"])


def _repeated(used: pd.DataFrame) -> Iterator[Row]:
    tested = used[used["part"] == PARTS[TEST]]
    within = tested[tested.duplicated(["fold", "utterance"])]
    for fold, twice in within.groupby("fold", sort=False):
        yield LEAK, "repeated", str(fold), PARTS[TEST], int(twice["utterance"].nunique()), _some(twice["name"])
    times = tested.drop_duplicates(["fold", "utterance"])["utterance"].value_counts()
    more = times[times > times.min()]
    if len(more):
        names = tested.loc[tested["utterance"].isin(more.index), "name"]
        yield LEAK, "repeated", ALL_FOLDS, PARTS[TEST], len(more), _some(names)
    elif len(times) and times.min() > 1:
        yield NOTE, "repeats", ALL_FOLDS, PARTS[TEST], int(times.min()), f"{times.min()} times each"


def _declared(used: pd.DataFrame) -> Iterator[Row]:
    """Read what the split itself says that something learned from."""
    for step, kind in _STEP_KINDS.items():
        for fold, said in used[used[step].notna()].groupby("fold", sort=False)[step]:
            wrong = [words for words in said.unique() if learned_from_test(words)]
            if wrong:
                yield LEAK, kind, str(fold), "train/test", len(wrong), _some(f"{step}: {words}" for words in wrong)


def learned_from_test(words: str) -> bool:
    """Say whether words name the test part, or all rows, as what something was learned from.

    Example:
        >>> [learned_from_test(words) for words in ("train+test", "all", "the best dev UAR is tested", "dev, not test")]
        [True, True, False, False]
    """
    affirmed = re.sub(r"\b(?:not|never|no|without|except)\b[^,;.]*", " ", words.lower())
    return not _WITH_TEST.isdisjoint(re.findall(r"[a-z]+", affirmed))


def _faults(rows: pd.DataFrame, used: pd.DataFrame) -> Iterator[Row]:
    for fold, inside in rows.groupby("fold", sort=False):
        for part in (PARTS[TRAIN], PARTS[TEST]):
            if not (inside["part"] == part).any():
                yield FAULT, "empty", str(fold), part, 1, "no utterances"
    for fold, inside in used[used["label"].notna()].groupby("fold", sort=False):
        classes = {part: set(inside.loc[inside["part"] == part, "label"]) for part in PARTS}
        never = sorted(classes[PARTS[TEST]] - classes[PARTS[TRAIN]]) if classes[PARTS[TRAIN]] else []
        if never:
            yield FAULT, "class", str(fold), "train/test", len(never), _some(never)
    for key in ("audio", "utterance"):
        known = used[used[key].notna() & used["label"].notna()].drop_duplicates([key, "label", "utterance"])
        torn = known[known.groupby(key)["label"].transform("nunique") > 1]
        # One name under two labels is counted as an utterance, whether or not its sound is known.
        torn = torn[torn.groupby(key)["utterance"].transform("nunique") > 1] if key == "audio" else torn
        if len(torn):
            shown = torn.sort_values([key, "label"])
            examples = _some(shown["name"] + " (" + shown["label"] + ")")
            yield FAULT, "conflict", ALL_FOLDS, "any", int(torn[key].nunique()), examples


def _duplicates(used: pd.DataFrame) -> Iterator[Row]:
    rows = used.assign(sound=used["audio"].fillna(used["file"]).fillna(used["utterance"]))
    rows = rows[rows["part"].ne(PARTS[TEST]) | ~rows.duplicated(["fold", "part", "utterance"])]
    again = rows[rows.duplicated(["fold", "part", "sound"])]
    for (fold, part), twice in again.groupby(["fold", "part"], sort=False):
        yield NOTE, "duplicates", str(fold), str(part), int(twice["sound"].nunique()), _some(twice["name"])


def _some(shown: Collection[str] | Iterator[str]) -> str:
    return ", ".join(sorted({str(name) for name in shown})[:_EXAMPLES])
