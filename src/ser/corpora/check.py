"""A check of the grammars against true lists of file names: `python -m ser.corpora.check DIR`.

DIR holds CSV files named after the corpora (hyphens left out or not), each with a column `path`: all audio files of the
archive. All names must parse, to the counts by class and speaker that `ser` says are published.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from ser.corpora.aesdd import Aesdd
from ser.corpora.base import Corpus, Labels
from ser.corpora.cafe import Cafe
from ser.corpora.casia import Casia
from ser.corpora.crema_d import CremaD
from ser.corpora.emodb import EmoDB
from ser.corpora.emovo import Emovo
from ser.corpora.jl_corpus import JLCorpus
from ser.corpora.listing import in_side_folder
from ser.corpora.ravdess import Ravdess
from ser.corpora.savee import Savee
from ser.corpora.shemo import Shemo
from ser.corpora.tess import Tess
from ser.errors import DataError

EDITIONS: tuple[Corpus, ...] = (
    Aesdd(folder=None),
    Cafe(folder=None, version="v1.1"),
    Casia(folder=None),
    CremaD(folder=None),
    EmoDB(folder=None, ambiguous=False),
    Emovo(folder=None),
    JLCorpus(folder=None, emotions="all"),
    Ravdess(folder=None, song=False),
    Savee(folder=None),
    # The edition that others have listed.
    Shemo(folder=None, labels="transcript_matched", modified_labels=None),
    Tess(folder=None),
)
STAND_INS = frozenset({"emodb", "shemo"})
"""Corpora whose published names follow no rule: they are compared by counts alone."""
SHOWN = 3


def check(corpus: Corpus, paths: Iterable[PurePosixPath]) -> list[str]:
    """Compare a true list of files with what a corpus says is published.

    Args:
        corpus: the edition.
        paths: the audio files of its archive.

    Returns:
        What disagrees, a line each; nothing when all agrees. A file that is known to be bad may be missing.
    """
    facts = corpus.facts
    parsed = {path: corpus.parse(path) for path in paths if not in_side_folder(path, facts)}
    there = list({found.name: found for found in parsed.values() if found is not None}.values())
    promised = [found for path in corpus.published() if (found := corpus.parse(path)) is not None]
    complaints = [
        *_some("names that do not parse", (str(path) for path, found in parsed.items() if found is None)),
        *_differences(Counter(found.emotion_native for found in there), facts.classes),
    ]
    if facts.id in STAND_INS:
        return [*complaints, *_differences(_by_gender(corpus, there), _by_gender(corpus, promised))]
    names, published = {found.name for found in there}, {found.name for found in promised}
    return [
        *complaints,
        *_some("names that are not published", names - published),
        *_some("published names that are missing", published - names - facts.known_bad.keys()),
    ]


def summary(corpus: Corpus, paths: Iterable[PurePosixPath]) -> str:
    """Count a list of files by class, speaker and gender, in a line.

    Args:
        corpus: the edition.
        paths: the audio files of its archive.
    """
    found = {labels.name: labels for path in paths if (labels := corpus.parse(path)) is not None}.values()
    classes = Counter(labels.emotion_native for labels in found)
    genders = Counter(_gender(corpus, labels) for labels in found)
    counts = ", ".join(f"{name} {count}" for name, count in sorted((classes + genders).items()))
    speakers = len({labels.speaker for labels in found})
    return f"{corpus.facts.id}: {len(found)} utterances, {speakers} speakers, {counts}"


def main(arguments: Sequence[str]) -> int:
    """Check every list in a folder, and print what was found.

    Args:
        arguments: the folder.

    Returns:
        0 when everything agrees, 1 when something does not.

    Raises:
        DataError: when the folder holds no list of any corpus.
    """
    folder = Path(arguments[0])
    wrong = checked = 0
    for corpus in EDITIONS:
        short = corpus.facts.id.replace("-", "")
        for file in sorted(folder.glob("*.csv")):
            if file.name.split(".")[0].replace("-", "") == short:
                with file.open(encoding="utf-8", newline="") as stream:
                    paths = [PurePosixPath(row["path"]) for row in csv.DictReader(stream)]
                complaints = check(corpus, paths)
                print(f"{file.name}: {summary(corpus, paths)}", *complaints, sep="\n  ")
                checked, wrong = checked + 1, wrong + bool(complaints)
    if not checked:
        raise DataError(
            expected="CSV files named after corpora",
            received=f"none in {folder}",
            where=folder,
            fix=f"Name them {EDITIONS[0].facts.id}.csv and so on, with a column path.",
        )
    return 1 if wrong else 0


def _gender(corpus: Corpus, labels: Labels) -> str:
    return corpus.facts.speakers[labels.speaker or ""].gender or "unknown gender"


def _by_gender(corpus: Corpus, found: Iterable[Labels]) -> Counter[str]:
    return Counter(f"{_gender(corpus, labels)}, {labels.emotion_native}" for labels in found)


def _some(what: str, names: Iterable[str]) -> Iterable[str]:
    listed = sorted(names)
    if listed:
        yield f"{len(listed)} {what}, such as {', '.join(listed[:SHOWN])}"


def _differences(found: Mapping[str, int], published: Mapping[str, int]) -> Iterable[str]:
    for name in sorted(found.keys() | published.keys()):
        if found.get(name, 0) != published.get(name, 0):
            yield f"{name}: {found.get(name, 0)} instead of {published.get(name, 0)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
