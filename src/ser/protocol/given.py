"""The split rule that takes the parts a table of one's own gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ser.errors import ProtocolError
from ser.protocol.rules import DEV, KINDS, PARTS, TEST, TRAIN, UNUSED, PartCodes
from ser.protocol.speakers import DEVS, SpeakerRule


@dataclass(frozen=True, kw_only=True)
class GivenParts(SpeakerRule):
    """A single fold whose parts stand in the manifest (column `split`), as `corpus=table` reads them.

    Nothing is promised of it: the audit says what the parts share. Utterances without a part are in no fold.

    Attributes:
        dev: "given" takes the development part that is given too; "speakers" and "utterances" take it from the training
            part, as other rules do.
    """

    devs: ClassVar[tuple[str, ...]] = ("given", *DEVS)
    permits: ClassVar[frozenset[str]] = frozenset(KINDS) - {"copies"}

    def describe(self) -> str:
        """Say the whole protocol in words."""
        if self.dev == "given":
            return f"the train, dev and test parts given with the data, one fold; {self._choice()}"
        return f"the train and test parts given with the data, one fold; {self._dev_words()}; {self._choice()}"

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        named = pd.Index(PARTS).get_indexer(pd.Index(rows["split"]))
        given = np.where(named < 0, UNUSED, named).astype(np.int8)[None]
        wanted = (TRAIN, DEV, TEST) if self.dev == "given" else (TRAIN, TEST)
        for part in (TRAIN, DEV, TEST):
            if (given == part).any() != (part in wanted):
                raise ProtocolError(
                    expected=f"utterances given to the parts {', '.join(PARTS[part] for part in wanted)}",
                    received=f"{'some' if part not in wanted else 'none'} given to {PARTS[part]}",
                    where=f"protocol={self.name}",
                    fix="Fill the column `split` of the table (corpus=table), write protocol.dev=speakers where no dev "
                    "part is given (protocol.dev=given where it is), or use protocol=speaker_kfold.",
                )
        return given if self.dev == "given" else self._with_dev(rows, given == TEST, given == TRAIN)
