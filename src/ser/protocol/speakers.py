"""What the rules share that keep every speaker on one side of the test: who speaks, and who becomes the dev part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ser.arrays import Int64
from ser.errors import ProtocolError, one_of
from ser.protocol.balance import balanced_groups
from ser.protocol.rules import Mask, PartCodes, SplitRule, compose, dev_count, fewest, stratified_dev

DEVS = ("speakers", "utterances")
"""What a development part can be made of."""


@dataclass(frozen=True, kw_only=True)
class SpeakerRule(SplitRule):
    """A rule under which no speaker is both tested and trained.

    Attributes:
        dev: "speakers" sets whole training speakers aside for development. "utterances" draws a share of every class
            from the training utterances: for corpora with too few speakers (TESS has two). The model is then chosen
            on speakers it knows; the test is as speaker-independent as before.
    """

    dev: str

    permits: ClassVar[frozenset[str]] = frozenset({"session", "sentence"})
    devs: ClassVar[tuple[str, ...]] = DEVS

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.dev, self.devs, what="what the development part is made of", where="protocol.dev")

    @property
    def dev_permits(self) -> frozenset[str]:
        """Speakers may be on both sides when utterances are drawn."""
        return self.permits | (frozenset({"speaker"}) if self.dev == "utterances" else frozenset())

    def _dev_words(self) -> str:
        if self.dev == "speakers":
            return f"{self.dev_share:.0%} of each fold's training speakers form its development part"
        return (
            f"{self.dev_share:.0%} of each fold's training utterances form its development part, which is NOT "
            "speaker-independent of training (the test part is)"
        )

    def _fewest_speakers(self, folds: int) -> int:
        return fewest(folds) if self.dev == "speakers" else folds

    def _with_dev(self, rows: pd.DataFrame, tested: Mask, pool: Mask) -> PartCodes:
        """Choose the development part of every fold.

        Args:
            rows: sorted by utterance_id, n of them.
            tested: bool, shape [folds, n].
            pool: what may be trained on, bool, shape [folds, n].

        Returns:
            int8 codes into `PARTS`, shape [folds, n].

        Raises:
            ProtocolError: when the dev part is to be made of speakers and some are unknown, or there is only one.
        """
        if self.dev == "utterances":
            return compose(tested, pool, stratified_dev(rows, pool, self.dev_share, self.seed))
        refuse_unknown(rows[np.asarray(pool.any(axis=0))], self.name)
        speakers = Speakers(rows)
        dev = np.zeros_like(pool)
        for fold in np.flatnonzero(pool.any(axis=1)).tolist():
            members = np.flatnonzero(pool[fold])
            dev[fold, members] = np.isin(speakers.codes[members], self._dev_speakers(speakers, members, fold))
        return compose(tested, pool, dev)

    def _dev_speakers(self, speakers: Speakers, members: Int64, fold: int) -> Int64:
        """Choose some of the speakers of `members`, alike in class, gender and corpus to the others."""
        codes = np.unique(speakers.codes[members])
        names = [speakers.names[code] for code in codes]
        if len(names) < 2:
            raise ProtocolError(
                expected="2 or more training speakers in every fold, one of them for the development part",
                received=f"{len(names)} ({', '.join(names)}) in fold {fold + 1}",
                where=f"protocol={self.name}",
                fix="Use more corpora (corpus=[a,b]), or protocol.dev=utterances: the development part then shares the "
                "training speakers, and every description of the run says so.",
            )
        dev = dev_count(self.dev_share, len(names))
        group = balanced_groups(
            names,
            [block[codes] for block in speakers.blocks(members)],
            [dev, len(names) - dev],
            guarded=1,
            key=["dev", self.seed, fold],
        )
        chosen: Int64 = codes[group == 0]
        return chosen


class Speakers:
    """The speakers of some utterances, sorted by id.

    Args:
        rows: columns `speaker gender corpus label`, n rows.

    Attributes:
        names: their ids.
        codes: int64, shape [n], into `names`; -1 is unknown.
    """

    def __init__(self, rows: pd.DataFrame) -> None:
        codes, names = pd.factorize(rows["speaker"], sort=True)
        self.names: list[str] = list(names)
        self.codes: Int64 = codes.astype(np.int64)
        labels, classes = pd.factorize(rows["label"], sort=True)
        self._labels, self._classes = labels.astype(np.int64), len(classes)
        first = rows.groupby("speaker", sort=True).first().reset_index()
        self._facts = [membership(first[column]) for column in ("gender", "corpus")]

    def blocks(self, members: Int64) -> list[Int64]:
        """Count what groups of speakers are balanced over: class, gender and corpus.

        Args:
            members: int64, positions of the rows whose classes count.

        Returns:
            int64 tables of shape [speakers, any], the first by class.
        """
        cells = self.codes[members] * self._classes + self._labels[members]
        counts = np.bincount(cells, minlength=len(self.names) * self._classes)
        return [counts.reshape(len(self.names), self._classes).astype(np.int64), *self._facts]

    def dealt(self, folds: int, seed: int) -> Int64:
        """Deal all speakers into balanced groups: int64, shape [speakers], groups from 0."""
        return balanced_groups(
            self.names,
            self.blocks(np.flatnonzero(self.codes >= 0)),
            group_sizes(len(self.names), folds),
            guarded=folds,
            key=["test", seed],
        )

    def refuse_fewer_than(self, count: int, purpose: str) -> None:
        """Raise ProtocolError when there are too few speakers for the purpose."""
        if len(self.names) < count:
            fewer = "Use fewer folds or protocol=loso (two speakers also need protocol.dev=utterances), "
            raise ProtocolError(
                expected=f"{count} or more speakers for {purpose}",
                received=f"{len(self.names)} ({', '.join(self.names[:5])})",
                where="protocol.folds" if len(self.names) > 1 else "corpus",
                fix=f"{fewer if len(self.names) > 1 else 'Use '}more corpora (corpus=[a,b]), or protocol=random and "
                "read its numbers as not speaker-independent.",
            )


def group_sizes(count: int, groups: int) -> list[int]:
    """Share out units over groups as evenly as can be.

    Example:
        >>> group_sizes(10, 4)
        [3, 3, 2, 2]
    """
    return [count // groups + (group < count % groups) for group in range(groups)]


def membership(values: pd.Series[str]) -> Int64:
    """Mark each unit's value: int64, shape [units, different values]; null has no column."""
    return pd.get_dummies(values).to_numpy(dtype=np.int64)


def refuse_unknown(rows: pd.DataFrame, rule: str) -> None:
    """Refuse utterances whose speaker is not known.

    Raises:
        ProtocolError: with the number and the corpora of such utterances.
    """
    missing = rows["speaker"].isna()
    if missing.any():
        corpora = ", ".join(sorted(rows.loc[missing, "corpus"].unique()))
        raise ProtocolError(
            expected="a known speaker for every utterance",
            received=f"{int(missing.sum())} of {len(rows)} without one ({corpora})",
            where=f"protocol={rule}",
            fix="Leave those corpora out, or use protocol=random and read its numbers as not speaker-independent.",
        )


def refuse_rare(rows: pd.DataFrame, needed: int) -> None:
    """Refuse a class that too few speakers say for each fold to train it.

    Raises:
        ProtocolError: naming the class and its speakers.
    """
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
