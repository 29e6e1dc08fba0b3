"""The leakage audit: what the train, dev and test parts of each fold have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ser.arrays import Int64
from ser.errors import ProtocolError
from ser.protocol.rules import AUDIO, DEV, KINDS, PARTS, TEST, TRAIN, SplitRule

PAIRS = ((TRAIN, TEST), (DEV, TEST), (TRAIN, DEV))
_CHOOSING = f"{PARTS[TRAIN]}/{PARTS[DEV]}"
LEAKS = ("speaker", "audio", "copies")
"""The kinds of overlap that make a result untrustworthy; sessions and sentences are reported only."""

_PLURAL = {
    "speaker": "speakers",
    "audio": "identical audio",
    "copies": "augmented copies",
    "session": "recording sessions",
    "sentence": "sentences",
}
_EXAMPLES = 3
_COLUMNS = ["fold", "kind", "parts", "count", "examples"]


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What the parts of the folds share.

    Attributes:
        table: columns `fold kind parts count examples`: one row for every fold, kind of overlap that could be checked
            and pair of parts ("train/test"), with the number of different speakers (recordings, parents, ...) on both
            sides and up to three of them; for audio the examples are utterance ids.
        verdict: a short tag, such as "speaker-independent".
        note: what else a reader should know: sentences or sessions on both sides, utterances that are never tested, and
            what could not be checked.
        clean: whether every speaker is known and no speaker, audio or augmented copy lies on two sides.
        speaker_independent: whether every speaker is known and none of those tested is in training or development.
    """

    table: pd.DataFrame
    verdict: str
    note: str
    clean: bool
    speaker_independent: bool


@dataclass(frozen=True, kw_only=True)
class _Placed:
    """A fold table as codes.

    Attributes:
        fold: int64, shape [rows], from 0.
        part: int64, shape [rows], into `PARTS`.
        utterance: int64, shape [rows], into the utterances of `facts`.
        facts: the manifest rows of these utterances.
        folds: number of folds.
        names: the fold numbers, as the table writes them.
    """

    fold: Int64
    part: Int64
    utterance: Int64
    facts: pd.DataFrame
    names: list[int]

    def part_of(self) -> npt.NDArray[np.int8]:
        """Look up the part of each utterance: int8, shape [folds, utterances]."""
        table = np.empty((len(self.names), len(self.facts)), dtype=np.int8)
        table[self.fold, self.utterance] = self.part
        return table


def audit(folds: pd.DataFrame, manifest: pd.DataFrame, copies: pd.DataFrame | None = None) -> Audit:
    """Look for everything that two parts of a fold have in common.

    Args:
        folds: the fold table, columns `utterance_id fold part`.
        manifest: columns `utterance_id corpus speaker pcm_sha256 session text_id`; it may hold more utterances.
        copies: augmented copies that some part uses: columns `utterance_id` (of the parent), `fold`, `part` (where the
            copy is used). A copy leaks when its parent lies in another part. None when nothing is augmented.

    Returns:
        The table of overlaps with its verdict.

    Raises:
        ProtocolError: when the fold table is no partition (an utterance in two parts of a fold, missing from a fold,
            or tested twice), or names unknown utterances or parts.
    """
    placed = _place(folds, manifest)
    _check_partition(placed)
    rows: list[tuple[int, str, str, int, str]] = []
    for kind, keys, shown in _keys(placed.facts):
        rows += _overlaps(placed, kind, keys, shown)
    if copies is not None:
        rows += _copy_overlaps(placed, copies)
    order = {kind: place for place, kind in enumerate(KINDS)}
    table = pd.DataFrame(rows, columns=_COLUMNS).sort_values(
        ["fold", "kind"], key=lambda column: column.map(order) if column.name == "kind" else column, kind="stable"
    )
    table = table.reset_index(drop=True)
    unknown = int(placed.facts["speaker"].isna().sum())
    independent = unknown == 0 and not _folds_with(table, "speaker", tested=True)
    return Audit(
        table=table,
        verdict=_verdict(table, unknown, independent, len(placed.names)),
        note=_note(table, placed),
        clean=unknown == 0 and not bool((table["kind"].isin(LEAKS) & (table["count"] > 0)).any()),
        speaker_independent=independent,
    )


def check(audit: Audit, rule: SplitRule) -> None:
    """Refuse folds whose parts share what the split rule does not permit.

    Raises:
        ProtocolError: naming the first overlap, with examples.
    """
    table = audit.table
    permitted = table["kind"].isin(rule.permits) | (table["parts"].eq(_CHOOSING) & table["kind"].isin(rule.dev_permits))
    found = table[(table["count"] > 0) & ~permitted]
    if len(found):
        first = found.iloc[0]
        raise ProtocolError(
            expected=f"no {_PLURAL[first['kind']]} on two sides of a fold",
            received=f"{first['count']} in {first['parts']} of fold {first['fold']} ({first['examples']}), "
            f"and {len(found) - 1} more such overlaps",
            where=f"protocol={rule.name}",
            fix="Split again; to see what a leak is worth use protocol=random, which says so wherever it appears.",
        )


def _place(folds: pd.DataFrame, manifest: pd.DataFrame) -> _Placed:
    utterance = pd.Index(manifest["utterance_id"]).get_indexer(pd.Index(folds["utterance_id"]))
    part = pd.Index(PARTS).get_indexer(pd.Index(folds["part"]))
    for codes, column, known in ((utterance, "utterance_id", "the manifest"), (part, "part", ", ".join(PARTS))):
        strange = folds[column][codes < 0].unique()
        if len(folds) == 0 or len(strange):
            raise ProtocolError(
                expected=f"a fold table whose every {column} is in {known}",
                received=", ".join(map(str, strange[:_EXAMPLES])) or "an empty table",
                where="fold table",
                fix="Split again from this manifest.",
            )
    fold, names = pd.factorize(folds["fold"], sort=True)
    used, utterance = np.unique(utterance, return_inverse=True)
    return _Placed(
        fold=fold.astype(np.int64),
        part=part.astype(np.int64),
        utterance=utterance.astype(np.int64),
        facts=manifest.iloc[used].reset_index(drop=True),
        names=[int(name) for name in names],
    )


def _check_partition(placed: _Placed) -> None:
    count = len(placed.facts)
    seen = np.bincount(placed.fold * count + placed.utterance, minlength=len(placed.names) * count)
    tested = np.bincount(placed.utterance[placed.part == TEST], minlength=count)
    for wrong, expected in (
        (np.flatnonzero(seen != 1) % count, "each utterance exactly once in every fold"),
        (np.flatnonzero(tested > 1), "each utterance tested at most once"),
    ):
        if len(wrong):
            examples = placed.facts["utterance_id"].iloc[np.unique(wrong)[:_EXAMPLES]]
            raise ProtocolError(
                expected=expected,
                received=f"otherwise for {len(np.unique(wrong))} ({', '.join(examples)})",
                where="fold table",
                fix="Split again: this table is no cross-validation.",
            )


def _keys(facts: pd.DataFrame) -> Iterator[tuple[str, pd.Series[str], pd.Series[str]]]:
    """Give, for each kind that is known of any utterance, what must not be shared and how to show it."""
    qualified = {column: facts["corpus"] + "/" + facts[column].astype("str") for column in ("session", "text_id")}
    for kind, keys, shown in (
        ("speaker", facts["speaker"], facts["speaker"]),
        ("audio", facts[AUDIO], facts["utterance_id"]),
        ("session", qualified["session"], qualified["session"]),
        ("sentence", qualified["text_id"], qualified["text_id"]),
    ):
        if keys.notna().any():
            yield kind, keys, shown


def _overlaps(
    placed: _Placed, kind: str, keys: pd.Series[str], shown: pd.Series[str]
) -> list[tuple[int, str, str, int, str]]:
    codes, names = pd.factorize(keys, sort=True)
    known = codes[placed.utterance] >= 0
    present = np.zeros((len(placed.names), len(PARTS), len(names)), dtype=np.bool_)
    present[placed.fold[known], placed.part[known], codes[placed.utterance[known]]] = True
    # Written backwards, so that of several utterances with one key the first in order is shown.
    examples = np.empty(len(names), dtype=object)
    examples[codes[codes >= 0][::-1]] = shown.to_numpy(dtype=object)[codes >= 0][::-1]
    return [
        _row(placed.names[fold], kind, (one, other), examples[present[fold, one] & present[fold, other]].tolist())
        for fold in range(len(placed.names))
        for one, other in PAIRS
    ]


def _copy_overlaps(placed: _Placed, copies: pd.DataFrame) -> list[tuple[int, str, str, int, str]]:
    parent = pd.Index(placed.facts["utterance_id"]).get_indexer(pd.Index(copies["utterance_id"]))
    fold = pd.Index(placed.names).get_indexer(pd.Index(copies["fold"]))
    used = pd.Index(PARTS).get_indexer(pd.Index(copies["part"]))
    if (parent < 0).any() or (fold < 0).any() or (used < 0).any():
        raise ProtocolError(
            expected="copies whose parents, folds and parts are those of the fold table",
            received=f"{int(((parent < 0) | (fold < 0) | (used < 0)).sum())} others",
            where="augmented copies",
            fix="Split again, then augment from the new fold table.",
        )
    born = placed.part_of()[fold, parent]
    ids = placed.facts["utterance_id"].to_numpy(dtype=object)
    rows = []
    for index, name in enumerate(placed.names):
        for one, other in PAIRS:
            crossed = ((used == one) & (born == other)) | ((used == other) & (born == one))
            rows.append(_row(name, "copies", (one, other), ids[np.unique(parent[crossed & (fold == index)])].tolist()))
    return rows


def _row(fold: int, kind: str, pair: tuple[int, int], shared: list[str]) -> tuple[int, str, str, int, str]:
    one, other = pair
    return fold, kind, f"{PARTS[one]}/{PARTS[other]}", len(shared), ", ".join(sorted(shared)[:_EXAMPLES])


def _folds_with(table: pd.DataFrame, kind: str, *, tested: bool) -> int:
    of_kind = (table["kind"] == kind) & (table["parts"].str.endswith("/test") == tested)
    return int(table.loc[of_kind & (table["count"] > 0), "fold"].nunique())


def _verdict(table: pd.DataFrame, unknown_speakers: int, independent: bool, folds: int) -> str:
    """Judge by what reaches the test part first: only that makes a reported number too good."""
    clauses = []
    for kind in LEAKS:
        tested, chosen = (_folds_with(table, kind, tested=side) for side in (True, False))
        if tested:
            verb = "overlap" if kind == "speaker" else "on both sides"
            clauses.append(f"{_PLURAL[kind]} {verb} in {tested} of {folds} folds")
        elif chosen:
            clauses.append(f"{_PLURAL[kind]} shared by train and dev in {chosen} of {folds} folds")
    if unknown_speakers:
        clauses.insert(0, f"{unknown_speakers} utterances of unknown speakers")
    return ("" if independent else "not ") + ": ".join(
        ["speaker-independent", *([", ".join(clauses)] if clauses else [])]
    )


def _note(table: pd.DataFrame, placed: _Placed) -> str:
    folds, count = len(placed.names), len(placed.facts)
    notes = [
        f"{_PLURAL[kind]} shared with the test part in {shared} of {folds} folds"
        for kind in ("session", "sentence")
        if (shared := _folds_with(table, kind, tested=True))
    ]
    untested = count - len(np.unique(placed.utterance[placed.part == TEST]))
    if untested:
        notes.append(f"{untested} of {count} utterances are never tested")
    unchecked = [_PLURAL[kind] for kind in KINDS if kind not in set(table["kind"])]
    return "; ".join(notes + ([f"not known or not used: {', '.join(unchecked)}"] if unchecked else []))
