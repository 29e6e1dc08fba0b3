from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pictures import drawn_once
from ser.cli import main
from tiny import overrides


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Path:
    """The work folder of a finished tiny study of two models, svm and mlp."""
    work_dir = tmp_path_factory.mktemp("study")
    shutil.copyfile(empty_database, work_dir / "mlflow.db")
    for model in ("svm", "mlp"):
        assert main(["train", *overrides(work_dir, f"model={model}", "study=tiny")]) == 0
    return work_dir


@pytest.fixture(autouse=True, scope="module")
def _pictures_are_drawn_once() -> Iterator[None]:
    with drawn_once():
        yield
