"""What is here and what is missing: for `ser corpora` and `ser doctor`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from ser import __version__, fingerprint, paths
from ser.corpora.base import Corpus
from ser.corpora.synth import is_synthetic
from ser.errors import DataError, one_of
from ser.fetch.contents import utterances
from ser.fetch.sources import SOURCES, chosen

PACKAGES = ("torch", "torchaudio", "lightning", "hydra-core", "mlflow", "dvc", "scikit-learn", "numpy", "pandas")
EXTRAS = {
    "av": ("av", "m4a, mp4 and webm files"),
    "joblib": ("hydra_plugins.hydra_joblib_launcher", "parallel sweeps"),
    "opensmile": ("opensmile", "features=egemaps and compare, under openSMILE's licence"),
    "ssl": ("transformers", "features=ssl and ssl_frames"),
    "onnx": ("onnxruntime", "ser export --to onnx, and such files"),
    "litert": ("ai_edge_litert", "ser export --to litert, and such files"),
    "page": ("streamlit", "ser page"),
    "serve": ("python_multipart", "ser serve"),
    "spark": ("pyspark", "extraction on many machines, with Java 17"),
}
LEAST_FREE_GB = 2.0
MISSING, EMPTY = "missing", "empty"
"""What `ser corpora` says of a corpus folder that is still to be filled."""


def data_dir(given: Path | None) -> Path:
    """Say which folder holds the corpora: the one given, else what the configuration says."""
    from ser.config import load

    return given or load([]).data_dir


def corpus_named(name: str, settings: Mapping[str, str | bool] | None = None) -> Corpus:
    """Build a corpus with the settings of its file in `conf/corpus`.

    Args:
        name: its id.
        settings: others in the place of those, as :func:`ser.fetch.sources.chosen` gives for an edition.

    Raises:
        ConfigError: when there is no published corpus of that name.
    """
    from omegaconf import OmegaConf

    from ser.config import build

    one_of(name, SOURCES, what="a published corpus", where="corpus")
    node = OmegaConf.load(paths.conf_dir() / "corpus" / f"{name}.yaml")
    node.update(settings or {})
    return build(node, Corpus, f"corpora.{name}")  # type: ignore[arg-type,type-abstract]


def corpora_text(folder: Path) -> str:
    """Describe every corpus that `ser` knows, its editions, and what of it lies in a folder."""
    rows: list[tuple[str, ...]] = [
        ("corpus", "here", "access", "MB", "utterances", "speakers", "classes", "language", "licence")
    ]
    notes = []
    for name in sorted(SOURCES):
        corpus = corpus_named(name)
        facts, here, source = corpus.facts, state(corpus, folder / name), chosen(name, None)[0]
        counts = (sum(facts.classes.values()), len(facts.speakers), len(facts.classes))
        megabytes = str(source.megabytes or "?")
        rows.append((name, here, source.access, megabytes, *map(str, counts), facts.language, facts.licence))
        if here in (MISSING, EMPTY):
            notes.append(f"{name}: " + (f"ser fetch {name}" if source.listing else facts.how_to_get))
    rows.append(("synthetic", "built in", "-", "-", "any", "any", "7", "-", "none needed: not a benchmark"))
    head = [
        f"Corpora are looked for in {folder} (choose another folder with --data-dir DIR or SER_DATA_DIR).",
        "What is here is told by the names of the files; `ser scan corpus=NAME` reads the audio.",
        "",
    ]
    editions = ["", "Other editions, each in a folder of its own:", *_aligned(_other_editions(folder))]
    return "\n".join([*head, *_aligned(rows), *editions, *(["", "How to get what is missing:", *notes] * bool(notes))])


def _other_editions(folder: Path) -> list[tuple[str, ...]]:
    """Say of each edition but the usual ones how to get it, whether it is here, its size, and what it is."""
    return [
        (
            f"ser fetch {name} --edition {edition}",
            state(corpus_named(name, settings), folder / f"{settings['folder']}"),
            f"{source.megabytes} MB",
            source.what,
        )
        for name in sorted(SOURCES)
        for edition in SOURCES[name]
        for source, settings in [chosen(name, edition)]
        if "folder" in settings
    ]


def state(corpus: Corpus, folder: Path) -> str:
    """Say in a few words how much of a corpus lies in a folder, by the names of the files; no audio is read.

    Args:
        corpus: the corpus, with the settings of the edition.
        folder: its folder.

    Returns:
        "missing", "empty", "synthetic", "whole", "336 of 2800", the bare count where nobody says how many are
        published, or "unclear", of which `ser scan` says why.
    """
    if not folder.is_dir():
        return MISSING
    if is_synthetic(folder):
        return "synthetic"
    try:
        count = len(utterances(corpus, folder))
    except DataError:
        return "unclear"
    if not any(folder.iterdir()):
        return EMPTY
    published = sum(corpus.facts.classes.values())
    if not published:
        return str(count)
    # More than the published count is whole too: some count without the files that are published damaged.
    return "whole" if count >= published else f"{count} of {published}"


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
    states = {name: state(corpus_named(name), folder / name) for name in sorted(SOURCES)}
    found = [f"{name} ({here})" for name, here in states.items() if here not in (MISSING, EMPTY)]
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
