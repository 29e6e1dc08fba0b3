"""A trial never meets a test part: not its labels, not its audio."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from ser import config
from ser.models import storage
from ser.pipeline import prepare
from ser.pipeline.prepare import Split
from ser.tuning import objective
from tiny import overrides


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Split:
    """One fold: what it tests is nowhere else."""
    split = prepare.split(config.load(overrides(tmp_path_factory.mktemp("split"))))
    return dataclasses.replace(split, folds=split.folds[split.folds["fold"] == 1])


def poisoned(made: Split) -> Split:
    """The same with wrong labels, and no audio, in the test part."""
    tested = made.folds.loc[made.folds["part"] == "test", "utterance_id"]
    rows = made.utterances.copy()
    hit = rows["utterance_id"].isin(tested)
    rows.loc[hit, "label"] = made.classes[0]
    rows.loc[hit, "file"] = "/there/is/no/such/file.wav"
    rows.loc[hit, "sha256"] = [f"{number:064x}" for number in range(hit.sum())]
    return dataclasses.replace(made, utterances=rows)


@pytest.mark.parametrize("model", ["svm", "mlp"])
def test_the_score_does_not_know_the_test_part(made: Split, tmp_path: Path, model: str) -> None:
    found = []
    for name, split in (("clean", made), ("poisoned", poisoned(made))):
        settings = config.load(overrides(tmp_path / name, f"model={model}", "seeds=[0,1]"))
        found.append(list(objective.scores(settings, objective.without_test(split), tmp_path / name / "fits")))
    assert len(found[0]) == 2
    assert found[0] == found[1]


def test_an_estimator_is_scored_as_fitted_on_the_training_part_alone(made: Split, tmp_path: Path) -> None:
    settings = config.load(overrides(tmp_path, "model=svm"))
    inner = objective.without_test(made)
    (score,) = objective.scores(settings, inner, tmp_path / "fits")
    source = prepare.features(settings, inner).source
    rows = inner.utterances.set_index("utterance_id")
    held_out = rows.loc[inner.folds.loc[inner.folds["part"] == "dev", "utterance_id"]]
    kept = storage.load(tmp_path / "fits" / "fold-01-seed-0" / "model")
    chosen = kept.predict_proba(source.clean(held_out["sha256"].tolist())).argmax(axis=1)
    labels = held_out["label"].map(made.classes.index).to_numpy()
    recalls = [(chosen[labels == label] == label).mean() for label in np.unique(labels)]
    assert score == pytest.approx(np.mean(recalls))


def test_utterances_developed_on_and_tested_are_counted(made: Split, tmp_path: Path) -> None:
    assert objective.tested_elsewhere(made) == 0
    every = prepare.split(config.load(overrides(tmp_path)))
    assert objective.tested_elsewhere(every) > 0
