from __future__ import annotations

from pathlib import Path

import pytest

from ser.cli import main
from tiny import overrides


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work folder of a finished tiny study of two models, svm and mlp."""
    work_dir = tmp_path_factory.mktemp("study")
    for model in ("svm", "mlp"):
        assert main(["train", *overrides(work_dir, f"model={model}", "study=tiny")]) == 0
    return work_dir
