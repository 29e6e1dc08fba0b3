"""The split rules between corpora: each tested on models of the others, or some trained and others tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser.errors import ConfigError, ProtocolError
from ser.protocol.rules import Mask, PartCodes
from ser.protocol.speakers import SpeakerRule


@dataclass(frozen=True, kw_only=True)
class LeaveCorpusOut(SpeakerRule):
    """Leave-one-corpus-out: every corpus is tested once, by models of all the others, in the order of their ids.

    Classes that a single corpus has cannot be learned while it is held out; their utterances are in no fold.
    """

    def describe(self) -> str:
        """Say the whole protocol in words."""
        return (
            "leave-one-corpus-out cross-validation; classes that only one corpus has are left out; "
            f"{self._dev_words()}; {self._choice()}"
        )

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        codes, names = pd.factorize(rows["corpus"], sort=True)
        if len(names) < 2:
            raise ProtocolError(
                expected="2 or more corpora, one to test and others to train on",
                received=", ".join(names),
                where="corpus",
                fix="Name several (corpus=[a,b,c]), or use protocol=loso or protocol=speaker_kfold.",
            )
        tested = codes == np.arange(len(names))[:, None]
        learnable = _learnable(rows["label"], ~tested, self.name)
        return self._with_dev(rows, tested & learnable, ~tested & learnable)


@dataclass(frozen=True, kw_only=True)
class CrossCorpus(SpeakerRule):
    """Train on some corpora, test on others: a single fold.

    Classes that no training corpus has cannot be learned; their utterances are not tested.

    Attributes:
        train: ids of the corpora to train on.
        test: ids of the corpora to test.
    """

    train: list[str]
    test: list[str]

    def __post_init__(self) -> None:
        super().__post_init__()
        both = sorted(set(self.train) & set(self.test))
        if both or not self.train or not self.test:
            raise ConfigError(
                expected="corpora to train on and other corpora to test",
                received=f"train {', '.join(self.train) or 'none'}; test {', '.join(self.test) or 'none'}",
                where="protocol.test",
                fix="Write protocol.train=[a,b] protocol.test=[c].",
            )

    def describe(self) -> str:
        """Say the whole protocol in words."""
        return (
            f"cross-corpus: trained on {', '.join(self.train)} and tested on {', '.join(self.test)}; classes that "
            f"training lacks are not tested; {self._dev_words()}; {self._choice()}"
        )

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        present, named = set(rows["corpus"]), {*self.train, *self.test}
        if present != named:
            raise ProtocolError(
                expected=f"exactly the corpora of protocol.train and protocol.test ({', '.join(sorted(named))})",
                received=", ".join(sorted(present)),
                where="corpus",
                fix=f"Write corpus=[{','.join(sorted(named))}], or name your own corpora in protocol.train and "
                "protocol.test.",
            )
        tested = rows["corpus"].isin(self.test).to_numpy(dtype=np.bool_)[None]
        learnable = _learnable(rows["label"], ~tested, self.name)
        return self._with_dev(rows, tested & learnable, ~tested & learnable)


def _learnable(labels: pd.Series[str], pool: Mask, rule: str) -> Mask:
    """Find the utterances whose class every fold can learn.

    Args:
        labels: n classes.
        pool: the training side of each fold, bool, shape [folds, n].
        rule: for the message.

    Returns:
        bool, shape [n].
    """
    codes, names = pd.factorize(labels)
    counts = np.stack([np.bincount(codes[side], minlength=len(names)) for side in pool])
    learnable = np.asarray((counts > 0).all(axis=0))
    if learnable.sum() < 2:
        raise ProtocolError(
            expected="two or more classes that every training side has",
            received=", ".join(names[learnable]) or "none",
            where=f"protocol={rule}",
            fix="Choose a label set that brings the corpora's emotions together (labels=seven), or other corpora.",
        )
    chosen: Mask = learnable[codes]
    return chosen
