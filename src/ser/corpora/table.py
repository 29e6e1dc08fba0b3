"""A corpus of one's own: a table of its files."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TypeVar

import pandas as pd

from ser.corpora.base import Corpus, Facts, Labels, Speaker
from ser.corpora.folder import own_facts
from ser.errors import ConfigError, DataError, nearest_first

NEEDED = ("path", "emotion")
OPTIONAL = ("speaker", "gender", "age", "text_id", "intensity", "repetition", "session", "split")
_PARTS = {"train": "train", "training": "train", "test": "test", "testing": "test"} | dict.fromkeys(
    ("dev", "development", "val", "valid", "validation"), "dev"
)
_GENDERS = {"female": "female", "f": "female", "male": "male", "m": "male"}
Row = Mapping[str, str | None]
Value = TypeVar("Value", str, int)


@dataclass(frozen=True, kw_only=True)
class TableCorpus(Corpus):
    """Audio of one's own, listed in a CSV or Parquet file.

    Its columns are `path` and `emotion`, and where they are known `speaker gender age text_id intensity repetition
    session split`; others are not read. Gender and age belong to speakers. `split` (train, dev or test) is what
    protocol=given goes by; other protocols make their own folds.

    Attributes:
        folder: the folder that the paths start from; None means the table's own.
        path: the table, from where `ser` runs.
        language: BCP-47 tag of the speech; "und" when it is not known.
    """

    path: str | None
    language: str

    @functools.cached_property
    def facts(self) -> Facts:
        """The speakers of the table; nothing before a table is named."""
        facts = own_facts("table", self.path, self.language)
        return facts if self.path is None else replace(facts, speakers=self._speakers())

    def root(self, data_dir: Path, work_dir: Path) -> Path:
        """Say from which folder the paths of the table start.

        Raises:
            ConfigError: when no table was named.
        """
        return self._file.parent if self.folder is None else Path(self.folder).expanduser()

    def parse(self, relative: PurePosixPath) -> Labels | None:
        """Look a file up in the table."""
        row = self._rows.get(relative)
        if row is None:
            return None
        return Labels(
            name=relative.as_posix(),
            speaker=row["speaker"],
            emotion_native=f"{row['emotion']}",
            text_id=row["text_id"],
            intensity=row["intensity"],
            repetition=row["repetition"],
            session=row["session"],
            split=self._part(row["split"]),
        )

    def listed(self, root: Path) -> list[PurePosixPath]:
        """List the files of the table, whether they are there or not."""
        return sorted(self._rows)

    @property
    def _file(self) -> Path:
        if self.path is None:
            raise ConfigError(
                expected="a table of audio files (CSV or Parquet)",
                received="none",
                where="corpora.table.path",
                fix=f"Set path=FILE; its columns are {' and '.join(NEEDED)}, and may be {' '.join(OPTIONAL)}.",
            )
        return Path(self.path).expanduser()

    @functools.cached_property
    def _rows(self) -> dict[PurePosixPath, Row]:
        table = _read(self._file)
        rows: dict[PurePosixPath, Row] = {}
        for number, row in enumerate(table, start=1):
            if row["path"] is None or row["emotion"] is None:
                raise self._wrong("a path and an emotion in every row", f"row {number} without", "Complete or drop it.")
            path = self._inside(row["path"])
            if path in rows:
                raise self._wrong("every file once", f"{path} again in row {number}", "Drop one of the two.")
            rows[path] = row
        return rows

    def _inside(self, written: str) -> PurePosixPath:
        """Write a path one way only, from the folder where the table's paths start if it lies below that."""
        root = os.path.abspath(self.root(Path(), Path()))
        whole = os.path.abspath(os.path.join(root, written.replace("\\", "/")))
        return PurePosixPath(os.path.relpath(whole, root) if Path(whole).is_relative_to(root) else whole)

    def _speakers(self) -> dict[str, Speaker]:
        known: dict[str, tuple[set[str | None], set[int | None]]] = {}
        for row in self._rows.values():
            if row["speaker"] is not None:
                genders, ages = known.setdefault(row["speaker"], (set(), set()))
                genders.add(self._gender(row["gender"]))
                ages.add(self._age(row["age"]))
        return {
            name: Speaker(gender=self._only(genders, "gender", name), age=self._only(ages, "age", name))
            for name, (genders, ages) in known.items()
        }

    def _only(self, values: Iterable[Value | None], what: str, speaker: str) -> Value | None:
        """Give what the rows of a speaker say; those that say nothing agree with all."""
        said = [value for value in values if value is not None]
        if len(said) > 1:
            several = " and ".join(sorted(map(str, said)))
            raise self._wrong(f"one {what} of speaker {speaker}", several, "Give the speaker the same in each row.")
        return said[0] if said else None

    def _gender(self, written: str | None) -> str | None:
        if written is None:
            return None
        if written.lower() not in _GENDERS:
            raise self._wrong(f"a gender of {', '.join(_GENDERS)} or none", written, "Correct it, or leave it empty.")
        return _GENDERS[written.lower()]

    def _part(self, written: str | None) -> str | None:
        if written is None:
            return None
        if written.lower() not in _PARTS:
            raise self._wrong(f"a split of {', '.join(_PARTS)} or none", written, "Correct it, or leave it empty.")
        return _PARTS[written.lower()]

    def _age(self, written: str | None) -> int | None:
        if written is None or written.isdecimal():
            return int(written) if written else None
        raise self._wrong("an age in whole years", written, "Correct it, or leave it empty.")

    def _wrong(self, expected: str, received: str, fix: str) -> DataError:
        return DataError(expected=expected, received=received, where=self._file, fix=fix)


def _read(file: Path) -> list[Row]:
    """Read a table: one mapping of the known columns a row, stripped text or None."""
    try:
        if file.suffix.lower() in {".parquet", ".pq"}:
            table = pd.read_parquet(file).convert_dtypes()
        else:
            table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(
            expected="a table of audio files (CSV in UTF-8, or Parquet)",
            received=str(error),
            where=file,
            fix=f"See that it is there and has the columns {' and '.join(NEEDED)}.",
        ) from error
    for column in NEEDED:
        if column not in table.columns:
            raise DataError(
                expected=f"a column {column}",
                received=f"the columns {', '.join(nearest_first(column, map(str, table.columns))) or 'of no name'}",
                where=file,
                fix=f"Rename it; a table needs {' and '.join(NEEDED)}, and may have {' '.join(OPTIONAL)}.",
            )
    known = table.reindex(columns=[*NEEDED, *OPTIONAL])
    return [{column: _text(row[column]) for column in known.columns} for row in known.to_dict("records")]


def _text(value: object) -> str | None:
    # A gap is "" in CSV, and NaN or NA elsewhere.
    text = "" if value is None or value is pd.NA or value != value else str(value).strip()
    return text or None
