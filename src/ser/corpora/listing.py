"""The audio files of a corpus folder, in one order on every machine."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import NoReturn

from ser.corpora.base import Facts
from ser.errors import DataError, nearest_first

AUDIO_SUFFIXES = frozenset({".wav", ".aiff", ".aif", ".flac", ".mp3", ".ogg"})
_CHOOSE = "The folder that holds the corpora by name is chosen with data_dir=DIR or the variable SER_DATA_DIR."


def audio_files(root: Path, facts: Facts) -> list[PurePosixPath]:
    """List the audio below a corpus folder.

    Hidden files and folders, `__MACOSX` and the corpus's side folders are passed over. Links are followed, each
    folder once, but not to a folder that the corpus lies in.

    Args:
        root: the corpus folder.
        facts: of the corpus.

    Returns:
        Paths relative to `root`, sorted.

    Raises:
        DataError: when the folder is missing, unreadable, or holds no audio.
    """
    if not root.is_dir():
        raise _missing(root, facts)
    # A folder above the corpus counts as seen: a link to it would lead through the whole disk.
    seen = {_identity(above) for above in root.resolve().parents}
    found: list[PurePosixPath] = []
    for folder, folders, names in os.walk(root, followlinks=True, onerror=_unreadable):
        here = _identity(folder)
        if here in seen:
            folders.clear()
            continue
        seen.add(here)
        folders[:] = sorted(name for name in folders if not _is_aside(name, facts))
        inside = PurePosixPath(Path(folder).relative_to(root).as_posix())
        found.extend(inside / name for name in names if _is_audio(name))
    if not found:
        raise _without_audio(root, facts)
    return sorted(found)


def in_side_folder(path: PurePosixPath, facts: Facts) -> bool:
    """Say whether a path leads through a folder that does not count.

    Args:
        path: relative to the corpus folder.
        facts: of the corpus.
    """
    return any(_is_aside(folder, facts) for folder in path.parts[:-1])


def _identity(folder: str | Path) -> tuple[int, int]:
    """Return what two paths to one folder have in common: device and inode."""
    here = os.stat(folder)
    return here.st_dev, here.st_ino


def _is_aside(folder: str, facts: Facts) -> bool:
    return folder.startswith(".") or folder.lower() in {"__macosx", *facts.side_folders}


def _is_audio(name: str) -> bool:
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in AUDIO_SUFFIXES


def _missing(root: Path, facts: Facts) -> DataError:
    if root.exists():
        received = "a file of that name"
    elif root.parent.is_dir():
        there = nearest_first(root.name, (path.name for path in root.parent.iterdir() if path.is_dir()))
        received = f"no such folder; {root.parent} holds {_some(there)}"
    else:
        received = f"no such folder, and {root.parent} is not there either"
    return DataError(
        expected=f"the folder of {facts.title}", received=received, where=root, fix=f"{facts.how_to_get} {_CHOOSE}"
    )


def _without_audio(root: Path, facts: Facts) -> DataError:
    there = sorted(path.name for path in root.iterdir())
    return DataError(
        expected=f"audio of {facts.title} ({' '.join(sorted(AUDIO_SUFFIXES))})",
        received=f"a folder without any; it holds {_some(there)}",
        where=root,
        fix=f"{facts.how_to_get} {_CHOOSE}",
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") if names else "nothing"


def _unreadable(error: OSError) -> NoReturn:
    raise DataError(
        expected="a folder that can be read",
        received=str(error.strerror),
        where=error.filename,
        fix="Give yourself the right to read it (chmod -R u+rX), or choose another copy with data_dir=DIR.",
    ) from error
