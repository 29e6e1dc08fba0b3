"""The manifest: one row per utterance, one schema for every corpus."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ser.errors import StoreError
from ser.files import digest, written_aside

_REMAKE = "Scan the corpus again: delete this file and run `ser scan`."

SCHEMA = pa.schema(
    [
        pa.field("utterance_id", pa.string(), nullable=False),  # <corpus>/<name of the utterance>
        pa.field("corpus", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),  # relative to the corpus folder, with forward slashes
        pa.field("sha256", pa.string(), nullable=False),  # of the file's bytes
        pa.field("pcm_sha256", pa.string(), nullable=False),  # of the decoded samples, their rate and channels
        pa.field("speaker", pa.string()),  # <corpus>/<id>
        pa.field("gender", pa.string()),
        pa.field("age", pa.int16()),  # years
        pa.field("language", pa.string(), nullable=False),  # BCP-47
        pa.field("emotion_native", pa.string(), nullable=False),
        pa.field("text_id", pa.string()),
        pa.field("intensity", pa.string()),
        pa.field("repetition", pa.string()),
        pa.field("duration_s", pa.float64(), nullable=False),
        pa.field("sample_rate_hz", pa.int32(), nullable=False),
        pa.field("channels", pa.int32(), nullable=False),
        pa.field("session", pa.string()),
        pa.field("split", pa.string()),  # train, dev or test, where a corpus of one's own says so
    ]
)
COLUMNS: list[str] = SCHEMA.names

# The hash of the samples follows from that of the bytes, and decoders of MP3 and Ogg differ in the last bit.
_WHERE_AND_HOW = {"path", "pcm_sha256", "duration_s", "sample_rate_hz", "channels"}
_HASHED = [column for column in COLUMNS if column not in _WHERE_AND_HOW]


def conform(frame: pd.DataFrame, where: object) -> pd.DataFrame:
    """Give a table the types of the schema, with its rows in order of `utterance_id`.

    Args:
        frame: a table with the columns of the schema, in any order.
        where: the file or step it is for, named in the error.

    Returns:
        A table with the columns in order; `age` is a nullable integer, missing text is NaN.

    Raises:
        StoreError: when columns are missing, unknown or ill-typed, or an `utterance_id` comes twice.
    """
    return _to_pandas(_to_arrow(frame, where))


def write(path: Path, frame: pd.DataFrame) -> None:
    """Write a manifest whole or not at all.

    Args:
        path: the Parquet file.
        frame: a table with the columns of the schema.

    Raises:
        StoreError: as :func:`conform`, or when the disk is full.
    """
    table = _to_arrow(frame, path)
    with written_aside(path) as aside:
        pq.write_table(table, aside)


def read(path: Path) -> pd.DataFrame:
    """Read a manifest that `ser` wrote.

    Args:
        path: the Parquet file.

    Raises:
        StoreError: when it is missing, damaged, or has other columns than the schema.
    """
    try:
        table = pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        raise StoreError(expected="a manifest", received=str(error), where=path, fix=_REMAKE) from error
    return _to_pandas(_to_arrow(table.to_pandas(), path))


def data_hash(manifest: pd.DataFrame) -> str:
    """Name the data: which audio under which labels.

    Covers `utterance_id`, `sha256` and everything a label or a split may use; not where the files lie, not what
    follows from their bytes, not the order of the rows.

    Args:
        manifest: one or several manifests, one below the other; further columns do not count.

    Returns:
        16 hexadecimal digits.
    """
    rows: list[object] = _to_arrow(manifest.filter(COLUMNS), "the manifest to hash").select(_HASHED).to_pylist()
    return digest(rows)


def _to_arrow(frame: pd.DataFrame, where: object) -> pa.Table:
    missing = [column for column in COLUMNS if column not in frame.columns]
    unknown = [str(column) for column in frame.columns if column not in COLUMNS]
    if missing or unknown:
        raise StoreError(
            expected=f"the columns {' '.join(COLUMNS)}",
            received=f"a table that lacks {missing or 'none'} and adds {unknown or 'none'}",
            where=where,
            fix=_REMAKE,
        )
    try:
        table = pa.Table.from_pandas(frame, schema=SCHEMA, preserve_index=False).replace_schema_metadata()
    except (pa.ArrowException, ValueError) as error:
        raise StoreError(
            expected="columns of the schema's types", received=str(error), where=where, fix=_REMAKE
        ) from error
    twice = frame.loc[frame["utterance_id"].duplicated(), "utterance_id"]
    if len(twice):
        raise StoreError(
            expected="each utterance_id once",
            received=f"{twice.iloc[0]!r} and {len(twice) - 1} more that come again",
            where=where,
            fix="Give each utterance a name of its own; one corpus is listed once.",
        )
    return table.sort_by("utterance_id")


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    # A column of ages with gaps would otherwise become float64, and one without gaps int64.
    frame: pd.DataFrame = table.to_pandas(types_mapper={pa.int16(): pd.Int16Dtype()}.get)
    return frame
