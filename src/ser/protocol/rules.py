"""What every split rule shares: its settings, the checks around it, and the fold table it leaves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from ser.arrays import Int64
from ser.errors import ConfigError, ProtocolError, one_of
from ser.protocol.balance import seeded_order
from ser.protocol.learning import OPTIONS, SelfTraining, check_weights, weights_words

PARTS = ("train", "dev", "test", "unused")
TRAIN, DEV, TEST, UNUSED = range(4)

KINDS = ("speaker", "audio", "copies", "session", "sentence")
"""Kinds of overlap that the audit looks for, the gravest first."""

AUDIO = "pcm_sha256"
"""The column that is equal where two utterances are one recording."""

METRICS = ("uar", "accuracy", "macro_f1", "weighted_f1", "mcc", "kappa")
"""What runs can be compared by; :mod:`ser.evaluation.metrics` computes them."""

SELECTION = "best dev uar"
"""How the epoch of a network is chosen; :mod:`ser.training.fit` does it."""

PartCodes = npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class SplitRule(ABC):
    """A way to deal utterances into folds of train, dev and test, with what is measured and how a model is chosen.

    Attributes:
        name: what people call it.
        dev_share: share of what is not tested that becomes the development part, in (0, 1).
        seed: chooses among equally good splits.
        metric: what runs are compared by, of `METRICS`.
        corpus_weights: corpus -> what each of its utterances counts where a model is fitted; 1 for those not named. (To
            the standardisation before it, all count the same.)
        self_training: how unlabelled test clips join the training; None when they do not.
        permits: kinds of overlap (of `KINDS`) between parts that are no error under this rule.
        dev_permits: kinds that are no error between the training and the development part.

    Raises:
        ConfigError: for values out of range.
    """

    name: str
    dev_share: float
    seed: int
    metric: str
    corpus_weights: dict[str, float]
    self_training: SelfTraining | None

    permits: ClassVar[frozenset[str]]

    def __post_init__(self) -> None:
        if not 0 < self.dev_share < 1:
            raise ConfigError(
                expected="a share above 0 and below 1",
                received=self.dev_share,
                where="protocol.dev_share",
                fix="A usual choice is 0.2: a fifth of the training side chooses the model.",
            )
        if self.seed < 0:
            raise ConfigError(
                expected="a whole number, 0 or more",
                received=self.seed,
                where="protocol.seed",
                fix="Set another seed.",
            )
        one_of(self.metric, METRICS, what="a metric", where="protocol.metric")
        check_weights(self.corpus_weights)

    def split(self, utterances: pd.DataFrame) -> pd.DataFrame:
        """Deal utterances into folds. The order of the rows does not matter.

        Args:
            utterances: labelled manifest rows, one per utterance: `utterance_id corpus speaker gender text_id label
                pcm_sha256`, and `path` and `split` for rules that go by them.

        Returns:
            The fold table: columns `utterance_id`, `fold` (int64, from 1), `part` (train, dev, test or unused); one row
            per fold and utterance, sorted by both. Utterances that no fold uses are not in it.

        Raises:
            ProtocolError: when the utterances cannot be split by this rule.
        """
        rows = utterances.sort_values("utterance_id", ignore_index=True)
        if len(rows) == 0 or rows["utterance_id"].duplicated().any():
            raise ProtocolError(
                expected="one row per utterance",
                received="repeated utterance ids" if len(rows) else "no utterances",
                where=f"protocol={self.name}",
                fix="Scan the corpora again.",
            )
        parts = self._parts(rows)
        used = (parts != UNUSED).any(axis=0)
        parts, rows = parts[:, used], rows[used]
        _refuse_untested(parts, self.name)
        _refuse_untrained(parts, rows["label"], self.name)
        folds = len(parts)
        return pd.DataFrame(
            {
                "utterance_id": np.tile(rows["utterance_id"].to_numpy(), folds),
                "fold": np.repeat(np.arange(1, folds + 1, dtype=np.int64), len(rows)),
                "part": np.array(PARTS)[parts.ravel()],
            }
        ).astype({"utterance_id": "str", "part": "str"})

    def settings(self) -> dict[str, object]:
        """Give what counts in the identity of the protocol beside the fold table."""
        given = {key: value for key, value in asdict(self).items() if key != "name"}
        unused = [key for key in OPTIONS if not given[key]]
        return {"selection": SELECTION, **{key: value for key, value in given.items() if key not in unused}}

    @property
    def warning(self) -> str:
        """What every page that shows such numbers must say of them; empty when there is nothing to say."""
        return self.self_training.warning if self.self_training else ""

    def sources(self) -> list[Path]:
        """Name the files beside the manifest that the folds are made of."""
        return []

    def remarks(self, utterances: pd.DataFrame) -> list[str]:
        """Say where the folds of these utterances are not what the name of the rule promises.

        Args:
            utterances: as for :meth:`split`, those in the folds.
        """
        return []

    @property
    def dev_permits(self) -> frozenset[str]:
        """Kinds of overlap that are no error between the training and the development part."""
        return self.permits

    @abstractmethod
    def describe(self) -> str:
        """Say the whole protocol in words, for headings and pages."""

    @abstractmethod
    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        """Deal rows sorted by utterance_id. Returns int8 codes into `PARTS`, shape [folds, n]."""

    def _choice(self) -> str:
        learning = [weights_words(self.corpus_weights)] if self.corpus_weights else []
        if self.self_training:
            learning.append(self.self_training.describe())
        tested = f"a network is tested as of its {SELECTION}"
        return "; ".join([*learning, tested, f"runs are compared by {self.metric}", f"seed {self.seed}"])


def recordings(rows: pd.DataFrame) -> tuple[Int64, Int64]:
    """Find the different recordings: corpora hold some under two names, which belong on one side.

    Args:
        rows: column `pcm_sha256`, n rows.

    Returns:
        int64, shape [recordings]: the first row of each. int64, shape [n]: the recording of each row, an index into it.
    """
    codes, names = pd.factorize(rows[AUDIO])
    first = np.full(len(names), len(rows), dtype=np.int64)
    np.minimum.at(first, codes, np.arange(len(rows)))
    return first, codes.astype(np.int64)


def check_folds(folds: int) -> None:
    """Refuse a number of folds that is no cross-validation.

    Raises:
        ConfigError: below 2.
    """
    if folds < 2:
        raise ConfigError(
            expected="2 or more folds",
            received=folds,
            where="protocol.folds",
            fix="Usual choices are 5 and 10.",
        )


def fewest(folds: int) -> int:
    """Count the units (speakers, utterances) needed so that every fold has one to test and leaves two: train and dev.

    Example:
        >>> fewest(2), fewest(3), fewest(5)
        (4, 3, 5)
    """
    return 4 if folds == 2 else folds


def dev_count(share: float, pool: int) -> int:
    """Count how many of `pool` units (at least 2) become the development part: at least one, and not all.

    Example:
        >>> dev_count(0.2, 9), dev_count(0.2, 2), dev_count(0.9, 2)
        (2, 1, 1)
    """
    return min(max(1, round(share * pool)), pool - 1)


def table_of(groups: pd.Series[str], values: pd.Series[str]) -> Int64:
    """Count values by group: int64, shape [groups, values], both in sorted order."""
    return pd.crosstab(groups, values).to_numpy(dtype=np.int64)


def compose(tested: Mask, pool: Mask, dev: Mask) -> PartCodes:
    """Put the sides of each fold together.

    Args:
        tested: bool, shape [folds, n].
        pool: the training side, bool, shape [folds, n]; what is in neither is unused.
        dev: the development part of the pool, bool, shape [folds, n].

    Returns:
        int8 codes into `PARTS`, shape [folds, n].
    """
    codes: PartCodes = np.select([tested, dev, pool], [TEST, DEV, TRAIN], UNUSED).astype(np.int8)
    return codes


def stratified_dev(rows: pd.DataFrame, pool: Mask, share: float, seed: int) -> Mask:
    """Draw the development part from the recordings of each training side: the same share of every class.

    Each fold begins at another place of the order, so that the folds' development parts differ. A class of a single
    recording is only trained.

    Args:
        rows: columns `utterance_id label pcm_sha256`, n rows.
        pool: the training side, bool, shape [folds, n].
        share: of the pool.
        seed: of the order.

    Returns:
        bool, shape [folds, n].
    """
    first, recording = recordings(rows)
    order = first[seeded_order(rows["utterance_id"].iloc[first].tolist(), "dev", seed)]
    labels = pd.factorize(rows["label"], sort=True)[0]
    dev = np.zeros_like(pool)
    for fold in range(len(pool)):
        ordered = order[pool[fold, order]]
        for label in np.unique(labels):
            members = ordered[labels[ordered] == label]
            if len(members) > 1:
                start = fold * len(members) // len(pool)
                dev[fold, np.roll(members, -start)[: dev_count(share, len(members))]] = True
    return dev[:, first[recording]] & pool


def _refuse_untested(parts: PartCodes, name: str) -> None:
    empty = np.flatnonzero(~(parts == TEST).any(axis=1))
    if len(empty):
        raise ProtocolError(
            expected="utterances to test in every fold",
            received=f"none in fold {empty[0] + 1}",
            where=f"protocol={name}",
            fix="Use fewer folds, or more of the corpus.",
        )


def _refuse_untrained(parts: PartCodes, labels: pd.Series[str], name: str) -> None:
    for label in sorted(labels.unique()):
        lacking = np.flatnonzero(~((parts == TRAIN) & (labels == label).to_numpy()).any(axis=1))
        if len(lacking):
            raise ProtocolError(
                expected=f"training utterances of the class {label} in every fold",
                received=f"none in fold {lacking[0] + 1}: whoever says it is in the dev and test parts",
                where=f"protocol={name}",
                fix="Use a smaller protocol.dev_share, more corpora, or a label set that drops or merges the class.",
            )
