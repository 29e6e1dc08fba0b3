"""What the corpora know of the names in somebody's split: by a scan of the audio, or by the grammar of names alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from ser.config import load
from ser.config.settings import OWN
from ser.corpora.base import Corpus, Labels
from ser.corpora.listing import AUDIO_SUFFIXES
from ser.paths import choices
from ser.pipeline import prepare
from ser.protocol.origins import Lookup, plain

Facts = dict[str, str | None]


def lookup(names: Iterable[str], corpora: Sequence[str], data_dir: Path | None, work_dir: Path) -> Lookup:
    """Make the function that :func:`ser.protocol.origins.resolve` asks.

    Args:
        names: of the split; where no corpus is given, those that they begin with ("emodb/03a01Fa") are taken.
        corpora: ids of corpora.
        data_dir: holds them, and they are scanned; None: names alone are read.
        work_dir: where scans are kept.

    Raises:
        SerError: for an unknown corpus, or one that cannot be scanned.
    """
    chosen = list(corpora) or sorted({name.partition("/")[0] for name in names} & _published())
    if not chosen:
        return lambda name: None
    settings = load([f"corpus=[{','.join(chosen)}]", f"work_dir={work_dir}"])
    by_name = by_grammar(settings.corpora)
    if data_dir is None:
        return by_name
    settings.data_dir = data_dir
    by_scan = by_manifest(prepare.manifest(settings))
    return lambda name: by_scan(name) or by_name(name)


def by_grammar(corpora: Mapping[str, Corpus]) -> Lookup:
    """Read names by the grammars of corpora. A name that several could have given is nobody's."""

    def find(name: str) -> Facts | None:
        path = _as_path(name)
        own = corpora.get(path.parts[0]) if path.parts else None
        readings = [
            (corpus, labels)
            for corpus in ([own] if own else corpora.values())
            if (labels := _parsed(corpus, path)) is not None
        ]
        return _facts(*readings[0]) if len(readings) == 1 else None

    return find


def by_manifest(manifest: pd.DataFrame) -> Lookup:
    """Find names in manifests: by utterance id, path, the end of a path, name of the file, or its stem.

    Args:
        manifest: of one or several corpora.
    """
    rows = manifest.to_dict("records")
    places: dict[str, int | None] = {}
    for place, row in enumerate(rows):
        for key in _keys(str(row["utterance_id"]), str(row["corpus"]), str(row["path"])):
            # What two utterances answer to says nothing.
            places[key] = place if places.setdefault(key, place) == place else None

    def find(name: str) -> Facts | None:
        parts = plain(name).split("/")
        for start in range(len(parts)):
            place = places.get("/".join(parts[start:]))
            if place is not None:
                return _of_row({str(column): value for column, value in rows[place].items()})
        return None

    return find


def _keys(utterance: str, corpus: str, path: str) -> set[str]:
    parts = plain(path).split("/")
    ends = {"/".join(parts[start:]) for start in range(len(parts))}
    return ends | {plain(utterance), plain(utterance.partition("/")[2]), f"{corpus}/{plain(path)}"}


def _of_row(row: Mapping[str, object]) -> Facts:
    names = {"utterance": "utterance_id", "audio": "pcm_sha256", "file": "sha256", "label": "emotion_native"}
    kept = {column: column for column in ("corpus", "speaker", "session", "text_id")}
    return {what: None if pd.isna(row[column]) else str(row[column]) for what, column in (kept | names).items()}  # type: ignore[call-overload]


def _facts(corpus: Corpus, labels: Labels) -> Facts:
    name = corpus.facts.id
    return {
        "utterance": f"{name}/{labels.name}",
        "corpus": name,
        "speaker": None if labels.speaker is None else f"{name}/{labels.speaker}",
        "session": labels.session,
        "text_id": labels.text_id,
        "audio": None,
        "file": None,
        "label": labels.emotion_native,
    }


def _parsed(corpus: Corpus, path: PurePosixPath) -> Labels | None:
    """Read a path by the corpus's grammar, which may be below a folder of any name."""
    starts = range(len(path.parts))
    found = (corpus.parse(PurePosixPath(*path.parts[start:])) for start in starts)
    return next((labels for labels in found if labels is not None), None)


def _as_path(name: str) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    return path if path.suffix.lower() in AUDIO_SUFFIXES else PurePosixPath(f"{path}.wav")


def _published() -> set[str]:
    return set(choices("corpus")) - OWN - {"all"}
