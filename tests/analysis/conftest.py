from __future__ import annotations

from pathlib import Path

import pytest

from ser.analysis.subject import Subject, subject_of
from ser.cli import main
from ser.pipeline import runs
from tiny import overrides

JOB = ["corpora.synthetic.utterances=3", "model=svm", "tracking=none"]


@pytest.fixture(scope="session")
def work_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder with two finished runs of an SVM on four speakers of 21 clips, by speakers and at random."""
    folder = tmp_path_factory.mktemp("analysed")
    assert main(["train", *overrides(folder, *JOB, "study=honest")]) == 0
    assert main(["train", *overrides(folder, *JOB, "study=leaking", "protocol=random")]) == 0
    return folder


def _of_study(work_dir: Path, study: str) -> Subject:
    (folder,) = [folder for folder in runs.all_runs(work_dir) if study in folder.studies()]
    return subject_of(work_dir, folder.run_id, workers=1, data_dir=None)


@pytest.fixture(scope="session")
def honest(work_dir: Path) -> Subject:
    """The speaker-independent run."""
    return _of_study(work_dir, "honest")


@pytest.fixture(scope="session")
def leaking(work_dir: Path) -> Subject:
    """The run under random folds."""
    return _of_study(work_dir, "leaking")
