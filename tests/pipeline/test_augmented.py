"""What augmentation and perturbed batches change in a run, from the command line on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ser import config
from ser.cli import main
from ser.pipeline import runs
from tiny import CLIPS, overrides


def run_id(*more: str) -> str:
    return runs.folder_of(config.load(more), data_hash="data", protocol_hash="protocol").run_id


def test_a_network_trains_on_one_copy_an_epoch_mixed_and_masked(tmp_path: Path) -> None:
    more = ["model=cnn", "features=log_mel", "augment=robust", "tracking=none", "trainer=debug", "workers=1"]
    perturbed = ["trainer.copies=one_per_epoch", "trainer.mixup_alpha=0.2", "trainer.spec_augment.time_masks=1"]
    assert main(["train", *overrides(tmp_path, *more, *perturbed)]) == 0
    (folder,) = runs.all_runs(tmp_path)
    predictions = pd.read_parquet(folder.predictions)
    assert len(predictions) == CLIPS
    assert predictions.filter(like="p_").sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)


def test_how_copies_and_batches_are_used_is_part_of_a_networks_identity_only() -> None:
    for change in ("trainer.copies=one_per_epoch", "trainer.mixup_alpha=0.2", "trainer.spec_augment.time_masks=2"):
        assert run_id("augment=noise", "model=cnn", change) != run_id("augment=noise", "model=cnn")
        assert run_id("augment=noise", "model=svm", change) == run_id("augment=noise", "model=svm")


def test_how_often_an_operation_is_applied_is_part_of_the_identity_of_copies() -> None:
    seldom = run_id("augment=noise", "+augment.variants.noise.probabilities.noise=0.5")
    assert seldom != run_id("augment=noise")
    assert run_id("augment=[robust,noise]") == run_id("augment=[noise,robust]")


def test_masks_on_vectors_are_refused_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = ["model=mlp", "features=mfcc_mean", "trainer.spec_augment.time_masks=1"]
    assert main(["train", *overrides(tmp_path, *job)]) == 2
    assert "trainer.spec_augment: expected sequence features" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (["model=svm", "augment=noise", "trainer.copies=one_per_epoch"], "trainer.copies: expected a network"),
        (["model=svm", "trainer.mixup_alpha=0.2"], "trainer.mixup_alpha: expected a network"),
        (["model=svm", "trainer.spec_augment.time_masks=1"], "trainer.spec_augment: expected a network"),
        (["model=mlp", "trainer.copies=one_per_epoch"], "trainer.copies: expected augmented copies to draw from"),
    ],
)
def test_perturbation_that_would_do_nothing_is_refused_before_any_work(
    job: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *overrides(tmp_path, *job)]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
