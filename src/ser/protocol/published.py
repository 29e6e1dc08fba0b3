"""The split rule that repeats the folds of a published benchmark, speaker by speaker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser.arrays import Int64
from ser.errors import ConfigError, ProtocolError
from ser.protocol.rules import PartCodes, compose
from ser.protocol.speakers import SpeakerRule, refuse_unknown


@dataclass(frozen=True, kw_only=True)
class Fold:
    """A published fold of one corpus. Speakers named in neither list are trained on.

    Attributes:
        test: ids of the speakers tested, without the corpus.
        dev: ids of the speakers the model is chosen on; empty where the benchmark names none: they are then taken
            from the training speakers as the rule's `dev` and `dev_share` say.
    """

    test: list[str]
    dev: list[str]


@dataclass(frozen=True, kw_only=True)
class Folds:
    """A benchmark's folds of one corpus, and the data it made them of.

    Attributes:
        speakers: how many it has.
        utterances: how many it has.
        folds: in the benchmark's order.
    """

    speakers: int
    utterances: int
    folds: list[Fold]


@dataclass(frozen=True, kw_only=True)
class PublishedFolds(SpeakerRule):
    """The folds of a benchmark, from its lists of speakers. Each corpus has its own; some benchmarks test only a part.

    Several corpora together are split fold by fold, when the benchmark has equally many folds of each.

    Attributes:
        benchmark: what it is called, with its source.
        corpora: corpus -> its folds.
        unavailable: corpus -> why the benchmark's split of it is not among them.
    """

    benchmark: str
    corpora: dict[str, Folds]
    unavailable: dict[str, str]

    def __post_init__(self) -> None:
        super().__post_init__()
        for corpus, published in self.corpora.items():
            folds = published.folds
            tested = Counter(speaker for fold in folds for speaker in fold.test)
            twice = sorted(speaker for speaker, count in tested.items() if count > 1)
            both = sorted({speaker for fold in folds for speaker in set(fold.test) & set(fold.dev)})
            if twice or both or not all(fold.test for fold in folds) or not folds:
                raise ConfigError(
                    expected="folds that each test some speakers, each speaker once, and not those of its dev list",
                    received=f"otherwise for {', '.join(twice or both) or 'a fold without a test list'}",
                    where=f"protocol.corpora.{corpus}.folds",
                    fix="Copy the lists from the benchmark again.",
                )

    def settings(self) -> dict[str, object]:
        """Leave out the lists: those in use stand in the fold table, the others make no difference."""
        lists = ("benchmark", "corpora", "unavailable")
        return {key: value for key, value in super().settings().items() if key not in lists}

    def describe(self) -> str:
        """Say the whole protocol in words."""
        return (
            f"speaker-independent: the published folds of {self.benchmark}, by its lists of speakers; where it names "
            f"no development speakers, {self._dev_words()}; {self._choice()}"
        )

    def remarks(self, utterances: pd.DataFrame) -> list[str]:
        """Say where the benchmark had another number of utterances: another edition, another label set, a part."""
        return other_data(
            self.benchmark, utterances, {corpus: published.utterances for corpus, published in self.corpora.items()}
        )

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        corpora = sorted(rows["corpus"].unique())
        self._refuse_unlisted(corpora)
        refuse_unknown(rows, self.name)
        count = len(self.corpora[corpora[0]].folds)
        shape = (count, len(rows))
        tested, listed = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
        unlisted = np.zeros(shape, dtype=np.bool_)
        for corpus in corpora:
            members, speaker = self._speakers(rows, corpus)
            for index, fold in enumerate(self.corpora[corpus].folds):
                tested[index, members] = np.isin(speaker, fold.test)
                listed[index, members] = np.isin(speaker, fold.dev)
                unlisted[index, members] = not fold.dev
        drawn = self._with_dev(rows, tested, ~tested & unlisted)
        codes: PartCodes = np.where(unlisted, drawn, compose(tested, ~tested, listed))
        return codes

    def _speakers(self, rows: pd.DataFrame, corpus: str) -> tuple[Int64, pd.Series[str]]:
        """Give the rows of a corpus and the id of each one's speaker, and refuse other speakers than the benchmark's.

        With fewer, even of those it only trains on, the folds would bear the benchmark's name and not be its folds.
        """
        members = np.flatnonzero(rows["corpus"] == corpus)
        speaker = rows["speaker"].iloc[members].str.removeprefix(f"{corpus}/")
        published = self.corpora[corpus]
        listed = {name for fold in published.folds for name in (*fold.test, *fold.dev)}
        missing = sorted(listed - set(speaker))
        if missing or speaker.nunique() != published.speakers:
            without = f", without {', '.join(missing[:5])}" if missing else ""
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            raise ProtocolError(
                expected=f"the {published.speakers} speakers of {corpus} that {self.benchmark} splits",
                received=f"{speaker.nunique()} speakers{without}{more}",
                where=f"protocol={self.name}",
                fix="Get the whole corpus (`ser corpora` says how) in the edition the benchmark has, or use "
                "protocol=speaker_kfold.",
            )
        return members.astype(np.int64), speaker

    def _refuse_unlisted(self, corpora: list[str]) -> None:
        for reason in self._reasons(corpora):
            raise ProtocolError(
                expected=f"corpora with published folds under protocol={self.name}: {', '.join(sorted(self.corpora))}",
                received=reason,
                where="corpus",
                fix="Choose among those, or another protocol; `ser train -m corpus=A,B` makes one run of each corpus.",
            )

    def _reasons(self, corpora: list[str]) -> Iterator[str]:
        for corpus in corpora:
            if corpus not in self.corpora:
                yield f"{corpus}: {self.unavailable.get(corpus, 'the benchmark does not have it')}"
        counts = {corpus: len(self.corpora[corpus].folds) for corpus in corpora if corpus in self.corpora}
        if len(set(counts.values())) > 1:
            yield "corpora of different numbers of folds: " + ", ".join(f"{name} {n}" for name, n in counts.items())


def other_data(benchmark: str, utterances: pd.DataFrame, published: Mapping[str, int]) -> list[str]:
    """Say of which corpora a benchmark split another number of utterances than is split here.

    Args:
        benchmark: what it is called.
        utterances: column `corpus`.
        published: corpus -> the benchmark's number of utterances.
    """
    here = utterances["corpus"].value_counts().sort_index()
    different = [
        f"{count} of {corpus}, where it had {published[str(corpus)]}"
        for corpus, count in here.items()
        if count != published[str(corpus)]
    ]
    words = f"OTHER DATA: not the utterances of {benchmark}: {'; '.join(different)}."
    return [words] if different else []
