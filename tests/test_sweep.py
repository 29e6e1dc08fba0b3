"""Sweeps: everything is checked first, one failing job never loses the others, and finished jobs are not repeated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ser import config
from ser.cli import main
from ser.pipeline import runs
from tiny import overrides


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def models(work_dir: Path) -> list[str]:
    return sorted(runs.read(folder)["model"] for folder in runs.all_runs(work_dir) if folder.finished)


def test_a_wrong_pairing_in_a_sweep_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "-m", *overrides(tmp_path, "model=svm", "features=mfcc_mean,log_mel")]) == 2
    assert re.search(r"Models that fit these features: .*\bcnn_lstm\b", capsys.readouterr().err)
    assert not list(tmp_path.iterdir())


def test_a_failing_job_loses_no_other_and_is_listed_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = ["train", "-m", *overrides(tmp_path, "tracking=none", "model=mlp,svm", "trainer.learning_rate=1e30,1e-3")]
    assert main(sweep) == 1
    said = capsys.readouterr().err
    assert "3 of 4 jobs finished" in said
    (reason,) = [line for line in said.splitlines() if ": failed: " in line]
    assert "model=mlp" in reason
    assert "learning rate" in said
    # The svm uses no learning rate, so its two jobs are one run.
    assert models(tmp_path) == ["mlp", "svm"]


def test_a_sweep_again_trains_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sweep = ["train", "-m", *overrides(tmp_path, "tracking=none", "model=svm", "model.C=1,10")]
    assert main(sweep) == 0
    stamps = {folder.run_id: folder.predictions.stat().st_mtime_ns for folder in runs.all_runs(tmp_path)}
    assert len(stamps) == 2
    assert main(sweep) == 0
    assert {folder.run_id: folder.predictions.stat().st_mtime_ns for folder in runs.all_runs(tmp_path)} == stamps
    assert "2 of 2 jobs finished" in capsys.readouterr().err


def test_jobs_run_side_by_side_under_the_joblib_launcher(tmp_path: Path) -> None:
    launcher = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    assert main(["train", "-m", *overrides(tmp_path, "model=svm", "model.C=1,10", *launcher)]) == 0
    assert models(tmp_path) == ["svm", "svm"]


def test_jobs_run_under_submitit(tmp_path: Path) -> None:
    pytest.importorskip("submitit")
    sweep = overrides(tmp_path, "tracking=none", "model=svm", "model.C=1,10", "hydra/launcher=submitit_local")
    assert main(["train", "-m", *sweep]) == 0
    assert models(tmp_path) == ["svm", "svm"]


def test_the_slurm_preset_composes() -> None:
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    assert config.load(["hydra/launcher=slurm", "hydra.launcher.partition=short"]).study == "playground"


def test_a_job_of_a_sweep_cannot_be_an_interval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "-m", *overrides(tmp_path, "model.dropout=interval(0,1)")]) == 2
    assert "`ser tune`" in capsys.readouterr().err
