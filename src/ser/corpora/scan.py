"""The scan: from a corpus folder to manifest, quarantine and card."""

from __future__ import annotations

import functools
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from ser.audio.decode import AudioFacts
from ser.corpora import manifest
from ser.corpora.base import Corpus, Facts, Labels
from ser.corpora.card import Card, card_of, markdown
from ser.corpora.copies import OTHER_SOUND, SILENT_PEAK, compare, goes_on
from ser.corpora.inspection import FileFacts, inspect_all
from ser.corpora.listing import audio_files
from ser.corpora.oddities import oddities
from ser.corpora.synth import facts_of
from ser.errors import DataError
from ser.files import write_json, write_text

log = logging.getLogger(__name__)

QUARANTINE_COLUMNS = ["corpus", "path", "reason", "detail"]


@dataclass(frozen=True, kw_only=True)
class ScanResult:
    """What a scan found.

    Attributes:
        manifest: one row per utterance, as `manifest.SCHEMA`.
        quarantine: one row per refused file: `corpus path reason detail`.
        card: the corpus in numbers.
    """

    manifest: pd.DataFrame
    quarantine: pd.DataFrame
    card: Card


@dataclass(frozen=True, kw_only=True)
class _Refusal:
    reason: str
    detail: str


def scan(corpus: Corpus, root: Path, out: Path, *, workers: int, allowed_bad_share: float) -> ScanResult:
    """Read a corpus folder.

    Every audio file is an utterance, a second copy with the same sound, outside the edition chosen (both are counted
    in the card), or in the quarantine with the reason; none is dropped in silence. Where the first copy is damaged or
    cut short another one is used. A scan of an unchanged folder reads no audio again.

    Args:
        corpus: the corpus.
        root: its folder, as `corpus.root` gives it.
        out: the folder for `manifest.parquet quarantine.csv card.md card.json files.parquet`.
        workers: processes to use.
        allowed_bad_share: the scan fails when more than this share of the files is refused, those aside of which
            another copy is used.

    Raises:
        DataError: when the folder is missing, unreadable or without audio, or too much of it is refused. The
            quarantine is written first.
    """
    corpus.prepare(root)
    facts = facts_of(corpus, root)
    files = _files(corpus, root, facts)
    parsed = {path: labels for path in files if (labels := corpus.parse(path)) is not None}
    outside = corpus.outside(parsed.values(), root)
    left_out = Counter(outside[labels.name] for labels in parsed.values() if labels.name in outside)
    names = {path: labels.name for path, labels in parsed.items() if labels.name not in outside}
    refused = _unnamed(files, parsed, corpus) | _known_bad(names, facts) | _unspeakable(names)
    waiting = [path for path in names if path not in refused]
    kept, what = out / "files.parquet", f"inspecting {facts.id}"
    found = inspect_all(root, waiting, kept=kept, workers=workers, what=what)
    refused |= _unfit(found)
    audio = {path: file.audio for path, file in found.items() if file.audio and path not in refused}
    copies = compare({path: names[path] for path in audio}, audio, functools.partial(goes_on, root))
    refused |= {path: _Refusal(reason=OTHER_SOUND, detail=detail) for path, detail in copies.differing.items()}
    named = {path: parsed[path] for path in copies.used.values()}
    refused |= _contradicted(named, audio)
    quarantine = _quarantine(refused, facts)
    write_text(out / "quarantine.csv", quarantine.to_csv(index=False, lineterminator="\n"))
    usable = {path: found[path] for path in sorted(named) if path not in refused}
    # What is refused of an utterance that another copy gives is no loss.
    lost = {path: refused[path] for path in refused if path in named or names.get(path) not in copies.used}
    _check_share(lost, len(lost) + len(usable), allowed_bad_share, root, out)
    table = manifest.conform(pd.DataFrame([_row(path, named[path], usable[path], facts) for path in usable]), root)
    odd = oddities({path: audio[path] for path in usable})
    same = len(audio) - len(copies.used) - len(copies.differing)
    card = card_of(facts, table, quarantine, oddities=odd, left_out=left_out, second_copies=same)
    _write(card, table, out)
    return ScanResult(manifest=table, quarantine=quarantine, card=card)


def _files(corpus: Corpus, root: Path, facts: Facts) -> list[PurePosixPath]:
    listed = corpus.listed(root)
    return audio_files(root, facts) if listed is None else listed


def _write(card: Card, table: pd.DataFrame, out: Path) -> None:
    for warning in card.warnings:
        log.warning("%s: %s", card.corpus, warning)
    write_text(out / "card.md", markdown(card))
    write_json(out / "card.json", asdict(card))
    # Last, because a manifest says that its scan was finished.
    manifest.write(out / "manifest.parquet", table)


def _unnamed(
    files: Iterable[PurePosixPath], parsed: Mapping[PurePosixPath, Labels], corpus: Corpus
) -> dict[PurePosixPath, _Refusal]:
    reason = "a name outside the corpus's grammar"
    return {path: _Refusal(reason=reason, detail=corpus.objection(path)) for path in files if path not in parsed}


def _known_bad(names: Mapping[PurePosixPath, str], facts: Facts) -> dict[PurePosixPath, _Refusal]:
    return {
        path: _Refusal(reason="known to be bad", detail=facts.known_bad[name])
        for path, name in names.items()
        if name in facts.known_bad
    }


def _unspeakable(files: Iterable[PurePosixPath]) -> dict[PurePosixPath, _Refusal]:
    """Refuse paths that are not text: no manifest could name them."""
    detail = "A folder of this path has a name in another encoding than UTF-8. Rename it, or unpack the archive again."
    return {
        path: _Refusal(reason="a path that is not text", detail=detail) for path in files if _spoken(path) != str(path)
    }


def _spoken(text: object) -> str:
    """Write a path as valid text: bytes that are none come as escapes."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _unfit(found: Mapping[PurePosixPath, FileFacts]) -> dict[PurePosixPath, _Refusal]:
    """Refuse what is not audio, and audio without sound."""
    refused = {}
    for path, facts in found.items():
        if facts.audio is None:
            refused[path] = _Refusal(reason=f"{facts.problem}", detail=f"{facts.remedy}")
        elif facts.audio.peak < SILENT_PEAK:
            refused[path] = _Refusal(
                reason="silence",
                detail=f"The largest sample is {facts.audio.peak:.1e} of full scale. Fetch this file again.",
            )
    return refused


def _contradicted(
    named: Mapping[PurePosixPath, Labels], audio: Mapping[PurePosixPath, AudioFacts]
) -> dict[PurePosixPath, _Refusal]:
    """Refuse identical recordings whose names disagree on speaker or emotion: nobody knows which name is right."""
    twins: dict[str, list[PurePosixPath]] = {}
    for path in named:
        twins.setdefault(audio[path].pcm_sha256, []).append(path)
    refused = {}
    for paths in twins.values():
        if len({(named[path].speaker, named[path].emotion_native) for path in paths}) > 1:
            for path in paths:
                others = ", ".join(
                    f"{named[other].name} ({named[other].emotion_native})" for other in paths if other != path
                )
                refused[path] = _Refusal(
                    reason="identical audio under different labels",
                    detail=f"{named[path].name} ({named[path].emotion_native}) is the same recording as {others}.",
                )
    return refused


def _quarantine(refused: Mapping[PurePosixPath, _Refusal], facts: Facts) -> pd.DataFrame:
    rows = [(facts.id, _spoken(path), refused[path].reason, _spoken(refused[path].detail)) for path in sorted(refused)]
    return pd.DataFrame(rows, columns=QUARANTINE_COLUMNS, dtype=str)


def _check_share(
    refused: Mapping[PurePosixPath, _Refusal], considered: int, allowed_bad_share: float, root: Path, out: Path
) -> None:
    if considered == 0:
        raise DataError(
            expected="utterances of the edition chosen",
            received="only others",
            where=root,
            fix="Choose the edition that is at hand with the settings of the corpus.",
        )
    if len(refused) <= allowed_bad_share * considered and len(refused) < considered:
        return
    reasons = Counter(refusal.reason for refusal in refused.values()).most_common(3)
    commonest = "; ".join(f"{count} x {reason}" for reason, count in reasons)
    example = next(refused[path] for path in sorted(refused) if refused[path].reason == reasons[0][0])
    # Where most of a folder is refused, it is hardly the corpus: what is left of it would be mislabelled.
    otherwise = ", or accept the loss with allowed_bad_share=SHARE" if len(refused) < considered / 2 else ""
    raise DataError(
        expected=f"at most {allowed_bad_share:.1%} of the files refused",
        received=f"{len(refused)} of {considered} ({len(refused) / considered:.1%}): {commonest}. "
        f"{_spoken(example.detail)}",
        where=root,
        fix=f"See {out / 'quarantine.csv'} for each file, mend the folder and scan again{otherwise}.",
    )


def _row(path: PurePosixPath, labels: Labels, file: FileFacts, facts: Facts) -> dict[str, object]:
    speaker = facts.speakers.get(labels.speaker or "")
    return {
        "utterance_id": f"{facts.id}/{labels.name}",
        "corpus": facts.id,
        "path": str(path),
        "sha256": file.sha256,
        "pcm_sha256": file.audio and file.audio.pcm_sha256,
        "speaker": None if labels.speaker is None else f"{facts.id}/{labels.speaker}",
        "gender": speaker and speaker.gender,
        "age": speaker and speaker.age,
        "language": facts.language,
        "emotion_native": labels.emotion_native,
        "text_id": labels.text_id,
        "intensity": labels.intensity,
        "repetition": labels.repetition,
        "duration_s": file.audio and file.audio.duration_s,
        "sample_rate_hz": file.audio and file.audio.sample_rate_hz,
        "channels": file.audio and file.audio.channels,
        "session": labels.session,
        "split": labels.split,
    }
