"""What int8 costs a run: every fold's model rounded, and asked for the clips that it was tested on."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser.arrays import Float32
from ser.evaluation import metrics, paired
from ser.evaluation.aligned import Aligned, align, chance_columns
from ser.evaluation.intervals import LEVEL
from ser.export import onnx_file, writing
from ser.export.engine import FileEngine
from ser.export.record import read
from ser.export.writing import INT8, Source
from ser.features.source import FeatureSource, feature_source
from ser.models.trained import TrainedModel
from ser.paths import store_dir
from ser.pipeline import report
from ser.pipeline.runs import RunFolder

_CALIBRATING = 100
"""Training clips that ranges are taken from."""
_FIT = re.compile(r"fold-(\d+)-seed-(-?\d+)")


@dataclass(frozen=True, kw_only=True)
class Material:
    """What the models of a run were trained and tested on.

    Attributes:
        features: read from the store.
        utterances: `utterance_id sha256 label speaker ...`.
        folds: `utterance_id fold part`.
    """

    features: FeatureSource
    utterances: pd.DataFrame
    folds: pd.DataFrame

    def part(self, fold: int, part: str) -> pd.DataFrame:
        """Give the utterances of a part of a fold, in the order of their ids."""
        chosen = self.folds[(self.folds["fold"] == fold) & (self.folds["part"] == part)]
        return self.utterances[self.utterances["utterance_id"].isin(chosen["utterance_id"])].sort_values("utterance_id")

    def calibration(self, folds: Sequence[int]) -> list[Float32]:
        """Read the features of training clips of some folds, evenly chosen.

        Raises:
            StoreError: when the store lacks them.
        """
        audio = pd.concat([self.part(fold, "train") for fold in folds])["sha256"].drop_duplicates().tolist()
        places = np.unique(np.linspace(0, len(audio) - 1, _CALIBRATING).astype(int))
        return list(self.features.clean([audio[place] for place in places]))


def material_of(folder: RunFolder, work_dir: Path, source: Source) -> Material:
    """Name what a run was trained on."""
    return Material(
        features=feature_source(store_dir(work_dir), source.recipe, None),
        utterances=pd.read_parquet(folder.utterances),
        folds=pd.read_parquet(folder.folds),
    )


def fits_of(folder: RunFolder) -> list[tuple[int, int]]:
    """List fold and seed of each model of a run, in the order of :func:`ser.pipeline.deployed.engine_of`."""
    names = [path.parent.parent.name for path in sorted(folder.path.glob("fits/*/model/model.json"))]
    return [(int(found[1]), int(found[2])) for name in names if (found := _FIT.fullmatch(name))]


def change(
    folder: RunFolder, material: Material, source: Source, members: Sequence[TrainedModel], *, to: str
) -> dict[str, Any]:
    """Measure what int8 changes of the UAR on held-out clips.

    Args:
        folder: the run.
        material: what it was trained on.
        source: what is exported; its members are not looked at.
        members: all models of the run, in the order of :func:`fits_of`.
        to: a key of :data:`ser.export.writing.FORMATS`, of those that hold int8.

    Returns:
        `uar_before`, `uar_after`, `difference`, and `interval` of the difference (`low high level method clusters`, or
        None with too few speakers), paired over speakers.
    """
    tables: dict[str, list[pd.DataFrame]] = {"before": [], "after": []}
    for (fold, seed), member in zip(fits_of(folder), members, strict=True):
        tested = material.part(fold, "test")
        clips = material.features.clean(tested["sha256"].tolist())
        rounded = _rounded(material, source, member, fold, to)
        for name, shares in (("before", member.predict_proba(clips)), ("after", rounded.classify(list(clips)))):
            tables[name].append(_predictions(shares, tested, source.facts.classes, fold, seed))
    before, after = (
        align(pd.concat(tables[name]), material.utterances, material.folds, source.facts.classes)
        for name in ("before", "after")
    )
    pair = paired.pair(before, after, len(source.facts.classes))
    interval = pair.interval(metrics.uar, replicates=report.REPLICATES, level=LEVEL, seed=report.SEED)
    difference = pair.difference(metrics.uar)
    uar = _uar(before, len(source.facts.classes))
    return {
        "uar_before": uar,
        "uar_after": uar + difference,
        "difference": difference,
        "interval": None if interval is None else dict(vars(interval)),
    }


def _rounded(material: Material, source: Source, member: TrainedModel, fold: int, to: str) -> FileEngine:
    one = dataclasses.replace(source, members=[member])
    data = writing.content(one, to, audio=False, form="int8", calibration=material.calibration([fold]))
    where = Path(f"fold {fold} in int8")
    if to == INT8:
        return FileEngine(
            read(onnx_file.entries(where, data), where=where), source.recipe, onnx_file.OnnxRun(where, data), where
        )
    # Imported here: it needs the runtime of LiteRT.
    from ser.export.litert_file import LiteRTRun

    run = LiteRTRun(where, data)
    return FileEngine(read(run.entries, where=where), source.recipe, run, where)


def _predictions(shares: Float32, tested: pd.DataFrame, classes: list[str], fold: int, seed: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "utterance_id": tested["utterance_id"].to_numpy(),
            "fold": fold,
            "seed": seed,
            "y_true": tested["label"].to_numpy(),
            "y_pred": np.array(classes)[shares.argmax(axis=1)],
            **dict(zip(chance_columns(classes), shares.T, strict=True)),
        }
    )


def _uar(data: Aligned, classes: int) -> float:
    counts = metrics.confusions(data.true, data.predicted, np.zeros_like(data.true), (1, classes))
    return float(metrics.uar(counts[:, 0]).mean())
