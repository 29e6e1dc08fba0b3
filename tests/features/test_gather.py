from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ser.arrays import Float32
from ser.features import pack as packs
from ser.features.gather import gather
from ser.features.pack import Pack

WIDTH = 3


def made(space: Path, numbers: range, longest: int) -> tuple[Pack, dict[str, Float32]]:
    rng = np.random.default_rng(numbers.start)
    clips = {
        f"clip-{number}": rng.standard_normal((int(rng.integers(1, longest + 1)), WIDTH)).astype(np.float32)
        for number in numbers
    }
    folder = packs.write(space, list(clips), [len(rows) for rows in clips.values()], WIDTH, clips.values())
    return packs.read(folder), clips


@pytest.mark.parametrize("longest", [1, 7])
@pytest.mark.parametrize("groups", [[range(40)], [range(15), range(15, 16), range(16, 40)]])
def test_any_clips_in_any_order_are_those_that_were_written(tmp_path: Path, groups: list[range], longest: int) -> None:
    filled = [made(tmp_path, group, longest) for group in groups]
    written = {key: rows for _, clips in filled for key, rows in clips.items()}
    rng = np.random.default_rng(0)
    for count in (1, 5, 100):
        keys = [f"clip-{number}" for number in rng.integers(0, 40, count)]
        found = gather([pack for pack, _ in filled], keys, kind="sequence", width=WIDTH)
        np.testing.assert_array_equal(found.values, np.concatenate([written[key] for key in keys]))
        assert found.lengths.tolist() == [len(written[key]) for key in keys]


def test_clips_side_by_side_anywhere_in_a_pack_are_a_view_that_starts_at_row_0(tmp_path: Path) -> None:
    (first, _), (second, clips) = made(tmp_path, range(3), 4), made(tmp_path, range(3, 9), 4)
    found = gather([first, second], ["clip-5", "clip-6"], kind="sequence", width=WIDTH)
    assert isinstance(found.values, np.memmap)
    assert found.offsets[0] == 0
    np.testing.assert_array_equal(found[1], clips["clip-6"])


def test_what_many_readers_share_cannot_be_written_to(tmp_path: Path) -> None:
    pack, _ = made(tmp_path, range(3), 4)
    with pytest.raises(ValueError, match="read-only"):
        pack.offsets[0] = 1


def test_it_counts_what_is_absent(tmp_path: Path) -> None:
    pack, _ = made(tmp_path, range(3), 4)
    with pytest.raises(KeyError, match="2"):
        gather([pack], ["clip-0", "clip-7", "clip-8"], kind="vector", width=WIDTH)
    with pytest.raises(KeyError, match="1"):
        gather([], ["clip-0"], kind="vector", width=WIDTH)
