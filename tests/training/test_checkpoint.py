from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ser.errors import StoreError
from ser.training.checkpoint import WholeFiles, read


def test_what_was_saved_is_read_until_it_is_removed(tmp_path: Path) -> None:
    files, path = WholeFiles(), tmp_path / "deep" / "last.ckpt"
    files.save_checkpoint({"weights": torch.arange(3), "epoch": 2}, path)
    loaded = files.load_checkpoint(path)
    assert loaded["weights"].tolist() == [0, 1, 2]
    assert loaded["epoch"] == 2
    files.remove_checkpoint(path)
    assert not path.exists()


@pytest.mark.parametrize("length", [0, 20, 500])
def test_a_cut_checkpoint_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "last.ckpt"
    WholeFiles().save_checkpoint({"weights": torch.arange(3)}, path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(StoreError, match="a whole checkpoint"):
        read(path)
