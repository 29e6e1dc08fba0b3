"""The split rules of one pool of speech: by speaker in balanced folds, one speaker at a time, or at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ser.errors import ProtocolError
from ser.protocol.balance import seeded_order
from ser.protocol.rules import (
    KINDS,
    PartCodes,
    SplitRule,
    check_folds,
    compose,
    fewest,
    recordings,
    stratified_dev,
)
from ser.protocol.speakers import SpeakerRule, Speakers, refuse_rare, refuse_unknown


@dataclass(frozen=True, kw_only=True)
class SpeakerKFold(SpeakerRule):
    """Cross-validation over groups of speakers, balanced over class, gender and corpus as far as speakers allow.

    Attributes:
        folds: number of folds, 2 or more. Every speaker is tested in exactly one.
    """

    folds: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_folds(self.folds)

    def describe(self) -> str:
        """Say the whole protocol in words."""
        return (
            f"speaker-independent {self.folds}-fold cross-validation; folds balanced over class, gender and corpus; "
            f"{self._dev_words()}; {self._choice()}"
        )

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        refuse_unknown(rows, self.name)
        speakers = Speakers(rows)
        speakers.refuse_fewer_than(self._fewest_speakers(self.folds), f"{self.folds} folds")
        refuse_rare(rows, self.folds)
        tested_in = speakers.dealt(self.folds, self.seed)[speakers.codes]
        tested = tested_in == np.arange(self.folds)[:, None]
        return self._with_dev(rows, tested, ~tested)


@dataclass(frozen=True, kw_only=True)
class LeaveOneSpeakerOut(SpeakerRule):
    """Leave-one-speaker-out (LOSO): one fold per speaker, in the order of their ids."""

    def describe(self) -> str:
        """Say the whole protocol in words."""
        return f"leave-one-speaker-out cross-validation (LOSO); {self._dev_words()}; {self._choice()}"

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        refuse_unknown(rows, self.name)
        speakers = Speakers(rows)
        speakers.refuse_fewer_than(2, "a test and a training side")
        refuse_rare(rows, 2)
        tested = speakers.codes == np.arange(len(speakers.names))[:, None]
        return self._with_dev(rows, tested, ~tested)


@dataclass(frozen=True, kw_only=True)
class RandomKFold(SplitRule):
    """Stratified cross-validation over shuffled utterances. NOT speaker-independent.

    Attributes:
        folds: number of folds, 2 or more. Every utterance is tested in exactly one.
    """

    folds: int

    # A test clip in training, or a copy of one, would be a fault of ours even here.
    permits: ClassVar[frozenset[str]] = frozenset(KINDS) - {"audio", "copies"}

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
        first, recording = recordings(rows)
        order = first[seeded_order(rows["utterance_id"].iloc[first].tolist(), "random", self.seed)]
        labels, classes = pd.factorize(rows["label"], sort=True)
        tested = np.zeros((self.folds, len(rows)), dtype=np.bool_)
        dealt = 0
        for code, label in enumerate(classes):
            members = order[labels[order] == code]
            if len(members) < fewest(self.folds):
                raise ProtocolError(
                    expected=f"{fewest(self.folds)} or more utterances of every class for {self.folds} folds",
                    received=f"{len(members)} of {label}",
                    where="protocol.folds",
                    fix="Use fewer folds, more corpora, or a label set that drops or merges the class.",
                )
            # Going on where the last class stopped keeps the folds of equal size over all classes.
            tested[(np.arange(len(members)) + dealt) % self.folds, members] = True
            dealt += len(members)
        tested = tested[:, first[recording]]
        return compose(tested, ~tested, stratified_dev(rows, ~tested, self.dev_share, self.seed))
