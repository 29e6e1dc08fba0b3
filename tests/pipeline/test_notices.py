"""What must be known of the features reaches whoever reads a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser.cli import main
from ser.features.opensmile import LICENCE
from ser.pipeline import runs
from tiny import overrides


def test_a_run_tells_the_licence_of_its_features(study: Path, caplog: pytest.LogCaptureFixture) -> None:
    job = overrides(study, "model=svm", "features=egemaps", "study=licensed", "tracking=none")
    assert main(["train", *job]) == 0
    assert LICENCE in caplog.messages
    (folder,) = [folder for folder in runs.all_runs(study) if "licensed" in folder.studies()]
    assert runs.read(folder)["notices"] == [LICENCE]
    assert LICENCE in (folder.evaluation / "model_card.md").read_text(encoding="utf-8")


def test_features_that_lack_their_weights_are_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", f"work_dir={tmp_path}", "features=ssl", "model=svm"]) == 2
    assert "Set features.weights=DIR" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())
