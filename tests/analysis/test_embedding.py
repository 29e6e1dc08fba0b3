from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ser.analysis.embedding import clip_means, words
from ser.arrays import ragged
from ser.cli import main
from ser.files import read_json
from ser.pipeline import runs
from tiny import overrides


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the answer for a network."""
    work_dir = tmp_path_factory.mktemp("embedded")
    assert main(["train", *overrides(work_dir, "model=mlp", "tracking=none")]) == 0
    (folder,) = runs.all_runs(work_dir)
    assert main(["analyse", folder.run_id, "embedding", "--work-dir", str(work_dir), "--workers", "1"]) == 0
    return folder.path / "analysis"


def test_features_and_last_hidden_layer_are_shown(answered: Path) -> None:
    found = read_json(answered / "embedding.json")
    features, hidden = found["rows"]
    assert (features["description"], features["width"]) == ("features", 40)
    assert hidden["description"] == "last hidden layer"
    for row in found["rows"]:
        assert 0 < row["shown"] <= 1
        assert -1 <= row["classes"] <= 1
        assert -1 <= row["speakers"] <= 1
    assert any("umap-learn" in note for note in found["notes"])
    assert (answered / found["figure"]).read_bytes().startswith(b"\x89PNG")


def test_clips_are_averaged_over_their_frames() -> None:
    clips = ragged([np.array([[1, 2], [3, 4]], np.float32), np.array([[5, 6]], np.float32)], "sequence")
    assert clip_means(clips).tolist() == [[2, 3], [5, 6]]


def test_what_cannot_be_told_is_said() -> None:
    text = words([{"description": "features", "classes": 0.125, "speakers": None}], 1)
    assert "classes +0.12 and speakers unknown in the features." in text
