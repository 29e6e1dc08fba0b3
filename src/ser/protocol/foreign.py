"""Splits that others have made, read from the shapes they come in: CSV, TSV, Parquet or JSON.

A table is long (a row per utterance, or per utterance and fold, with a column for the part), has a column for each
fold, or names in a column `fold` the fold that tests each utterance. JSON is a list of such rows, an object of lists
`train` and `test`, one of these for each fold, or scikit-learn's list of `[train, test]`; places in a list `files` may
stand for names.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ser.errors import DataError
from ser.protocol.rules import PARTS

FACTS = ("corpus", "speaker", "session", "text_id", "audio", "file", "parent", "label")
STEPS = ("model_chosen_on", "scaler_fitted_on", "features_selected_on")
"""What a split may say of the rows that something learned from, in words ("train", "all")."""

# Written without anything but letters and digits; the first that a table has is taken.
_NAMES = {
    "name": (
        *("utteranceid", "utterance", "uttid", "utt", "path", "filepath", "file", "filename", "wav", "wavpath"),
        *("audiopath", "name", "clip", "id"),
    ),
    "fold": ("fold", "foldid", "cvfold", "cv"),
    "part": ("part", "split", "set", "subset", "partition"),
    "corpus": ("corpus", "dataset", "database"),
    "speaker": ("speaker", "speakerid", "spk", "spkid", "actor", "actorid", "subject", "participant"),
    "session": ("session", "sessionid", "dialogue", "dialog", "conversation"),
    "text_id": ("textid", "text", "sentence", "sentenceid", "transcript"),
    "audio": ("pcmsha256", "audiosha256", "audiohash", "pcmhash"),
    "file": ("sha256", "sha1", "md5", "hash", "filehash", "checksum"),
    "parent": ("parent", "parentid", "augmentedfrom", "sourceid", "original", "originalfile", "source"),
    "label": ("label", "emotion", "class", "category", "target"),
    "model_chosen_on": ("modelchosenon", "chosenon", "selectedon", "tunedon", "earlystoppingon", "selection"),
    "scaler_fitted_on": ("scalerfittedon", "scaledon", "normalisedon", "normalizedon", "scaler", "statisticsof"),
    "features_selected_on": ("featuresselectedon", "featureselectionon", "featureselection", "pcafittedon"),
}
_PART_OF = {
    name: part
    for part, names in {
        "train": ("train", "training", "trn", "tr"),
        "dev": ("dev", "development", "devel", "val", "valid", "validation"),
        "test": ("test", "testing", "tst", "te", "eval", "evaluation"),
        "unused": ("unused", "none", "excluded", "ignore", ""),
    }.items()
    for name in names
}
_FOLD_COLUMN = re.compile(r"(fold|split|cv|run|iteration)\d+")
_LISTS = ("files", "names", "utterances")
_FOLDS = ("folds", "splits")
_SHAPES = (
    "Columns of a table: a name (utterance_id, file, path), a part (part, split, set: train, dev, test) and a fold "
    'where there are several; or one column per fold. JSON: {"train": [...], "test": [...]}, {fold: {"train": [...], '
    "...}}, or a list of [train, test]."
)
_ONLY = "1"
Record = dict[str, Any]


def read(file: Path) -> pd.DataFrame:
    """Read a split.

    Args:
        file: CSV, TSV, Parquet or JSON.

    Returns:
        A row for every mention of an utterance in a fold: columns `fold part name`, those of `FACTS` and of `STEPS`,
        all text; what the file does not say is NaN. A name may stand in several parts: that is for the audit to say.

    Raises:
        DataError: when the file cannot be read, or has none of the shapes.
    """
    records = _records(file)
    if not records:
        raise _misshapen(file, "no utterances")
    table = pd.DataFrame(records, columns=["fold", "part", "name", *FACTS, *STEPS], dtype=object).map(_text)
    nameless = table["name"].isna()
    if nameless.any():
        raise _misshapen(file, f"{int(nameless.sum())} rows without a name")
    return table.assign(fold=table["fold"].fillna(_ONLY)).astype("str")


def part_of(written: object) -> str | None:
    """Give the part that a word means, or None.

    Example:
        >>> part_of("Validation"), part_of("eval"), part_of("happy")
        ('dev', 'test', None)
    """
    return _PART_OF.get((_text(written) or "").lower())


def _records(file: Path) -> list[Record]:
    try:
        if file.suffix.lower() == ".json":
            return list(_of_json(json.loads(file.read_text(encoding="utf-8")), file))
        if file.suffix.lower() in {".parquet", ".pq"}:
            table = pd.read_parquet(file)
        else:
            separator = "\t" if file.suffix.lower() in {".tsv", ".tab"} else ","
            table = pd.read_csv(file, dtype=str, keep_default_na=False, sep=separator, encoding="utf-8-sig")
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            expected="a split (CSV in UTF-8, TSV, Parquet or JSON)", received=str(error), where=file, fix=_SHAPES
        ) from error
    return list(_of_table(table.to_dict("records"), [str(column) for column in table.columns], file))


def _of_table(rows: Sequence[Mapping[Any, Any]], columns: Sequence[str], file: Path) -> Iterator[Record]:
    known = _known(columns)
    by_fold = [column for column in columns if _FOLD_COLUMN.fullmatch(_plain(column))]
    if "name" not in known or not (by_fold or {"part", "fold"} & known.keys()):
        raise _misshapen(file, f"the columns {', '.join(columns)}")
    found = [{what: row[column] for what, column in known.items()} for row in rows]
    if by_fold:
        for row, facts in zip(rows, found, strict=True):
            for column in by_fold:
                yield {**facts, "fold": column, "part": _part(row[column], file)}
    elif "part" in known and not all((_text(facts["part"]) or "").isdecimal() for facts in found):
        yield from ({**facts, "part": _part(facts["part"], file)} for facts in found)
    else:
        yield from _by_tested_fold(found, "fold" if "fold" in known else "part")


def _by_tested_fold(found: Sequence[Record], column: str) -> Iterator[Record]:
    """Read a table that says of each utterance only which fold tests it: all others train on it."""
    folds = list(dict.fromkeys(_text(facts[column]) for facts in found))
    for fold in folds:
        for facts in found:
            yield {**facts, "fold": fold, "part": "test" if _text(facts[column]) == fold else "train"}


def _of_json(value: object, file: Path) -> Iterator[Record]:
    if isinstance(value, list) and value and all(isinstance(row, dict) and "train" not in row for row in value):
        yield from _of_table(value, list(dict.fromkeys(key for row in value for key in row)), file)
        return
    if isinstance(value, dict):
        names = next((value[key] for key in _LISTS if isinstance(value.get(key), list)), None)
        said = _steps(value)
        inner = next((value[key] for key in _FOLDS if key in value), None)
        rest = {key: part for key, part in value.items() if key not in _LISTS and _step_of(key) is None}
        folds = rest if inner is None else inner
    else:
        names, said, folds = None, {}, value
    for fold, parts in _folds(folds, file):
        declared = said | (_steps(parts) if isinstance(parts, dict) else {})
        for part, entries in _parts(parts, file):
            for entry in entries:
                yield {**declared, **_entry(entry, names, file), "fold": fold, "part": part}


def _folds(value: object, file: Path) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        if any(part_of(key) for key in value):
            yield _ONLY, value
        else:
            yield from ((str(key), parts) for key, parts in value.items())
    elif isinstance(value, list) and value and all(isinstance(part, list) for part in value):
        single = len(value) in (2, 3) and not any(isinstance(entry, list) for part in value for entry in part)
        yield from [(_ONLY, value)] if single else ((str(number), parts) for number, parts in enumerate(value, 1))
    elif isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
        yield from ((str(number), parts) for number, parts in enumerate(value, 1))
    else:
        raise _misshapen(file, f"a JSON {type(value).__name__} of another kind")


def _parts(fold: object, file: Path) -> Iterator[tuple[str, list[Any]]]:
    named: Mapping[str, Any] = {}
    if isinstance(fold, dict):
        named = {key: entries for key, entries in fold.items() if _step_of(key) is None}
    elif isinstance(fold, list) and len(fold) in (2, 3):
        named = dict(zip(("train", "test") if len(fold) == 2 else ("train", "dev", "test"), fold, strict=True))
    if not named or not all(isinstance(entries, list) for entries in named.values()):
        raise _misshapen(file, "a fold that is neither parts by name nor [train, test]")
    yield from ((_part(key, file), entries) for key, entries in named.items())


def _entry(entry: object, names: list[Any] | None, file: Path) -> Record:
    if isinstance(entry, dict):
        return {what: entry[column] for what, column in _known(list(entry)).items()}
    if isinstance(entry, int) and names is not None:
        if not 0 <= entry < len(names):
            raise _misshapen(file, f"place {entry} of a list of {len(names)} names")
        return _entry(names[entry], None, file)
    return {"name": entry}


def _known(columns: Sequence[str]) -> dict[str, str]:
    """Find what each known column is called here."""
    plain = {_plain(column): column for column in reversed(columns)}
    found = {what: next((plain[name] for name in names if name in plain), None) for what, names in _NAMES.items()}
    return {what: column for what, column in found.items() if column is not None}


def _steps(said: Mapping[str, Any]) -> Record:
    return {step: value for key, value in said.items() if (step := _step_of(key)) is not None}


def _step_of(key: str) -> str | None:
    return next((step for step in STEPS if _plain(key) in _NAMES[step]), None)


def _part(written: object, file: Path) -> str:
    part = part_of(written)
    if part is None:
        raise DataError(
            expected=f"one of the parts {', '.join(PARTS)}",
            received=str(written),
            where=file,
            fix=f"Rename it; {', '.join(name for name in _PART_OF if name)} are understood.",
        )
    return part


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())


def _text(value: object) -> str | None:
    # A gap is "" in CSV, and NaN or NA elsewhere; whole numbers of a column with gaps come as floats.
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)) or value is pd.NaT:
        return None
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    return text or None


def _misshapen(file: Path, received: str) -> DataError:
    return DataError(expected="a split in a shape that can be read", received=received, where=file, fix=_SHAPES)
