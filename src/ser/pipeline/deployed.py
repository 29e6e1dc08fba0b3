"""A trained run, ready to be asked: what `predict`, `serve`, `page` and `export` start from."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet
from omegaconf import OmegaConf

from ser.audio.stream import Limits
from ser.config import build
from ser.errors import SerError, StoreError, one_of
from ser.evaluation.cautions import cautions
from ser.features.base import Recipe
from ser.files import read_json
from ser.pipeline import again, runs
from ser.pipeline.runs import RunFolder
from ser.serving.engine import Engine, TrainedEngine
from ser.serving.facts import Facts, Learned, Score
from ser.serving.predictor import Predictor
from ser.serving.windows import Windows

WINDOW_S = 3.0
LIMITS = Limits(seconds=None, channels=32, lowest_rate_hz=4000, highest_rate_hz=384_000)
"""For recordings on one's own machine, however long."""
_OURS = "ser."
_ENCODERS = "ser.features.ssl"


def engine_of(work_dir: Path, run: str, *, registry: str | None, trusted: bool) -> Engine:
    """Load what answers, without running code from its files.

    Args:
        work_dir: holds `runs/`.
        run: a run id or the first letters of it, MODEL@ALIAS of the registry, or the path of an exported file.
        registry: where MLflow's model registry is; None is the database of the work folder.
        trusted: whether a file may be used that can hold code (TorchScript), or name an encoder to fetch.

    Raises:
        StoreError: when it is unknown, unfinished or damaged, or names classes that are not of this package.
        ConfigError: when its model does not take recordings one by one.
    """
    if Path(run).is_file():
        # Imported here: runs need none of the runtimes of exported files.
        from ser.export.reading import engine_from

        build_recipe = functools.partial(_exported_recipe, where=Path(run), trusted=trusted)
        return engine_from(Path(run), trusted=trusted, build_recipe=build_recipe)
    return trained_engine(folder_of(work_dir, run, registry=registry))


def folder_of(work_dir: Path, run: str, *, registry: str | None) -> RunFolder:
    """Find a finished run by its id, the first letters of it, or MODEL@ALIAS. See :func:`engine_of`.

    Raises:
        StoreError: when it is unknown or unfinished, or the registry does not answer.
    """
    if "@" not in run:
        return again.finished(work_dir, run)
    # Imported here: MLflow takes seconds, and ids need none of it.
    from ser.pipeline import sync

    places = {leader.name: leader.run_id for leader in sync.registry(work_dir, registry)}
    one_of(run, places, what="MODEL@ALIAS of the model registry", where="the run", error=StoreError)
    return again.finished(work_dir, places[run])


def predictor(engine: Engine, *, window_s: float | None, hop_s: float | None, language: str | None) -> Predictor:
    """Set an engine to read recordings of any length.

    Args:
        engine: what is asked.
        window_s: seconds a window; None takes 3, and recordings no longer than the longest utterance of the training
            are heard whole.
        hop_s: seconds from one window to the next; None takes a third of the window.
        language: what is spoken, BCP-47; None when not said.

    Raises:
        ConfigError: for windows that cannot be.
    """
    size = WINDOW_S if window_s is None else window_s
    whole_s = max(size, engine.facts.learned.longest_s) if window_s is None else size
    return Predictor(
        engine=engine,
        windows=Windows(window_s=size, hop_s=size / 3 if hop_s is None else hop_s, whole_s=whole_s),
        limits=LIMITS,
        language=language,
    )


def trained_engine(folder: RunFolder) -> TrainedEngine:
    """Load a run, all its folds and seeds, without running code from its files. See :func:`engine_of`."""
    # Imported here: exported files need neither PyTorch nor scikit-learn.
    from ser.models import storage

    facts = facts_of(folder)
    models = [storage.load(path.parent) for path in sorted(folder.path.glob("fits/*/model/model.json"))]
    return TrainedEngine(facts, recipe_of(folder), models)


def recipe_of(folder: RunFolder) -> Recipe:
    """Build the feature recipe of a run. See :func:`built_recipe`."""
    with _said_of(folder):
        settings = runs.settings_as_data(folder)["features"]
    return built_recipe(settings, where=folder.config)


def built_recipe(node: Mapping[str, Any], *, where: Path) -> Recipe:
    """Build a feature recipe from the settings that go with a model.

    Args:
        node: as in `config.yaml` of a run.
        where: the file it comes from.

    Raises:
        StoreError: when it names a class of another package: importing that would run its code. Or when it refers to
            values elsewhere: what they come to, OmegaConf says only once they have been looked up.
    """
    foreign = _foreign(node)
    if foreign:
        raise StoreError(
            expected="a feature recipe of ser",
            received=foreign[0],
            where=where,
            fix="Nothing was run. Features of other packages are for training on this machine, not for serving.",
        )
    return build(OmegaConf.create(dict(node)), Recipe, "features")  # type: ignore[type-abstract]


def _exported_recipe(node: Mapping[str, Any], *, where: Path, trusted: bool) -> Recipe:
    """Build the recipe that an exported file names: of an encoder, which may be fetched, only if the user vouches."""
    if not trusted and any(key == "_target_" and str(value).startswith(_ENCODERS) for key, value in _values(node)):
        raise StoreError(
            expected="features that are computed from the sound alone",
            received=str(node["_target_"]),
            where=where,
            fix="Nothing was fetched. If you made this file, say so with --trust.",
        )
    return built_recipe(node, where=where)


def facts_of(folder: RunFolder) -> Facts:
    """Gather what to tell of a run beside its answers.

    Raises:
        StoreError: when a file of the run is missing or damaged.
    """
    with _said_of(folder):
        record, summary = runs.read(folder), read_json(folder.summary)
        protocol = record["protocol"]
        return Facts(
            run_id=folder.run_id,
            name=record["name"],
            classes=protocol["classes"],
            features=record["features"],
            protocol=protocol["words"],
            cautions=cautions(protocol),
            score=_score(summary),
            learned=_learned(folder, record["corpora"]),
            members=len(list(folder.path.glob("fits/*/model/model.json"))),
            card=(folder.evaluation / "model_card.md").read_text(encoding="utf-8"),
        )


def _score(summary: Mapping[str, Any]) -> Score:
    interval = summary["uar_interval"]
    around = f" (95 % interval {interval['low']:.3f} to {interval['high']:.3f})" if interval else ""
    chance = summary["baselines"]["permuted"]["mean"]
    return Score(
        uar=summary["uar"],
        low=interval["low"] if interval else None,
        high=interval["high"] if interval else None,
        words=f"UAR {summary['uar']:.3f}{around} on {summary['n']} held-out utterances; chance {chance:.3f}",
    )


def _learned(folder: RunFolder, corpora: Mapping[str, Mapping[str, Any]]) -> Learned:
    # Not by `read_table`, which imports pandas for it.
    with pyarrow.parquet.ParquetFile(folder.utterances) as file:
        heard = file.read(columns=["duration_s", "sample_rate_hz", "language"])
    lengths, rates = heard["duration_s"].to_pylist(), heard["sample_rate_hz"].to_pylist()
    return Learned(
        languages=sorted(set(heard["language"].to_pylist()) - {None}),
        lowest_rate_hz=min(rates),
        highest_rate_hz=max(rates),
        shortest_s=min(lengths),
        longest_s=max(lengths),
        licences={name: facts["licence"] for name, facts in corpora.items()},
    )


@contextlib.contextmanager
def _said_of(folder: RunFolder) -> Iterator[None]:
    """Say of a run that its files are missing or damaged."""
    try:
        yield
    except SerError:
        raise
    # The readers of YAML and Parquet have errors of their own, without a base in common.
    except Exception as error:
        raise StoreError(
            expected="a finished run, all its files whole",
            received=f"{type(error).__name__}: {error}",
            where=folder.path,
            fix="Copy the run again, whole, or train it again. Nothing of it was run.",
        ) from error


def _foreign(node: Mapping[str, Any]) -> list[str]:
    """List what leads out of a configuration: classes of other packages, and references, `${...}`."""
    found = list(_values(node))
    targets = [str(value) for key, value in found if key == "_target_"]
    references = [value for _, value in found if isinstance(value, str) and "${" in value]
    return [target for target in targets if not target.startswith(_OURS)] + references


def _values(node: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Give every value of a configuration with the key that it stands under, those in lists too."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from _values(value, str(name))
    elif isinstance(node, list):
        for value in node:
            yield from _values(value)
    else:
        yield key, node
