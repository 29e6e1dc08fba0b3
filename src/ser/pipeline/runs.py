"""What a run is called and where its parts lie: names are for people, hashes for identity."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ser.errors import StoreError, nearest_first
from ser.files import digest, read_json, write_json
from ser.fingerprint import code_version

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from ser.config import Settings

RUN_ID_DIGITS = 12
FORMAT = 1
"""Of `run.json` and what lies beside it; raised when a reader needs what earlier versions did not write."""
_AGAIN = ".again"
SUMMARY = "summary.json"


@dataclass(frozen=True)
class RunFolder:
    """The places of one run below `runs/<run id>`.

    Attributes:
        path: the folder; its name is the run id.
    """

    path: Path

    @property
    def run_id(self) -> str:
        """The identity hash, as the folder is named after it."""
        return self.path.name.removeprefix(".").removesuffix(_AGAIN)

    @property
    def again(self) -> RunFolder:
        """Where a finished run is repeated, so that it stays whole until its replacement is."""
        return RunFolder(self.path.with_name(f".{self.run_id}{_AGAIN}"))

    @property
    def record(self) -> Path:
        """`run.json`: what the run is; written when it starts."""
        return self.path / "run.json"

    @property
    def place(self) -> Path:
        """`place.json`: where on this machine the corpora lay."""
        return self.path / "place.json"

    @property
    def config(self) -> Path:
        """`config.yaml`: the resolved configuration."""
        return self.path / "config.yaml"

    @property
    def environment(self) -> Path:
        """`environment.txt`: the machine and the installed packages."""
        return self.path / "environment.txt"

    @property
    def predictions(self) -> Path:
        """`predictions.parquet`: written last of the training, so that its presence means a finished run."""
        return self.path / "predictions.parquet"

    @property
    def evaluation(self) -> Path:
        """`evaluation/`: computed from the predictions, at any time again."""
        return self.path / "evaluation"

    @property
    def summary(self) -> Path:
        """`evaluation/summary.json`."""
        return self.evaluation / SUMMARY

    @property
    def analysis(self) -> Path:
        """`analysis/`: what was asked of the run beyond its scores."""
        return self.path / "analysis"

    @property
    def folds(self) -> Path:
        """`folds.parquet`: the fold table."""
        return self.path / "folds.parquet"

    @property
    def utterances(self) -> Path:
        """`utterances.parquet`: the manifest rows in use, with their labels."""
        return self.path / "utterances.parquet"

    @property
    def audit(self) -> Path:
        """`audit.json`: the leakage audit, augmented copies included."""
        return self.path / "audit.json"

    @property
    def cost(self) -> Path:
        """`cost.json`: time, memory and energy of all fits, and what a model takes; no result depends on it."""
        return self.path / "cost.json"

    @property
    def failure(self) -> Path:
        """`failed.json`: why the last attempt ended."""
        return self.path / "failed.json"

    @property
    def finished(self) -> bool:
        """Whether every fold has been trained and tested."""
        return self.predictions.is_file()

    def fit(self, fold: int, seed: int) -> Path:
        """Return the folder of one fold trained with one seed."""
        return self.path / "fits" / f"fold-{fold:02d}-seed-{seed}"

    def studies(self) -> list[str]:
        """List the studies that asked for this run."""
        return sorted(path.stem for path in (self.path / "studies").glob("*.json"))

    def join_study(self, study: str) -> None:
        """Note that a study asked for this run: one small file a study, so that two processes never clash."""
        path = self.path / "studies" / f"{study}.json"
        if not path.is_file():
            write_json(path, {"study": study})


def folder_of(settings: Settings, *, data_hash: str, protocol_hash: str) -> RunFolder:
    """Say where the run of a job lies. Its name hashes what the run computes, and nothing else.

    That is: the data, the protocol, the features (by the names of their spaces in the store, which cover recipe,
    augmented copies and their code), the model, for networks the training, the seeds, and the code of training.

    Args:
        settings: the job.
        data_hash: of the manifests in use.
        protocol_hash: of labels, folds and metric.
    """
    # Imported here, so that finding and listing runs waits for neither torch nor numba.
    from ser.features.source import feature_source
    from ser.models.base import NetworkSpec

    source = feature_source(settings.work_dir, settings.features, settings.augment)
    trainer = dataclasses.asdict(settings.trainer) if isinstance(settings.model, NetworkSpec) else {}
    whole = {
        "data": data_hash,
        "protocol": protocol_hash,
        "features": source.clean_space.folder.name,
        "copies": sorted(space.folder.name for space in source.variant_spaces.values()),
        "model": {"class": type(settings.model).__qualname__, **_nameless(dataclasses.asdict(settings.model))},
        "trainer": {key: value for key, value in _nameless(trainer).items() if key != "checkpoint_seconds"},
        "seeds": settings.seeds,
        "code": code_of(settings),
    }
    return RunFolder(settings.work_dir / "runs" / digest(whole, RUN_ID_DIGITS))


def _nameless(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != "name"}


def code_of(settings: Settings) -> str:
    """Hash the code that gathers the folds, normalises them and trains this model."""
    return code_version(
        "ser.pipeline.folds",
        "ser.training.parallel",
        type(settings.model).__module__,
        type(settings.normalise).__module__,
    )


def name_of(settings: Settings) -> str:
    """Name a run for people: corpora, features, augmentation, model, and what of the protocol is not the usual."""
    # Imported here, so that finding and listing runs waits for no tables.
    from ser.protocol.normalise import ByTraining

    augment = [settings.augment.name] if settings.augment.name != "none" else []
    normalise = [] if isinstance(settings.normalise, ByTraining) else [f"normalise={settings.normalise.name}"]
    weights = [f"{weight:g}*{name}" for name, weight in sorted(settings.protocol.corpus_weights.items())]
    adapted = ["self_training"] if settings.protocol.self_training else []
    parts = ["+".join(settings.corpora), settings.features.name, *augment, settings.model.name]
    return " ".join([*parts, *normalise, *weights, *adapted])


def all_runs(work_dir: Path) -> Iterator[RunFolder]:
    """Give every run below a work folder, in order of their ids."""
    yield from runs_in(work_dir / "runs")


def runs_in(folder: Path) -> Iterator[RunFolder]:
    """Give every run whose folder lies in a folder, in order of their names."""
    for path in sorted(folder.glob("[!.]*/run.json")):
        yield RunFolder(path.parent)


def find(work_dir: Path, run: str) -> RunFolder:
    """Find a run by its id or the first letters of it.

    Raises:
        StoreError: when none or several fit; the known ones are listed, nearest first.
    """
    known = [folder.run_id for folder in all_runs(work_dir)]
    fitting = [run_id for run_id in known if run and run_id.startswith(run)]
    if len(fitting) == 1:
        return RunFolder(work_dir / "runs" / fitting[0])
    listed = ", ".join(fitting or nearest_first(run, known)[:10])
    raise StoreError(
        expected="the id of one run, or its first letters",
        received=run,
        where=work_dir / "runs",
        fix=f"{'Several fit' if fitting else 'Known runs'}: {listed or 'none'}.",
    )


def read(folder: RunFolder) -> dict[str, Any]:
    """Read what a run is (`run.json`)."""
    record: dict[str, Any] = read_json(folder.record)
    return record


def configuration(folder: RunFolder) -> DictConfig:
    """Read the resolved configuration of a run (`config.yaml`)."""
    # Imported here, so that finding and listing runs does not wait for it.
    from omegaconf import OmegaConf

    return cast("DictConfig", OmegaConf.load(folder.config))


def settings_as_data(folder: RunFolder) -> dict[str, Any]:
    """Read the resolved configuration of a run as mappings, lists and values."""
    from omegaconf import OmegaConf

    return cast("dict[str, Any]", OmegaConf.to_container(configuration(folder)))
