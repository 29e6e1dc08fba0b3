"""The split rules of benchmarks that put speakers on both sides, to compare with their numbers and for nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

import numpy as np
import pandas as pd

from ser.errors import ConfigError, DataError, ProtocolError
from ser.protocol.balance import seeded_order
from ser.protocol.learning import OPTIONS
from ser.protocol.published import other_data
from ser.protocol.rules import KINDS, Mask, PartCodes, SplitRule, compose, recordings, stratified_dev

_LEAST_FOUND = 0.95
"""Share of the listed files that must be here; a few are in the quarantine of any copy."""


@dataclass(frozen=True, kw_only=True)
class FileLists:
    """A benchmark's lists of the files of one corpus.

    Attributes:
        folder: the corpus in the benchmark's spelling.
        folds: how many folds are listed.
        utterances: how many files the benchmark has.
    """

    folder: str
    folds: int
    utterances: int


@dataclass(frozen=True, kw_only=True)
class Leaking(SplitRule):
    """A benchmark's split that does not look at speakers. NOT speaker-independent.

    Attributes:
        benchmark: what it is called, with its source.
    """

    benchmark: str

    permits: ClassVar[frozenset[str]] = frozenset(KINDS) - {"copies"}

    def settings(self) -> dict[str, object]:
        """Leave out what the fold table shows: names and lists."""
        kept = {"dev_share", "seed", "metric", "selection", *OPTIONS}
        return {key: value for key, value in super().settings().items() if key in kept}

    def _words(self, split: str) -> str:
        return (
            f"NOT speaker-independent: the split of {self.benchmark} without regard to speakers, {split}; "
            f"{self.dev_share:.0%} of the training utterances of each class form the development part where it names "
            f"none; {self._choice()}"
        )


@dataclass(frozen=True, kw_only=True)
class FilesAtRandom(Leaking):
    """A random share of each class is tested, whoever speaks: from the benchmark's lists of files, or dealt anew.

    Attributes:
        corpora: corpus -> its lists.
        share: of each class that is tested; its count is rounded down.
        lists: the folder that holds the benchmark's lists, `<folder>/fold_<k>/<folder>_{train,test}_fold_<k>.jsonl`
            with a path under `wav` in each line; None deals anew by the benchmark's rule, which gives other files.
    """

    corpora: dict[str, FileLists]
    share: float
    lists: str | None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.share < 1:
            raise ConfigError(
                expected="a share above 0 and below 1",
                received=self.share,
                where="protocol.share",
                fix="EmoBox tests a quarter: 0.25.",
            )

    def describe(self) -> str:
        """Say the whole protocol in words."""
        dealt = f"{self.share:.0%} of each class being tested, its files dealt anew by the same rule"
        return self._words(dealt if self.lists is None else "by its lists of files")

    def sources(self) -> list[Path]:
        """Name the lists."""
        return [file for entry in self.corpora.values() for file in self._files(entry) if file.is_file()]

    def remarks(self, utterances: pd.DataFrame) -> list[str]:
        """Say where the benchmark had another number of utterances."""
        return other_data(self.benchmark, utterances, {name: entry.utterances for name, entry in self.corpora.items()})

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        names = sorted(rows["corpus"].unique())
        count = self._folds_of(names)
        tested, pool = np.zeros((2, count, len(rows)), dtype=np.bool_)
        for name in names:
            members = np.flatnonzero(rows["corpus"] == name)
            sides = self._dealt(rows.iloc[members]) if self.lists is None else self._listed(name, rows.iloc[members])
            tested[:, members], pool[:, members] = sides
        return compose(tested, pool, stratified_dev(rows, pool, self.dev_share, self.seed))

    def _folds_of(self, names: list[str]) -> int:
        unknown = [name for name in names if name not in self.corpora]
        counts = {self.corpora[name].folds for name in names if name not in unknown}
        if unknown or len(counts) > 1 or (self.lists is None and counts != {1}):
            single = [name for name, entry in self.corpora.items() if entry.folds == 1]
            raise ProtocolError(
                expected=f"corpora that {self.benchmark} splits without regard to speakers, of equally many folds: "
                f"{', '.join(self.corpora)}; without its lists, {', '.join(single)}",
                received=", ".join(names),
                where=f"protocol={self.name}",
                fix="Train on one of them, set protocol.lists to the folder of the benchmark's lists of files, or use "
                " protocol=emobox for the corpora it splits by speaker.",
            )
        return counts.pop()

    def _dealt(self, rows: pd.DataFrame) -> tuple[Mask, Mask]:
        """Draw the tested share of each class: two masks of shape [1, n], tested and trained on."""
        first, recording = recordings(rows)
        order = first[seeded_order(rows["utterance_id"].iloc[first].tolist(), self.name, self.seed)]
        labels = rows["label"].to_numpy()[order]
        tested = np.zeros((1, len(rows)), dtype=np.bool_)
        for label in np.unique(labels):
            members = order[labels == label]
            tested[0, members[: int(self.share * len(members))]] = True
        tested = tested[:, first[recording]]
        return tested, ~tested

    def _listed(self, name: str, rows: pd.DataFrame) -> tuple[Mask, Mask]:
        """Look the files of the lists up: two masks of shape [folds, n], tested and trained on."""
        files = self._files(self.corpora[name])
        listed = np.zeros((len(files), len(rows)), dtype=np.bool_)
        row_of = _rows_by_name(rows)
        for index, file in enumerate(files):
            stems = list(_stems(file))
            found = [row_of[stem] for stem in stems if stem in row_of]
            if len(found) < _LEAST_FOUND * len(stems) or not found:
                raise ProtocolError(
                    expected=f"the {len(stems)} files of {name} that {file} lists",
                    received=f"{len(found)} of them",
                    where=f"protocol={self.name}",
                    fix="Get the whole corpus in the edition that the benchmark has, with labels=native.",
                )
            listed[index, found] = True
        both = (listed[0::2] & listed[1::2]).any(axis=0)
        if both.any():
            raise ProtocolError(
                expected=f"lists that give each file of {name} to one side of a fold",
                received=f"{int(both.sum())} on both, such as {rows['utterance_id'].iloc[int(both.argmax())]}",
                where=f"protocol.lists={self.lists}",
                fix="Copy the lists from the benchmark again.",
            )
        return listed[1::2], listed[0::2]

    def _files(self, entry: FileLists) -> list[Path]:
        """Name the lists of a corpus: of each fold the training list, then the test list."""
        if self.lists is None:
            return []
        return [
            Path(self.lists) / entry.folder / f"fold_{fold}" / f"{entry.folder}_{side}_fold_{fold}.jsonl"
            for fold in range(1, entry.folds + 1)
            for side in ("train", "test")
        ]


@dataclass(frozen=True, kw_only=True)
class GroupsInNames(Leaking):
    """Groups of files by some characters of their names, which the benchmark took for speakers.

    Attributes:
        corpus: which one.
        utterances: how many the benchmark has.
        first: place of the first of those characters, from 0.
        last: place behind the last.
        dev: the groups to develop on.
        test: the groups to test; all others are trained on.
    """

    corpus: str
    utterances: int
    first: int
    last: int
    dev: list[str]
    test: list[str]

    def describe(self) -> str:
        """Say the whole protocol in words."""
        return self._words(f"{self.corpus} by characters {self.first + 1} to {self.last} of the file names")

    def remarks(self, utterances: pd.DataFrame) -> list[str]:
        """Say where the benchmark had another number of utterances."""
        return other_data(self.benchmark, utterances, {self.corpus: self.utterances})

    def _parts(self, rows: pd.DataFrame) -> PartCodes:
        names = sorted(rows["corpus"].unique())
        if names != [self.corpus]:
            raise ProtocolError(
                expected=self.corpus,
                received=", ".join(names),
                where=f"protocol={self.name}",
                fix=f"Write corpus={self.corpus}; protocol=serab splits the benchmark's other corpora.",
            )
        group = rows["utterance_id"].str.removeprefix(f"{self.corpus}/").str[self.first : self.last]
        tested, dev = (group.isin(listed).to_numpy(dtype=np.bool_)[None] for listed in (self.test, self.dev))
        return compose(tested, ~tested, dev)


def _rows_by_name(rows: pd.DataFrame) -> dict[str, int]:
    """Find rows by the name of their utterance, or of their file: mirrors spell some differently."""
    names = rows["utterance_id"].str.partition("/")[2].str.casefold()
    stems = [PurePosixPath(path).stem.casefold() for path in rows["path"]]
    return {name: row for keys in (names, stems) for row, name in enumerate(keys)}


def _stems(file: Path) -> Iterator[str]:
    try:
        for line in file.read_text(encoding="utf-8").splitlines():
            yield PurePosixPath(json.loads(line)["wav"]).stem.casefold()
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            expected="a list of files: JSON lines, each with a path under `wav`",
            received=f"{type(error).__name__}: {error}",
            where=file,
            fix="Set protocol.lists to the folder data/ of a checkout of the benchmark.",
        ) from error
