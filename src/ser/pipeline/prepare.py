"""The verbs before training: scan, split, features. Each asks the one before it, which is free when it is done."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ser.config import Settings
from ser.corpora import manifest as manifests
from ser.corpora.scan import ScanResult
from ser.corpora.scan import scan as scan_corpus
from ser.errors import DataError
from ser.features.extract import Clip, Extraction, extract
from ser.files import digest, locked, sha256_of_file, write_json, written_aside
from ser.fingerprint import code_version
from ser.paths import store_dir
from ser.protocol import audit as audits
from ser.protocol import labels
from ser.protocol.identity import protocol_hash

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Split:
    """Labelled utterances and their folds.

    Attributes:
        utterances: the manifest rows in use, plus `label` and `file` (absolute path of the audio).
        classes: the classes that have utterances, in the order of the label set.
        dropped: what labels and protocol leave out: `corpus emotion_native count reason`.
        folds: `utterance_id fold part`.
        audit: the leakage audit of the folds.
        protocol: the protocol in words and its hash, as plain data.
        data_hash: of the manifests.
        folder: where folds, audit and protocol are kept.
    """

    utterances: pd.DataFrame
    classes: list[str]
    dropped: pd.DataFrame
    folds: pd.DataFrame
    audit: audits.Audit
    protocol: dict[str, object]
    data_hash: str
    folder: Path

    @property
    def protocol_hash(self) -> str:
        """What must be equal for two runs to be compared."""
        return str(self.protocol["hash"])


def scan(settings: Settings) -> dict[str, tuple[ScanResult, Path]]:
    """Scan every corpus of the job.

    Returns:
        By corpus id: the scan's result, and the folder of its manifest, quarantine and card.

    Raises:
        DataError: when a corpus is missing or too much of it is bad.
    """
    _refuse_missing(settings)
    results = {}
    for name, corpus in settings.corpora.items():
        root = corpus.root(settings.data_dir, settings.work_dir)
        out = scan_folder(settings, name)
        with locked(out):
            result = scan_corpus(
                corpus, root, out, workers=settings.workers, allowed_bad_share=settings.allowed_bad_share
            )
        if len(result.quarantine):
            log.info("%s: %d files in quarantine; see %s", name, len(result.quarantine), out / "quarantine.csv")
        results[name] = (result, out)
    return results


def _refuse_missing(settings: Settings) -> None:
    """Name all published corpora that are not here, where several are meant: one at a time is found by its own scan."""
    missing = [
        name
        for name, corpus in settings.corpora.items()
        if corpus.facts.benchmark and not corpus.root(settings.data_dir, settings.work_dir).is_dir()
    ]
    if len(missing) > 1:
        raise DataError(
            expected=f"a folder of each of {', '.join(settings.corpora)}",
            received=f"none of {', '.join(missing)}",
            where=settings.data_dir,
            fix="`ser corpora` says how to get each; name those that are there with corpus=[a,b]. The folder that "
            "holds them is chosen with data_dir=DIR or the variable SER_DATA_DIR.",
        )


def scan_folder(settings: Settings, name: str) -> Path:
    """Say where the manifest of a corpus lies: another edition or another copy has another folder."""
    corpus = settings.corpora[name]
    root = corpus.root(settings.data_dir, settings.work_dir).resolve()
    key = digest({"settings": dataclasses.asdict(corpus), "root": str(root)}, 8)
    return settings.work_dir / "data" / "manifests" / f"{name}-{key}"


def manifest(settings: Settings) -> pd.DataFrame:
    """Join the manifests of the job's corpora, with the column `file` (path of the audio) added."""
    frames = [with_files(settings, name, result) for name, (result, _) in scan(settings).items()]
    return pd.concat(frames, ignore_index=True)


def with_files(settings: Settings, name: str, result: ScanResult) -> pd.DataFrame:
    """Add the column `file` (path of the audio) to the manifest of one corpus."""
    root = settings.corpora[name].root(settings.data_dir, settings.work_dir)
    return result.manifest.assign(file=[str(root / path) for path in result.manifest["path"]])


def split(settings: Settings) -> Split:
    """Label the utterances, make the folds, and audit them.

    Raises:
        ProtocolError: when the labels do not cover the data, the rule cannot be kept, or the audit finds a leak that
            the rule does not permit.
    """
    rows = manifest(settings)
    labelled = labels.apply(rows, settings.labels)
    data_hash = manifests.data_hash(rows)
    key = digest(
        {
            "data": data_hash,
            "labels": dataclasses.asdict(settings.labels),
            "rule": {"class": type(settings.protocol).__name__, **dataclasses.asdict(settings.protocol)},
            "normalise": settings.normalise.settings(),
            "sources": [sha256_of_file(source) for source in settings.protocol.sources()],
            "code": code_version(
                type(settings.protocol).__module__, type(settings.normalise).__module__, "ser.protocol.labels"
            ),
        }
    )
    folder = settings.work_dir / "data" / "splits" / key
    file = folder / "folds.parquet"
    with locked(folder):
        if file.is_file():
            folds = pd.read_parquet(file)
        else:
            folds = settings.protocol.split(labelled.utterances)
            folds = settings.normalise.enrol(folds, labelled.utterances)
            with written_aside(file) as aside:
                folds.to_parquet(aside, index=False)
        labelled = labels.restrict(labelled, folds, f"left out by protocol={settings.protocol.name}")
        audit = audits.audit(folds, labelled.utterances)
        protocol = _protocol(settings, labelled, folds, audit)
        write_json(folder / "protocol.json", protocol)
        write_json(folder / "audit.json", audit_record(audit))
    audits.check(audit, settings.protocol)
    return Split(
        utterances=labelled.utterances,
        classes=labelled.classes,
        dropped=labelled.dropped,
        folds=folds,
        audit=audit,
        protocol=protocol,
        data_hash=data_hash,
        folder=folder,
    )


def _protocol(
    settings: Settings, labelled: labels.Labelled, folds: pd.DataFrame, audit: audits.Audit
) -> dict[str, object]:
    rule = settings.protocol
    return {
        "name": rule.name,
        "hash": protocol_hash(labelled.utterances, labelled.classes, rule, folds, settings.normalise),
        "words": f"{rule.describe()}; {settings.normalise.describe()}",
        "normalise": settings.normalise.name,
        "transductive": settings.normalise.transductive or rule.self_training is not None,
        "warning": " ".join(
            filter(None, [settings.normalise.warning, rule.warning, *rule.remarks(labelled.utterances)])
        ),
        "labels": settings.labels.name,
        "classes": labelled.classes,
        "corpora": list(settings.corpora),
        "speaker_independent": audit.speaker_independent,
        "metric": rule.metric,
        "verdict": audit.verdict,
        "utterances": len(labelled.utterances),
        "speakers": int(labelled.utterances["speaker"].nunique()),
        "folds": int(folds["fold"].nunique()),
    }


def audit_record(audit: audits.Audit) -> dict[str, object]:
    """Give an audit as plain data for JSON."""
    return {"verdict": audit.verdict, "note": audit.note, "rows": audit.table.to_dict("records")}


def features(settings: Settings, made: Split) -> Extraction:
    """Extract what the store lacks of the features of every utterance in use, and of their augmented copies.

    Args:
        settings: the job.
        made: its split.

    Returns:
        A small handle that reads the features from the store in any process, and what was done.

    Raises:
        DataError: when audio could not be read; everything else is stored then.
    """
    root = store_dir(settings.work_dir)
    return extract(clips_of(made.utterances), settings.features, settings.augment, root, engine=settings.engine)


def clips_of(rows: pd.DataFrame) -> list[Clip]:
    """Name the audio of some utterances.

    Args:
        rows: `utterance_id file sha256`.
    """
    return [
        Clip(utterance_id=utterance, path=Path(file), sha256=sha256)
        for utterance, file, sha256 in zip(rows["utterance_id"], rows["file"], rows["sha256"], strict=True)
    ]
