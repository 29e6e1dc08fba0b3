"""Weights of corpora and self-training, from the command line to what is learned and to every page."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser import config
from ser.cli import main
from ser.pipeline import prepare, runs
from ser.pipeline.loaders import loaders
from ser.pipeline.prepare import Split
from ser.training.fit import fit
from tiny import overrides

ADAPTED = ["model=kernel_ridge", "tracking=none", "protocol.self_training={rounds:2,share:0.6}"]


@pytest.fixture(scope="module")
def work_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("learning")


@pytest.fixture(scope="module")
def made(work_dir: Path) -> Split:
    """The tiny split, half of its speakers under the name of another corpus."""
    split = prepare.split(config.load(overrides(work_dir)))
    rows = split.utterances
    foreign = rows["speaker"].isin(sorted(rows["speaker"].unique())[::2])
    return dataclasses.replace(split, utterances=rows.assign(corpus=rows["corpus"].where(~foreign, "other")))


def test_clips_and_their_copies_count_as_their_corpus_does(work_dir: Path, made: Split) -> None:
    settings = config.load(overrides(work_dir, "augment=noise", "+protocol.corpus_weights.other=0.3"))
    corpus = made.utterances.set_index("sha256")["corpus"]
    seen = set()
    for _, loader, _ in loaders(settings, made):
        data = loader()
        for keys, weights, versions in (
            (loader.train, data.train_weights, 2),
            (loader.dev, data.dev_weights, 1),
            (loader.test, data.test_weights, 1),
        ):
            assert weights is not None
            assert weights.dtype == np.float32
            expected = [0.3 if corpus[key] == "other" else 1.0 for key in keys] * versions
            np.testing.assert_allclose(weights, expected)
            seen |= set(expected)
    assert seen == {0.3, 1.0}


def test_without_weights_there_are_none(work_dir: Path, made: Split) -> None:
    for _, loader, _ in loaders(config.load(overrides(work_dir)), made):
        assert (loader.weights, loader.self_training) == (None, None)
        data = loader()
        assert (data.train_weights, data.dev_weights, data.test_weights) == (None, None, None)


def test_the_labels_of_the_test_part_never_enter_self_training(work_dir: Path, made: Split, tmp_path: Path) -> None:
    settings = config.load(overrides(work_dir, *ADAPTED, "normalise=speaker_rank"))
    one = dataclasses.replace(made, folds=made.folds[made.folds["fold"] == 1])
    hit = made.utterances["utterance_id"].isin(one.folds.loc[one.folds["part"] == "test", "utterance_id"])
    permuted = made.utterances.copy()
    permuted.loc[hit, "label"] = np.roll(permuted.loc[hit, "label"].to_numpy(), 3)
    assert (permuted["label"] != made.utterances["label"]).any()
    found = {}
    for name, utterances, job in (
        ("true", made.utterances, settings),
        ("permuted", permuted, settings),
        ("plain", made.utterances, config.load(overrides(work_dir, "model=kernel_ridge", "normalise=speaker_rank"))),
    ):
        ((_, loader, _),) = loaders(job, dataclasses.replace(one, utterances=utterances))
        folder = tmp_path / name
        found[name] = fit(loader(), job.model, job.trainer, classes=made.classes, seed=0, folder=folder)
    np.testing.assert_array_equal(found["true"].test, found["permuted"].test)
    np.testing.assert_array_equal(found["true"].dev, found["plain"].dev)
    assert (found["true"].test != found["plain"].test).any()


def test_a_run_says_what_it_learned_how(tmp_path: Path) -> None:
    weights = "+protocol.corpus_weights.synthetic=0.5"
    assert main(["train", *overrides(tmp_path, *ADAPTED, weights)]) == 0
    (folder,) = runs.all_runs(tmp_path)
    record = json.loads(folder.record.read_text())
    protocol = record["protocol"]
    assert record["name"] == "synthetic mfcc_mean kernel_ridge 0.5*synthetic self_training"
    assert protocol["transductive"] is True
    assert "an utterance of synthetic counts 0.5" in protocol["words"]
    assert protocol["warning"].startswith("TRANSDUCTIVE: the model has learned from the tested clips")
    assert "**TRANSDUCTIVE: the model has learned" in (folder.evaluation / "model_card.md").read_text()
    plain = prepare.split(config.load(overrides(tmp_path))).protocol
    assert plain["transductive"] is False
    assert plain["hash"] != protocol["hash"]
    assert len(pd.read_parquet(folder.predictions)) == protocol["utterances"]


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (["+protocol.corpus_weights.emodb=0.3"], "protocol.corpus_weights: expected a corpus of this job"),
        (
            ["model=knn", "+protocol.corpus_weights.synthetic=0.3"],
            "protocol.corpus_weights: expected a model that can count some training clips more than others",
        ),
        (["model=mlp", ADAPTED[-1]], "protocol.self_training: expected an estimator"),
        (["model=svm", "protocol.self_training={rounds:2,shares:0.6}"], "protocol.self_training.shares: expected"),
        (["model=svm", "protocol.self_training={rounds:2}"], "protocol.self_training.share"),
        (["model=svm", "protocol.self_training={rounds:0,share:0.5}"], "protocol.self_training.rounds"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_work(
    job: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *overrides(tmp_path, "tracking=none", *job)]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
