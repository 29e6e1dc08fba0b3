"""The split rule under which neither the speaker nor the sentence of a test utterance was heard in training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ser.arrays import Int64
from ser.errors import ConfigError, ProtocolError
from ser.protocol.balance import balanced_groups
from ser.protocol.rules import PartCodes, check_folds, table_of
from ser.protocol.speakers import SpeakerRule, Speakers, group_sizes, membership, refuse_rare, refuse_unknown


@dataclass(frozen=True, kw_only=True)
class TextIndependent(SpeakerRule):
    """Cross-validation over groups of speakers crossed with groups of sentences.

    A fold tests one group of speakers in one group of sentences, and trains on the other speakers in the other
    sentences; what has only one of the two in common with the test is unused in that fold. Every utterance is tested
    exactly once, except those whose sentence is not known (AESDD's improvised ones), which are in no fold. Atmaja and
    Sasou (arXiv 2210.14501, 2022) find unseen sentences harder than unseen speakers.

    Attributes:
        folds: number of groups of speakers, 2 or more.
        texts: number of groups of sentences, 2 or more; RAVDESS has two sentences, EmoDB ten, TESS two hundred words.
    """

    folds: int
    texts: int

    permits: ClassVar[frozenset[str]] = frozenset({"session"})

    def __post_init__(self) -> None:
        super().__post_init__()
        check_folds(self.folds)
        if self.texts < 2:
            raise ConfigError(
                expected="2 or more groups of sentences",
                received=self.texts,
                where="protocol.texts",
                fix="Two groups train on half of the sentences and test the other half.",
            )

    @property
    def dev_permits(self) -> frozenset[str]:
        """Training and development speakers say the same sentences; with two sentences there is no other way."""
        return super().dev_permits | {"sentence"}

    def describe(self) -> str:
        """Say the whole protocol in words."""
        return (
            f"speaker-independent and text-independent cross-validation: {self.folds} groups of speakers by "
            f"{self.texts} groups of sentences, {self.folds * self.texts} folds; a fold trains on neither the speakers "
            "nor the sentences that it tests; utterances whose sentence is not known are left out; "
            f"{self._dev_words()}; {self._choice()}"
        )

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        refuse_unknown(rows, self.name)
        speakers = Speakers(rows)
        speakers.refuse_fewer_than(self._fewest_speakers(self.folds), f"{self.folds} groups of speakers")
        refuse_rare(rows, self.folds)
        speaker_group = speakers.dealt(self.folds, self.seed)[speakers.codes]
        text_group = self._text_groups(rows)
        by_speaker = speaker_group == np.repeat(np.arange(self.folds), self.texts)[:, None]
        by_text = text_group == np.tile(np.arange(self.texts), self.folds)[:, None]
        return self._with_dev(rows, by_speaker & by_text, ~by_speaker & ~by_text & (text_group >= 0))

    def _text_groups(self, rows: pd.DataFrame) -> Int64:
        """Deal the sentences into groups alike in class and corpus: int64, shape [n]; -1 without a known sentence."""
        known = rows[rows["text_id"].notna()]
        strangers = sorted(set(rows["corpus"]) - set(known["corpus"]))
        texts = known["corpus"] + "/" + known["text_id"].astype("str")
        codes, names = pd.factorize(texts, sort=True)
        if strangers or len(names) < self.texts:
            raise ProtocolError(
                expected=f"corpora that tell the sentence of each utterance, {self.texts} or more sentences in all",
                received=f"none told by {', '.join(strangers)}" if strangers else f"{len(names)} sentences",
                where=f"protocol={self.name}",
                fix="Leave out corpora whose sentences are not known, or use protocol=speaker_kfold.",
            )
        groups = balanced_groups(
            list(names),
            [table_of(texts, known["label"]), membership(known["corpus"].groupby(texts).first())],
            group_sizes(len(names), self.texts),
            guarded=self.texts,
            key=["texts", self.seed],
        )
        dealt = np.full(len(rows), -1, dtype=np.int64)
        dealt[known.index] = groups[codes]
        return dealt
