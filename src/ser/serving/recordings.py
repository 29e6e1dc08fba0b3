"""The recordings that a user means by files, folders, patterns and `-`."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from ser.errors import DataError

STDIN = "-"
SUFFIXES = frozenset(
    {".aac", ".aif", ".aiff", ".au", ".flac", ".m4a", ".mka", ".mp3", ".mp4", ".oga", ".ogg", ".opus", ".wav", ".webm"}
)
"""What counts as a recording in a folder; a file that is named itself may be called anything."""


def recordings(named: Sequence[str]) -> list[str]:
    """List the recordings meant, each once, those of a folder in order of their paths.

    Args:
        named: files, folders (with all below them), patterns such as `calls/*.mp3`, or `-` for standard input.

    Raises:
        DataError: when one of them means no recording.
    """
    found = [path for name in named for path in _meant(name)]
    return list(dict.fromkeys(found))


def _meant(name: str) -> list[str]:
    if name == STDIN:
        return [STDIN]
    path = Path(name).expanduser()
    if path.is_dir():
        inside = sorted(str(file) for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        return inside or _none(name, "a folder without any", f"Recordings end in {', '.join(sorted(SUFFIXES))}.")
    if path.exists():
        return [str(path)]
    matching = sorted(glob.glob(str(path), recursive=True))
    return [file for file in matching if Path(file).is_file()] or _none(
        name, "no such file", "Check the path; quote a pattern such as 'calls/*.mp3'."
    )


def _none(name: str, received: str, fix: str) -> list[str]:
    raise DataError(
        expected="a recording, or a folder or pattern of recordings", received=received, where=name, fix=fix
    )
