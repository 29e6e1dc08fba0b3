"""Recordings that the answers of an exported file are compared on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ser.audio import decode
from ser.config import load
from ser.corpora.synthetic import EXPRESSIONS, Synthetic
from ser.errors import SerError
from ser.export.checking import Clip
from ser.features.base import Recipe
from ser.pipeline import again
from ser.pipeline.runs import RunFolder

_TESTED, _VOICE = "tested utterances of the run", "the embedded synthetic voice (the corpora of the run are not here)"


def clips_of(folder: RunFolder, work_dir: Path, *, count: int, data_dir: Path | None) -> tuple[str, list[Clip]]:
    """Load recordings to compare on: tested ones of the run, or where they are not here, the embedded voice.

    Returns:
        Where they are from, in words, and the clips.

    Raises:
        DataError: when they are not in the folder that was named.
    """
    folds, rows = pd.read_parquet(folder.folds), pd.read_parquet(folder.utterances)
    tested = rows[rows["utterance_id"].isin(folds.loc[folds["part"] == "test", "utterance_id"])]
    chosen = tested.iloc[np.unique(np.linspace(0, len(tested) - 1, count).astype(int))]
    try:
        settings = again.settings_of(folder, work_dir, workers=1, data_dir=data_dir)
        roots = {name: corpus.root(settings.data_dir, work_dir) for name, corpus in settings.corpora.items()}
        clips = [
            _clip(settings.features, roots[corpus] / path)
            for corpus, path in zip(chosen["corpus"], chosen["path"], strict=True)
        ]
    except SerError:
        if data_dir is not None:
            raise
        return _VOICE, _voice(count)
    return _TESTED, clips


def _clip(recipe: Recipe, path: Path) -> Clip:
    samples, rate = decode.load(path, sample_rate_hz=None, offset_s=recipe.offset_s, duration_s=recipe.duration_s)
    return Clip(samples=samples, sample_rate_hz=rate)


def _voice(count: int) -> list[Clip]:
    corpus = load(["corpus=synthetic"]).corpora["synthetic"]
    assert isinstance(corpus, Synthetic)  # noqa: S101 - conf/corpus/synthetic.yaml says so
    emotions = list(EXPRESSIONS)
    return [
        Clip(
            samples=corpus.clip(index % corpus.speakers, emotions[index % len(emotions)], index % corpus.utterances),
            sample_rate_hz=corpus.sample_rate_hz,
        )
        for index in range(count)
    ]
