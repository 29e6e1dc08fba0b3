"""A trained run, ready to be asked: what `predict`, `serve`, `page` and `export` start from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.compute
import pyarrow.parquet

from ser.config import build
from ser.errors import StoreError
from ser.evaluation.cautions import cautions
from ser.features.base import Recipe
from ser.files import read_json
from ser.models import storage
from ser.pipeline import again, runs
from ser.pipeline.runs import RunFolder
from ser.serving.engine import TrainedEngine
from ser.serving.facts import Facts, Learned, Score

_OURS = "ser."


def engine_of(work_dir: Path, run: str) -> TrainedEngine:
    """Load a finished run, all its folds and seeds, without running code from its files.

    Args:
        work_dir: holds `runs/`.
        run: its id or the first letters of it.

    Raises:
        StoreError: when it is unknown, unfinished or damaged, or names classes that are not of this package.
        ConfigError: when its model does not take recordings one by one.
    """
    folder = again.finished(work_dir, run)
    facts = facts_of(folder)
    models = [storage.load(path.parent) for path in sorted(folder.path.glob("fits/*/model/model.json"))]
    return TrainedEngine(facts, recipe_of(folder), models)


def recipe_of(folder: RunFolder) -> Recipe:
    """Build the feature recipe of a run.

    Raises:
        StoreError: when its configuration names a class of another package: importing that would run its code.
    """
    node = runs.configuration(folder).features
    foreign = [target for target in _targets(runs.settings_as_data(folder)["features"]) if not target.startswith(_OURS)]
    if foreign:
        raise StoreError(
            expected="a feature recipe of ser",
            received=foreign[0],
            where=folder.config,
            fix="Nothing was run. Features of other packages are for training on this machine, not for serving.",
        )
    return build(node, Recipe, "features")  # type: ignore[type-abstract]


def facts_of(folder: RunFolder) -> Facts:
    """Gather what to tell of a run beside its answers.

    Raises:
        StoreError: when a file of the run is missing or damaged.
    """
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
    heard = pyarrow.parquet.read_table(folder.utterances, columns=["duration_s", "sample_rate_hz", "language"])
    lengths = pyarrow.compute.min_max(heard["duration_s"]).as_py()
    return Learned(
        languages=sorted(filter(None, pyarrow.compute.unique(heard["language"]).to_pylist())),
        lowest_rate_hz=int(pyarrow.compute.min(heard["sample_rate_hz"]).as_py()),
        shortest_s=lengths["min"],
        longest_s=lengths["max"],
        licences={name: facts["licence"] for name, facts in corpora.items()},
    )


def _targets(node: object) -> list[str]:
    """List every class that a configuration names."""
    if not isinstance(node, Mapping):
        return []
    own = [str(node["_target_"])] if "_target_" in node else []
    return own + [target for value in node.values() for target in _targets(value)]
