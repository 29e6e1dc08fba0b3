"""`dvc repro` reruns what depends on a change, all of it and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a quick study: one estimator on few clips."""
    project = tmp_path_factory.mktemp("project")
    for part in ("src", "conf"):
        # With what is compiled already: modification times are kept, and it stays valid.
        shutil.copytree(ROOT / part, project / part)
    shutil.copyfile(ROOT / "dvc.yaml", project / "dvc.yaml")
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (project / "params.yaml").write_text(
        re.sub(r"models:\n(  - \w+\n)+", "models:\n  - svm\n", params), encoding="utf-8"
    )
    # Without MLflow, whose runs no stage depends on, and with few replicates.
    edit(project / "conf" / "config.yaml", "tracking: local", "tracking: none")
    edit(project / "conf" / "config.yaml", "replicates: 2000", "replicates: 100")
    edit(project / "conf" / "corpus" / "synthetic.yaml", "speakers: 8", "speakers: 4")
    edit(project / "conf" / "corpus" / "synthetic.yaml", "utterances: 5", "utterances: 2")
    edit(project / "conf" / "protocol" / "speaker_kfold.yaml", "folds: 5", "folds: 2")
    dvc(project, "init", "--no-scm", "--quiet")
    return project


def dvc(project: Path, *arguments: str) -> str:
    tools = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(project / "src"),
        "DVC_NO_ANALYTICS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def repro(project: Path) -> set[str]:
    """Rebuild the study. Returns the stages that ran, the ever-running first one excepted."""
    return set(re.findall(r"Running stage '([\w@]+)", dvc(project, "repro"))) - {"code"}


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_a_change_reruns_exactly_what_depends_on_it(project: Path) -> None:
    everything = {"scan", "split", "features", "train@svm", "evaluate@svm", "report"}
    assert repro(project) == everything
    assert repro(project) == set()

    edit(project / "conf" / "features" / "functionals.yaml", "offset_s: 0.0", "offset_s: 0.1")
    assert repro(project) == {"features", "train@svm", "evaluate@svm", "report"}

    edit(project / "src" / "ser" / "features" / "spectral.py", '"""', '"""Edited: ')
    assert repro(project) == set()

    edit(project / "conf" / "model" / "svm.yaml", "C: 10.0", "C: 1.0")
    assert repro(project) == {"train@svm", "evaluate@svm", "report"}

    edit(project / "src" / "ser" / "evaluation" / "leaderboard.py", "_COLUMNS = 118", "_COLUMNS = 100")
    assert repro(project) == {"evaluate@svm", "report"}

    assert "uar" in dvc(project, "metrics", "show")
