"""The split rules: by speaker in balanced folds, one speaker at a time, or at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ser.arrays import Int64
from ser.errors import ProtocolError
from ser.protocol.balance import balanced_groups, seeded_order
from ser.protocol.rules import DEV, KINDS, TEST, TRAIN, PartCodes, SplitRule, check_folds, dev_count, fewest, table_of

_ONE_SIDE = frozenset({"session", "sentence"})


@dataclass(frozen=True, kw_only=True)
class SpeakerKFold(SplitRule):
    """Cross-validation over groups of speakers, balanced over class, gender and corpus as far as speakers allow.

    Attributes:
        folds: number of folds, 2 or more. Every speaker is tested in exactly one.
    """

    folds: int

    speaker_independent: ClassVar[bool] = True
    permits: ClassVar[frozenset[str]] = _ONE_SIDE

    def __post_init__(self) -> None:
        super().__post_init__()
        check_folds(self.folds)

    def describe(self) -> str:
        """Say the whole protocol in words."""
        return (
            f"speaker-independent {self.folds}-fold cross-validation; folds balanced over class, gender and corpus; "
            f"{self.dev_share:.0%} of each fold's training speakers form its development part; {self._choice()}"
        )

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        speakers = _Speakers(rows, self.name)
        speakers.refuse_fewer_than(fewest(self.folds), f"{self.folds} folds", "protocol.folds")
        _refuse_rare(rows, self.folds)
        count = len(speakers.names)
        sizes = [count // self.folds + (fold < count % self.folds) for fold in range(self.folds)]
        tested = balanced_groups(speakers.names, speakers.blocks, sizes, guarded=self.folds, key=["test", self.seed])
        return speakers.parts(tested, self.dev_share, self.seed)


@dataclass(frozen=True, kw_only=True)
class LeaveOneSpeakerOut(SplitRule):
    """Leave-one-speaker-out (LOSO): one fold per speaker, in the order of their ids."""

    speaker_independent: ClassVar[bool] = True
    permits: ClassVar[frozenset[str]] = _ONE_SIDE

    def describe(self) -> str:
        """Say the whole protocol in words."""
        return (
            f"leave-one-speaker-out cross-validation (LOSO); {self.dev_share:.0%} of each fold's training speakers "
            f"form its development part; {self._choice()}"
        )

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        speakers = _Speakers(rows, self.name)
        speakers.refuse_fewer_than(3, "a test, a development and a training side", "corpus")
        _refuse_rare(rows, 2)
        return speakers.parts(np.arange(len(speakers.names)), self.dev_share, self.seed)


@dataclass(frozen=True, kw_only=True)
class RandomKFold(SplitRule):
    """Stratified cross-validation over shuffled utterances. NOT speaker-independent.

    Attributes:
        folds: number of folds, 2 or more. Every utterance is tested in exactly one.
    """

    folds: int

    speaker_independent: ClassVar[bool] = False
    # Copies of a test clip in training would be a fault of ours even here.
    permits: ClassVar[frozenset[str]] = frozenset(KINDS) - {"copies"}

    def __post_init__(self) -> None:
        super().__post_init__()
        check_folds(self.folds)

    def describe(self) -> str:
        """Say the whole protocol in words."""
        return (
            f"NOT speaker-independent: random {self.folds}-fold cross-validation stratified by class, speakers on both "
            f"sides; {self.dev_share:.0%} of each fold's training utterances form its development part; "
            f"{self._choice()}"
        )

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        parts = np.full((self.folds, len(rows)), TRAIN, dtype=np.int8)
        shuffled = seeded_order(rows["utterance_id"].tolist(), "random", self.seed)
        labels = rows["label"].to_numpy()
        dealt = 0
        for label in sorted(set(labels)):
            members = shuffled[labels[shuffled] == label]
            if len(members) < fewest(self.folds):
                raise ProtocolError(
                    expected=f"{fewest(self.folds)} or more utterances of every class for {self.folds} folds",
                    received=f"{len(members)} of {label}",
                    where="protocol.folds",
                    fix="Use fewer folds, more corpora, or a label set that drops or merges the class.",
                )
            # Going on where the last class stopped keeps the folds of equal size over all classes.
            fold_of = (np.arange(len(members)) + dealt) % self.folds
            dealt += len(members)
            for fold in range(self.folds):
                rest = members[fold_of != fold]
                start = fold * len(rest) // self.folds
                parts[fold, members[fold_of == fold]] = TEST
                parts[fold, np.roll(rest, -start)[: dev_count(self.dev_share, len(rest))]] = DEV
        return parts


class _Speakers:
    """The speakers of some utterances, sorted by id, with what is counted of each."""

    def __init__(self, rows: pd.DataFrame, rule: str) -> None:
        missing = rows["speaker"].isna()
        if missing.any():
            corpora = ", ".join(sorted(rows.loc[missing, "corpus"].unique()))
            raise ProtocolError(
                expected="a known speaker for every utterance",
                received=f"{int(missing.sum())} of {len(rows)} without one ({corpora})",
                where=f"protocol={rule}",
                fix="Leave those corpora out, or use protocol=random and read its numbers as not speaker-independent.",
            )
        codes, names = pd.factorize(rows["speaker"], sort=True)
        self.names: list[str] = list(names)
        self.codes: Int64 = codes.astype(np.int64)
        first = rows.groupby("speaker", sort=True).first().reset_index()
        self.blocks = [
            table_of(rows["speaker"], rows["label"]),
            _membership(first["gender"]),
            _membership(first["corpus"]),
        ]

    def refuse_fewer_than(self, count: int, purpose: str, where: str) -> None:
        """Raise ProtocolError when there are too few speakers for the purpose."""
        if len(self.names) < count:
            fewer = "Use fewer folds, " if where == "protocol.folds" and len(self.names) > 2 else "Use "
            raise ProtocolError(
                expected=f"{count} or more speakers for {purpose}",
                received=f"{len(self.names)} ({', '.join(self.names[:5])})",
                where=where,
                fix=f"{fewer}more corpora (corpus=a,b), or protocol=random and read its numbers as not "
                "speaker-independent.",
            )

    def parts(self, tested: Int64, dev_share: float, seed: int) -> PartCodes:
        """Turn the fold in which each speaker is tested into parts, with a balanced speaker-disjoint dev part.

        Args:
            tested: int64, shape [speakers], folds from 0.
            dev_share: share of the training speakers.
            seed: chooses among equally good development parts.

        Returns:
            int8, shape [folds, n].
        """
        folds = int(tested.max()) + 1
        of_speaker = np.full((folds, len(self.names)), TRAIN, dtype=np.int8)
        for fold in range(folds):
            pool = np.flatnonzero(tested != fold)
            dev = dev_count(dev_share, len(pool))
            group = balanced_groups(
                [self.names[index] for index in pool],
                [block[pool] for block in self.blocks],
                [dev, len(pool) - dev],
                guarded=1,
                key=["dev", seed, fold],
            )
            of_speaker[fold, pool[group == 0]] = DEV
            of_speaker[fold, tested == fold] = TEST
        return of_speaker[:, self.codes]


def _membership(values: pd.Series[str]) -> Int64:
    """Mark each speaker's value: int64, shape [speakers, different values]; null has no column."""
    return pd.get_dummies(values).to_numpy(dtype=np.int64)


def _refuse_rare(rows: pd.DataFrame, needed: int) -> None:
    speakers_of = rows.groupby("label")["speaker"].unique()
    for label, speakers in speakers_of.items():
        if len(speakers) < needed:
            raise ProtocolError(
                expected=f"{needed} or more speakers of every class, so that each is both trained and tested",
                received=f"the class {label} from {len(speakers)} ({', '.join(sorted(speakers))})",
                where="protocol.folds" if needed > 2 else "labels",
                fix="Use fewer folds or protocol=loso, a label set that drops or merges the class, or more corpora."
                if needed > 2
                else "Use a label set that drops or merges the class, or more corpora.",
            )
