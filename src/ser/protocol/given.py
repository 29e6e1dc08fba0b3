"""The split rule that takes the parts a table of one's own gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ser.errors import ProtocolError
from ser.protocol.rules import DEV, KINDS, PARTS, TEST, TRAIN, UNUSED, PartCodes
from ser.protocol.speakers import SpeakerRule


@dataclass(frozen=True, kw_only=True)
class GivenParts(SpeakerRule):
    """A single fold whose parts stand in the manifest (column `split`), as `corpus=table` reads them.

    Nothing is promised of it: the audit says what the parts share. Utterances without a part are in no fold. Where no
    utterance is given to the development part, it is taken from the training part as `dev` and `dev_share` say.
    """

    permits: ClassVar[frozenset[str]] = frozenset(KINDS) - {"copies"}

    def describe(self) -> str:
        """Say the whole protocol in words."""
        return (
            "the train, dev and test parts given with the data, one fold; where no dev part is given, "
            f"{self._dev_words()}; {self._choice()}"
        )

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        named = pd.Index(PARTS).get_indexer(pd.Index(rows["split"]))
        given = np.where(named < 0, UNUSED, named).astype(np.int8)[None]
        for part in (TRAIN, TEST):
            if not (given == part).any():
                raise ProtocolError(
                    expected="utterances given to the train part, and others to the test part",
                    received=f"none to {PARTS[part]}",
                    where=f"protocol={self.name}",
                    fix="Fill the column `split` of the table (corpus=table), or use protocol=speaker_kfold.",
                )
        return given if (given == DEV).any() else self._with_dev(rows, given == TEST, given == TRAIN)
