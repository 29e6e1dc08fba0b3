"""What lies in a corpus folder: its utterances by the names of the files, and whether there is anything in these."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

from ser.corpora.base import Corpus, Facts
from ser.corpora.listing import audio_files
from ser.errors import DataError
from ser.fetch.archive import POINTER

Hollow = Literal["empty file", "git-LFS pointer"]


def utterances(corpus: Corpus, root: Path) -> dict[str, list[Path]]:
    """Find the files of each utterance; only their names are read.

    Args:
        corpus: the corpus, with the settings of the edition.
        root: its folder.

    Returns:
        Utterance name -> all its copies, of the edition that is meant. Empty when the folder holds nothing of it.

    Raises:
        DataError: when the folder is missing or unreadable, or a list that tells the edition is missing or damaged.
    """
    parsed = {path: labels for path in _audio(root, corpus.facts) if (labels := corpus.parse(path)) is not None}
    outside = corpus.outside(parsed.values(), root)
    found: dict[str, list[Path]] = defaultdict(list)
    for path, labels in parsed.items():
        if labels.name not in outside:
            found[labels.name].append(root / path)
    return dict(found)


def count_checked(corpus: Corpus, root: Path, where: str, fix: str) -> int:
    """Count the utterances of a folder, after a look at how the files begin.

    Args:
        corpus: the corpus, with the settings of the edition.
        root: its folder.
        where: what the files came from, for messages.
        fix: what to do when they are not what they should be.

    Raises:
        DataError: when there is no utterance, or one of which no copy holds anything but a note or nothing at all.
    """
    title = corpus.facts.title
    found = utterances(corpus, root)
    if not found:
        count = sum(path.is_file() for path in root.rglob("*"))
        received = f"none among {count} by their names"
        raise DataError(expected=f"files of {title}", received=received, where=where, fix=fix)
    hollow = _hollow(found, corpus.facts)
    if hollow:
        kinds = ", ".join(f"{count} x {what}" for what, count in Counter(hollow.values()).most_common())
        raise DataError(
            expected=f"audio in every file of {title}",
            received=f"{kinds}, among {len(found)} utterances; the first is {min(hollow)}",
            where=where,
            fix=f"{fix} {corpus.facts.how_to_get}",
        )
    return len(found)


def _audio(root: Path, facts: Facts) -> list[PurePosixPath]:
    try:
        return audio_files(root, facts)
    except DataError as error:
        # Nothing is an answer here; a folder that cannot be read is none.
        if root.is_dir() and error.__cause__ is None:
            return []
        raise


def _hollow(found: Mapping[str, Sequence[Path]], facts: Facts) -> dict[str, Hollow]:
    """Tell the utterances of which every copy is hollow, those aside that are published damaged."""
    kinds = {name: [_hollowness(path) for path in paths] for name, paths in found.items()}
    return {name: kind[0] for name, kind in kinds.items() if kind[0] and all(kind) and name not in facts.known_bad}


def _hollowness(path: Path) -> Hollow | None:
    with path.open("rb") as stream:
        head = stream.read(len(POINTER))
    return "git-LFS pointer" if head == POINTER else None if head else "empty file"
