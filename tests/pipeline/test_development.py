from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser.errors import StoreError
from ser.pipeline.development import gather
from ser.pipeline.runs import RunFolder

CLASSES = ["happy", "sad"]
# Written in another order than that in which clips are handed to a fit.
FOLDS = pd.DataFrame(
    {
        "utterance_id": ["c", "a", "b", "d", "b", "c"],
        "fold": [2, 2, 2, 1, 1, 1],
        "part": ["dev", "dev", "test", "dev", "dev", "train"],
    }
)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    found = RunFolder(tmp_path)
    for fold, first in ((1, 0.1), (2, 0.5)):
        for seed in (0, 7):
            found.fit(fold, seed).mkdir(parents=True)
            rows = np.array([[first, 1 - first], [first + 0.1, 0.9 - first]], dtype=np.float32)
            np.save(found.fit(fold, seed) / "dev.npy", rows + np.float32(seed / 100))
    return found


def test_rows_are_named_in_the_order_of_their_ids(folder: RunFolder) -> None:
    found = gather(folder, FOLDS, [0, 7], CLASSES)
    assert found is not None
    assert found[["fold", "seed", "utterance_id"]].to_numpy().tolist() == [
        [1, 0, "b"],
        [1, 0, "d"],
        [1, 7, "b"],
        [1, 7, "d"],
        [2, 0, "a"],
        [2, 0, "c"],
        [2, 7, "a"],
        [2, 7, "c"],
    ]
    assert found["p_happy"].tolist() == pytest.approx([0.1, 0.2, 0.17, 0.27, 0.5, 0.6, 0.57, 0.67])
    assert found["p_sad"].iloc[0] == pytest.approx(0.9)


def test_a_run_without_its_fits_has_none(folder: RunFolder) -> None:
    (folder.fit(2, 7) / "dev.npy").unlink()
    assert gather(folder, FOLDS, [0, 7], CLASSES) is None


def test_a_file_of_other_folds_is_refused(folder: RunFolder) -> None:
    np.save(folder.fit(1, 0) / "dev.npy", np.zeros((3, 2), np.float32))
    with pytest.raises(StoreError, match=r"2 clips and 2 classes.*\(3, 2\)"):
        gather(folder, FOLDS, [0], CLASSES)
