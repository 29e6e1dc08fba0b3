"""What is here and what is missing: for `ser corpora` and `ser doctor`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from pathlib import Path

from ser import __version__, fingerprint, paths
from ser.corpora.base import Corpus, Facts
from ser.corpora.synth import is_synthetic
from ser.errors import one_of
from ser.fetch.sources import SOURCES

PACKAGES = ("torch", "torchaudio", "lightning", "hydra-core", "mlflow", "dvc", "scikit-learn", "numpy", "pandas")
EXTRAS = {
    "av": ("av", "m4a, mp4 and webm files"),
    "joblib": ("hydra_plugins.hydra_joblib_launcher", "parallel sweeps"),
    "opensmile": ("opensmile", "features=egemaps and compare, under openSMILE's licence"),
    "ssl": ("transformers", "features=ssl and ssl_frames"),
    "spark": ("pyspark", "extraction on many machines, with Java 17"),
}
LEAST_FREE_GB = 2.0


def data_dir(given: Path | None) -> Path:
    """Say which folder holds the corpora: the one given, else what the configuration says."""
    from ser.config import load

    return given or load([]).data_dir


def corpus_named(name: str) -> Corpus:
    """Build a corpus with the settings of its file in `conf/corpus`.

    Raises:
        ConfigError: when there is no published corpus of that name.
    """
    from omegaconf import OmegaConf

    from ser.config import build

    one_of(name, SOURCES, what="a published corpus", where="corpus")
    node = OmegaConf.load(paths.conf_dir() / "corpus" / f"{name}.yaml")
    return build(node, Corpus, f"corpora.{name}")  # type: ignore[arg-type,type-abstract]


def known_corpora() -> list[Facts]:
    """List the facts of every published corpus, by id."""
    return [corpus_named(name).facts for name in sorted(SOURCES)]


def corpora_text(folder: Path) -> str:
    """Describe every corpus that `ser` knows and whether it lies in a folder."""
    rows: list[tuple[str, ...]] = [
        ("corpus", "here", "access", "MB", "utterances", "speakers", "classes", "language", "licence")
    ]
    notes = []
    for facts in known_corpora():
        here, source = _state(folder / facts.id), SOURCES[facts.id]
        counts = (sum(facts.classes.values()), len(facts.speakers), len(facts.classes))
        megabytes = str(source.megabytes or "?")
        rows.append((facts.id, here, source.access, megabytes, *map(str, counts), facts.language, facts.licence))
        if here == "missing":
            notes.append(f"{facts.id}: " + (f"ser fetch {facts.id}" if source.listing else facts.how_to_get))
    rows.append(("synthetic", "built in", "-", "-", "any", "any", "7", "-", "none needed: not a benchmark"))
    head = f"Corpora are looked for in {folder} (choose it with data_dir=DIR, --data-dir DIR or SER_DATA_DIR)."
    return "\n".join([head, "", *_aligned(rows), *(["", "How to get what is missing:", *notes] if notes else [])])


def _state(folder: Path) -> str:
    if not folder.is_dir():
        return "missing"
    return "synthetic" if is_synthetic(folder) else "found"


def doctor(folder: Path, work_dir: Path) -> tuple[str, bool]:
    """Check the installation, the machine, the corpora and the stores.

    Args:
        folder: where the corpora lie.
        work_dir: where `ser` writes.

    Returns:
        The findings, one a line, marked ok, note or MISSING; and whether nothing is missing that `ser` needs.
    """
    findings = [
        ("ok", f"ser {__version__}, code version {fingerprint.code_version('ser.pipeline.train')}"),
        ("ok", f"Python {sys.version.split()[0]}"),
        *(_package(name) for name in PACKAGES),
        *(_extra(extra) for extra in EXTRAS),
        _cores(),
        _gpu(),
        _disk(work_dir),
        ("ok", f"configuration: {paths.conf_dir()}")
        if (paths.conf_dir() / "config.yaml").is_file()
        else ("MISSING", f"configuration: {paths.conf_dir()}; install ser again"),
        _corpora(folder),
        _runs(work_dir),
    ]
    text = "\n".join(f"{mark:8s}{line}" for mark, line in findings)
    return text, not any(mark == "MISSING" for mark, _ in findings)


def _package(name: str) -> tuple[str, str]:
    try:
        return "ok", f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return "MISSING", f"{name}: run `make test`, or `pip install --require-hashes -r requirements.lock`"


def _extra(extra: str) -> tuple[str, str]:
    module, use = EXTRAS[extra]
    try:
        found = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        found = False
    return ("ok", f"extra {extra}") if found else ("note", f"extra {extra} ({use}): pip install 'ser[{extra}]'")


def _cores() -> tuple[str, str]:
    from ser.config import available_cores

    return "ok", f"{available_cores()} cores to work with (workers=N changes how many are used)"


def _gpu() -> tuple[str, str]:
    import torch

    if torch.cuda.is_available():
        return "ok", f"GPU: {torch.cuda.get_device_name(0)}"
    return "note", "no GPU found: training runs on the CPU"


def _disk(work_dir: Path) -> tuple[str, str]:
    try:
        free = shutil.disk_usage(work_dir).free / 1e9
    except OSError as error:
        return "MISSING", f"{work_dir.resolve()}: {error.strerror}"
    if not os.access(work_dir, os.W_OK):
        return "MISSING", f"{work_dir.resolve()} cannot be written"
    mark = "ok" if free >= LEAST_FREE_GB else "note"
    return mark, f"{free:.1f} GB free below {work_dir.resolve()}"


def _corpora(folder: Path) -> tuple[str, str]:
    found = [name for name in sorted(SOURCES) if (folder / name).is_dir()]
    if found:
        return "ok", f"corpora in {folder}: {', '.join(found)}"
    return "note", f"no corpus in {folder}: only corpus=synthetic runs; see `ser corpora`"


def _runs(work_dir: Path) -> tuple[str, str]:
    count = len(list((work_dir / "runs").glob("*/predictions.parquet")))
    unfinished = len(list((work_dir / "runs").glob("*/run.json"))) - count
    return "ok", f"{count} finished runs, {unfinished} unfinished, below {work_dir.resolve()}"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
