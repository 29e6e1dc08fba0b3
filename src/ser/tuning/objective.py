"""What a trial is worth: its score on the development parts. Test parts are taken out before anything else happens."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ser import config
from ser.arrays import Float32, Int64
from ser.config import Settings
from ser.evaluation.metrics import METRICS, confusions
from ser.pipeline import prepare
from ser.pipeline.loaders import loaders
from ser.training.fit import finished, fit


def without_test(made: prepare.Split) -> prepare.Split:
    """Take the test part out of every fold: neither its labels nor its features can reach a trial.

    Args:
        made: the folds of the protocol.

    Returns:
        The folds without rows of the part "test", and the utterances that are left in any.
    """
    folds = made.folds[made.folds["part"] != "test"]
    kept = made.utterances["utterance_id"].isin(folds["utterance_id"])
    return dataclasses.replace(made, folds=folds, utterances=made.utterances[kept].reset_index(drop=True))


def tested_elsewhere(made: prepare.Split) -> int:
    """Count the utterances that are developed on in one fold and tested in another.

    A choice by the mean over all folds has then seen the labels of what the folds test, though never in its own fold.
    """
    part = made.folds.groupby("part")["utterance_id"].agg(set)
    return len(part.get("dev", set()) & part.get("test", set()))


def trial_settings(fixed: Sequence[str], chosen: Sequence[str]) -> Settings:
    """Compose the job of a trial. It works in one process: trials are what runs side by side."""
    return config.load([*fixed, *chosen, "workers=1"])


def scores(settings: Settings, made: prepare.Split, folder: Path) -> Iterator[float]:
    """Fit fold after fold, seed after seed, and give the development score of each as it comes.

    The score is the protocol's metric. A network is scored at its best epoch, an estimator as fitted on the training
    part alone. With self-training, too: no trial has test clips to adapt to.

    Args:
        settings: of the trial.
        made: folds without test parts.
        folder: where the fits lie while they are wanted; what is finished there is not repeated.
    """
    for fold, loader, _ in loaders(settings, made):
        for seed in settings.seeds:
            place = folder / f"fold-{fold:02d}-seed-{seed}"
            what: dict[str, Any] = {
                "spec": settings.model,
                "trainer": settings.trainer,
                "classes": made.classes,
                "seed": seed,
            }
            result = finished(**what, folder=place) or fit(loader(), **what, folder=place)
            yield score(result.dev, loader.dev_labels, settings.protocol.metric)


def score(probabilities: Float32, labels: Int64, metric: str) -> float:
    """Score probabilities, shape [n, classes], against labels, int64, shape [n]."""
    classes = probabilities.shape[1]
    counts = confusions(labels, probabilities.argmax(axis=1), np.zeros_like(labels), (1, classes))[0]
    return float(METRICS[metric].function(counts))
