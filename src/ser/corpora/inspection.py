"""Reading the files of a corpus once: what was found is kept, so that an unchanged file is never read again."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ser.audio.decode import AudioFacts, inspect
from ser.errors import DataError
from ser.files import sha256_of_file, written_aside
from ser.fingerprint import code_version
from ser.pool import unordered
from ser.progress import track

log = logging.getLogger(__name__)

_AUDIO = pa.struct(
    [
        ("sample_rate_hz", pa.int64()),
        ("channels", pa.int64()),
        ("frames", pa.int64()),
        ("duration_s", pa.float64()),
        ("peak", pa.float64()),
        ("rms", pa.float64()),
        ("container", pa.string()),
        ("chunks", pa.string()),
        ("pcm_sha256", pa.string()),
    ]
)
SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("sha256", pa.string()),
        ("audio", _AUDIO),
        ("problem", pa.string()),
        ("remedy", pa.string()),
    ]
)
KEPT_EVERY = 1000
"""Files between two savings of what was found: an interrupted scan loses less than a minute."""
POOL_FROM = 1000
"""Files from which a pool pays: it takes half a second to start, in which one process reads some 2000 short clips."""
_BATCH = 50


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What is known of one file: a row of `files.parquet`.

    Attributes:
        path: relative to the corpus folder.
        size: in bytes.
        mtime_ns: time of the last change, in nanoseconds since 1970.
        sha256: of its bytes; None when the file is not readable audio.
        audio: what was found in it; None when the file is not readable audio.
        problem: why it is not readable audio; None when it is.
        remedy: what to do about the problem.
    """

    path: str
    size: int
    mtime_ns: int
    sha256: str | None
    audio: AudioFacts | None
    problem: str | None
    remedy: str | None


def inspect_all(
    root: Path, files: list[PurePosixPath], kept: Path, *, workers: int, what: str
) -> dict[PurePosixPath, FileFacts]:
    """Inspect the files that are new or have changed, and remember the rest.

    Args:
        root: the corpus folder.
        files: paths relative to it.
        kept: the Parquet file where the findings are kept, also when the work is interrupted.
        workers: processes to use.
        what: what the progress bar says.

    Returns:
        The facts of every file, by its relative path.
    """
    version = code_version("ser.corpora.inspection")
    known = _read(kept, version)
    facts: dict[PurePosixPath, FileFacts] = {}
    waiting: list[PurePosixPath] = []
    for path in files:
        before = known.get(path)
        if before is not None and _stamp(root / path) == (before.size, before.mtime_ns):
            facts[path] = before
        else:
            waiting.append(path)
    unsaved = 0
    try:
        for path, found in track(_inspected(root, waiting, workers), total=len(waiting), what=what):
            facts[path] = found
            unsaved += 1
            if unsaved == KEPT_EVERY:
                _write(kept, facts, version)
                unsaved = 0
    finally:
        if unsaved:
            _write(kept, facts, version)
    return facts


def inspect_one(root: Path, path: PurePosixPath) -> FileFacts:
    """Hash and read one file.

    Args:
        root: the corpus folder.
        path: relative to it.

    Returns:
        Its facts. A file that is not readable audio is a finding (`problem`), not an error.
    """
    place = root / path
    size, mtime_ns = _stamp(place)
    found = FileFacts(path=str(path), size=size, mtime_ns=mtime_ns, sha256=None, audio=None, problem=None, remedy=None)
    try:
        return replace(found, audio=inspect(place), sha256=sha256_of_file(place))
    except DataError as error:
        return replace(found, problem=str(error.received), remedy=error.fix)


def _inspected(root: Path, paths: list[PurePosixPath], workers: int) -> Iterator[tuple[PurePosixPath, FileFacts]]:
    if len(paths) < POOL_FROM:
        yield from ((path, inspect_one(root, path)) for path in paths)
        return
    batches = [paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH)]
    for found in unordered(functools.partial(_inspect_some, root), batches, workers=workers):
        yield from found


def _inspect_some(root: Path, paths: list[PurePosixPath]) -> list[tuple[PurePosixPath, FileFacts]]:
    return [(path, inspect_one(root, path)) for path in paths]


def _stamp(place: Path) -> tuple[int, int]:
    """Return size and time of change; zeros for a link to nowhere, so that it is seen again once it is mended."""
    try:
        there = place.stat()
    except OSError:
        return 0, 0
    return there.st_size, there.st_mtime_ns


def _read(kept: Path, version: str) -> dict[PurePosixPath, FileFacts]:
    """Read earlier findings; none when there are none, or when other code made them."""
    if not kept.exists():
        return {}
    try:
        table = pq.ParquetFile(kept).read()
    except (OSError, pa.ArrowException) as error:
        log.warning("%s is damaged (%s): every file is inspected again", kept, error)
        return {}
    if table.schema.metadata != {b"code_version": version.encode()}:
        return {}
    return {PurePosixPath(row["path"]): _from_row(row) for row in table.to_pylist()}


def _from_row(row: dict[str, Any]) -> FileFacts:
    return FileFacts(**{**row, "audio": row["audio"] and AudioFacts(**row["audio"])})


def _write(kept: Path, facts: dict[PurePosixPath, FileFacts], version: str) -> None:
    rows = [asdict(facts[path]) for path in sorted(facts)]
    table = pa.Table.from_pylist(rows, schema=SCHEMA.with_metadata({"code_version": version}))
    with written_aside(kept) as aside:
        pq.write_table(table, aside)
