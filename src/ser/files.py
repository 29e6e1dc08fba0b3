"""Files that are whole or absent, and the hashes that name them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import filelock

from ser.errors import StoreError

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, renamed onto it when the block ends well.

    A reader sees the old file or the whole new one, never a part, whatever kills the writer. The file is flushed to
    the disk before it is renamed.

    Args:
        path: the final file; missing parent folders are made.

    Yields:
        The temporary path to write. Its suffix is that of `path`, for writers that go by it.

    Raises:
        StoreError: when the disk is full or the folder cannot be written.
    """
    with _said_plainly(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    aside = Path(name)
    try:
        with _said_plainly(path):
            yield aside
            with aside.open("rb") as stream:
                os.fsync(stream.fileno())
            aside.chmod(0o644)
            aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextlib.contextmanager
def folder_written_aside(path: Path) -> Iterator[Path]:
    """Give an empty temporary folder beside `path`, renamed onto it when the block ends well.

    Args:
        path: the final folder; when it exists already it is replaced.

    Yields:
        The temporary folder to fill.

    Raises:
        StoreError: when the disk is full or the folder cannot be written.
    """
    with _said_plainly(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    old = aside.with_name(f"{aside.name}.old")
    try:
        with _said_plainly(path):
            yield aside
            aside.chmod(0o755)
            if path.exists():
                # Deleting it in place would, for as long as that takes, leave half a folder under its name.
                path.rename(old)
            aside.replace(path)
    finally:
        shutil.rmtree(old, ignore_errors=True)
        shutil.rmtree(aside, ignore_errors=True)


@contextlib.contextmanager
def _said_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            expected="to write it whole",
            received=f"{error.strerror or error}",
            where=error.filename or path,
            fix="Free some disk space, or choose another folder with work_dir=DIR, and run the same command again: "
            "what was finished is kept.",
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole or not at all."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path, value: object) -> None:
    """Write JSON whole or not at all: indented, keys in the order given."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:  # noqa: ANN401 - JSON is what it is
    """Read a JSON file that `ser` wrote.

    Raises:
        StoreError: when it is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(
            expected="a JSON file written by ser",
            received=str(error),
            where=path,
            fix="Delete it and run the command that makes it again.",
        ) from error


def sha256_of_file(path: Path) -> str:
    """Hash a file's bytes. Returns 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest(value: Mapping[str, object] | list[object] | str, length: int = 16) -> str:
    """Hash plain data (as canonical JSON) into a short name.

    Args:
        value: strings, numbers, booleans, None, and lists or mappings of them. Key order does not matter.
        length: hexadecimal digits to keep.

    Example:
        >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
        True
    """
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:length]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock named after `path` while in the block; released when the process dies.

    Args:
        path: what is protected; the lock file lies beside it with the suffix `.lock`.

    Raises:
        StoreError: when the folder cannot be written.
    """
    with lock_if_free(path) as free:
        if free:
            yield
            return
    _log.info("%s is being written by another process; waiting for it to end.", path)
    with _said_plainly(path):
        lock = _lock_of(path)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def lock_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock of `path`, as :func:`locked`, if no other process does. Yields whether it is held."""
    with _said_plainly(path):
        lock = _lock_of(path)
        with contextlib.suppress(filelock.Timeout):
            lock.acquire(timeout=0)
    try:
        yield lock.is_locked
    finally:
        lock.release()


def _lock_of(path: Path) -> filelock.BaseFileLock:
    path.parent.mkdir(parents=True, exist_ok=True)
    return filelock.FileLock(f"{path}.lock")
