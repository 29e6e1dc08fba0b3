from __future__ import annotations

import errno
import logging
import os
import resource
import time
from pathlib import Path

import numpy as np
import pytest

from ser.arrays import Float32
from ser.errors import StoreError
from ser.features import pack as packs
from ser.features.store import Space, Store

WIDTH = 5


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Store(root=tmp_path / "store").space({"recipe": "made"}, kind="sequence", width=WIDTH, about={})


def rows(seed: int) -> Float32:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((int(rng.integers(1, 9)), WIDTH)).astype(np.float32)


def filled(space: Space, *groups: range) -> None:
    with space.lock():
        for group in groups:
            space.add({str(seed): rows(seed) for seed in group})


def packs_of(space: Space) -> list[Path]:
    return sorted(space.folder.glob("pack-*"))


def assert_holds(space: Space, seeds: list[int]) -> None:
    read = space.read([str(seed) for seed in seeds])
    assert read.kind == "sequence"
    assert len(read) == len(seeds)
    for seed, values in zip(seeds, read, strict=True):
        np.testing.assert_array_equal(values, rows(seed))


def test_what_was_added_is_read_in_any_order_and_across_packs(space: Space) -> None:
    filled(space, range(4), range(4, 9))
    assert_holds(space, [8, 0, 5, 5, 3])
    assert_holds(space, [2])
    assert_holds(space, [4, 5, 6, 7, 8])


def test_nothing_can_be_read_of_nothing(space: Space) -> None:
    empty = space.read([])
    assert len(empty) == 0
    assert empty.values.shape == (0, WIDTH)


def test_clips_side_by_side_are_not_copied(space: Space) -> None:
    filled(space, range(6))
    assert isinstance(space.read(["2", "3", "4"]).values, np.memmap)
    assert not isinstance(space.read(["4", "3"]).values, np.memmap)


def test_missing_lists_each_absent_clip_once_in_order(space: Space) -> None:
    assert space.missing(["7", "1", "7"]) == ["7", "1"]
    filled(space, range(3))
    assert space.missing(["9", "1", "7", "9"]) == ["9", "7"]


def test_reading_what_is_missing_says_how_to_make_it(space: Space) -> None:
    filled(space, range(3))
    with pytest.raises(StoreError, match=r"2 of them missing.*ser features"):
        space.read(["0", "8", "9"])


def test_space_is_named_by_its_description(tmp_path: Path) -> None:
    store = Store(root=tmp_path)
    one = store.space({"a": 1, "b": None}, kind="vector", width=3, about={})
    assert one.folder == store.space({"b": None, "a": 1}, kind="vector", width=3, about={}).folder
    assert one.folder != store.space({"a": 2, "b": None}, kind="vector", width=3, about={}).folder
    with one.lock():
        assert store.spaces() == [one]


def test_compacting_keeps_every_clip_in_one_pack(space: Space) -> None:
    filled(space, range(4), range(4, 7), range(7, 9))
    with space.lock():
        space.compact()
    assert len(packs_of(space)) == 1
    assert_holds(space, list(range(9)))
    assert isinstance(space.read(["0", "1", "2"]).values, np.memmap)


def test_compacting_leaves_large_packs_alone(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(space, range(40))
    large = packs_of(space)[0]
    monkeypatch.setattr("ser.features.store._SMALL_BYTES", 300)
    filled(space, range(40, 42), range(42, 44))
    with space.lock():
        space.compact()
        space.compact()
    assert large in packs_of(space)
    assert len(packs_of(space)) == 2
    assert_holds(space, list(range(44)))


def test_compacting_packs_that_hold_the_same_clips_loses_none(space: Space) -> None:
    filled(space, range(2), range(1))
    with space.lock():
        space.compact()
    assert_holds(space, [0, 1])
    assert len(packs_of(space)) == 1


def _truncate(pack: Path) -> None:
    values = pack / "values.npy"
    values.write_bytes(values.read_bytes()[:-7])


def _behead(pack: Path) -> None:
    (pack / "values.npy").write_bytes(b"")


def _lengthen(pack: Path) -> None:
    np.save(pack / "values.npy", np.zeros((999, WIDTH), np.float32))


def _lose_values(pack: Path) -> None:
    (pack / "values.npy").unlink()


def _lose_index(pack: Path) -> None:
    (pack / "index.json").unlink()


def _cut_index(pack: Path) -> None:
    (pack / "index.json").write_text((pack / "index.json").read_text()[:-20])


def _swap_keys(pack: Path) -> None:
    text = (pack / "index.json").read_text()
    (pack / "index.json").write_text(text.replace('"4"', '"x"').replace('"5"', '"4"').replace('"x"', '"5"'))


DAMAGES = [_truncate, _behead, _lengthen, _lose_values, _lose_index, _cut_index, _swap_keys]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_pack_is_never_read_and_is_cleared_for_the_next_extraction(
    space: Space, damage: object, caplog: pytest.LogCaptureFixture
) -> None:
    filled(space, range(4))
    sound = packs_of(space)
    filled(space, range(4, 7))
    (hit,) = set(packs_of(space)) - set(sound)
    damage(hit)  # type: ignore[operator]
    with caplog.at_level(logging.WARNING):
        assert space.missing([str(seed) for seed in range(7)]) == ["4", "5", "6"]
    assert hit.name in caplog.text
    assert_holds(space, [0, 1, 2, 3])
    filled(space, range(4, 7))
    assert_holds(space, list(range(7)))


def flip_a_bit(pack: Path) -> None:
    values = bytearray((pack / "values.npy").read_bytes())
    values[-3] ^= 1
    (pack / "values.npy").write_bytes(values)
    # Tests are quicker than the clock of the file system.
    later = time.time() + 60
    os.utime(pack / "values.npy", (later, later))


def test_a_flipped_bit_is_missing_and_is_cleared_for_the_next_extraction(space: Space) -> None:
    filled(space, range(4), range(4, 7))
    hit = packs_of(space)[0]
    gone = packs.read(hit).keys
    assert space.missing([str(seed) for seed in range(7)]) == []
    flip_a_bit(hit)
    assert set(space.missing([str(seed) for seed in range(7)])) == set(gone)
    with space.lock():
        assert hit not in packs_of(space)
    filled(space, range(4), range(4, 7))
    assert_holds(space, list(range(7)))


def test_what_was_found_whole_is_not_read_in_full_again(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(space, range(4))
    real, hashed = packs.sha256_of_file, []

    def counted(path: Path) -> str:
        hashed.append(path)
        return real(path)

    monkeypatch.setattr(packs, "sha256_of_file", counted)
    for _ in range(3):
        assert space.missing(["0"]) == []
        filled(space)
    assert len(hashed) == 1
    # Whoever verifies does not take the word of this process.
    assert space.verify() == space.verify() == []
    assert len(hashed) == 3


def test_an_index_is_read_once_in_a_process_and_again_when_another_pack_takes_its_place(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(space, range(4))
    assert_holds(space, [3, 1])
    with monkeypatch.context() as patch:
        fails(patch, "index.json", errno.EIO)
        assert_holds(space, [0, 2])
    # As another process would: removed, and computed anew from the same clips.
    packs.remove(packs_of(space)[0])
    with space.lock():
        space.add({str(seed): rows(seed + 100) for seed in range(4)})
    np.testing.assert_array_equal(space.read(["2"]).values, rows(102))


def test_verifying_finds_a_flipped_bit_and_removes_its_pack(space: Space) -> None:
    filled(space, range(4), range(4, 7))
    assert space.verify() == []
    hit = packs_of(space)[0]
    flip_a_bit(hit)
    (problem,) = space.verify()
    assert hit.name in problem
    assert "checksum" in problem
    assert hit not in packs_of(space)
    assert space.verify() == []


def test_a_reader_survives_a_merge_between_listing_and_opening(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(space, range(4), range(4, 7))
    stale = packs_of(space)
    with space.lock():
        space.compact()
    listings = [stale, packs_of(space)]
    monkeypatch.setattr(Space, "_folders", lambda _: listings.pop(0))
    assert_holds(space, [0, 6])


def test_what_a_killed_writer_left_half_made_is_cleared_once_nobody_can_be_writing_it(space: Space) -> None:
    filled(space, range(2))
    old, young = (space.folder / f".{packs.PREFIX}{name}.tmp" for name in ("old", "young"))
    for leftover in (old, young):
        leftover.mkdir()
        (leftover / "values.npy").write_bytes(b"half")
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))
    assert_holds(space, [0, 1])
    with space.lock():
        assert not old.exists()
        assert young.exists()
    assert_holds(space, [0, 1])


def test_a_space_whose_record_is_lost_is_listed_and_gets_another(space: Space) -> None:
    filled(space, range(2))
    store = Store(root=space.folder.parent)
    (space.folder / "space.json").write_text("{}")
    (found,) = store.spaces()
    assert found.folder == space.folder
    assert found.description == {}
    assert found.keys() == {"0", "1"}
    filled(space, range(2, 3))
    assert store.spaces() == [space]


def test_a_space_may_have_more_packs_than_a_process_may_open_files(space: Space) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, limits[1]))
    try:
        filled(space, *(range(seed, seed + 1) for seed in range(300)))
        assert_holds(space, list(range(300)))
        with space.lock():
            space.compact()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert len(packs_of(space)) == 1
    assert_holds(space, list(range(300)))


@pytest.mark.parametrize("part", ["index.json", "values.npy"])
def test_a_disk_that_cannot_be_read_is_an_error_and_costs_no_features(
    space: Space, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    filled(space, range(4))
    before = packs_of(space)
    fails(monkeypatch, part, errno.EIO)
    for attempt in (lambda: space.read(["0"]), lambda: space.missing(["0"]), space.verify, lambda: filled(space)):
        with pytest.raises(StoreError, match="Input/output error"):
            attempt()
    monkeypatch.undo()
    assert packs_of(space) == before
    assert_holds(space, [0, 1, 2, 3])


@pytest.mark.parametrize("part", ["index.json", "values.npy"])
def test_a_pack_that_another_machine_removed_is_not_damage(
    space: Space, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    filled(space, range(4))
    fails(monkeypatch, part, errno.ESTALE, times=1)
    with space.lock():
        pass
    fails(monkeypatch, part, errno.ESTALE, times=2)
    assert_holds(space, [0, 1, 2, 3])


def fails(monkeypatch: pytest.MonkeyPatch, part: str, number: int, times: int = 1000) -> None:
    """Let the next readings of a file of a pack fail as the operating system would."""
    left, real_map, real_text = times, np.lib.format.open_memmap, Path.read_text

    def failing(path: Path) -> None:
        nonlocal left
        if path.name == part and left:
            left -= 1
            raise OSError(number, os.strerror(number))

    def open_memmap(path: Path, **settings: object) -> Float32:
        failing(path)
        return real_map(path, **settings)  # type: ignore[arg-type]

    def read_text(path: Path, **settings: object) -> str:
        failing(path)
        return real_text(path, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr("ser.features.pack.np.lib.format.open_memmap", open_memmap)
    monkeypatch.setattr(Path, "read_text", read_text)


def test_merging_goes_on_when_another_process_has_merged_some(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(space, range(2), range(2, 4), range(4, 6))
    real, calls = packs.Pack.clips, 0

    def once_gone(pack: packs.Pack) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise FileNotFoundError(pack.folder)
        return real(pack)

    monkeypatch.setattr(packs.Pack, "clips", once_gone)
    with space.lock():
        space.compact()
    monkeypatch.undo()
    assert len(packs_of(space)) == 1
    assert_holds(space, list(range(6)))


def test_merging_vouches_for_no_flipped_bit(space: Space) -> None:
    filled(space, range(4), range(4, 6), range(6, 8))
    hit = packs_of(space)[1]
    gone = set(packs.read(hit).keys)
    flip_a_bit(hit)
    with space.lock():
        space.compact()
    assert set(space.missing([str(seed) for seed in range(8)])) == gone
    assert_holds(space, [seed for seed in range(8) if str(seed) not in gone])


def test_merging_is_done_in_bounded_steps(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ser.features.store._SMALL_BYTES", 2000)
    filled(space, *(range(seed, seed + 1) for seed in range(100)))
    with space.lock():
        space.compact()
    sizes = [packs.read(folder).bytes for folder in packs_of(space)]
    assert len(sizes) > 2
    assert max(sizes) < 4000
    assert sorted(sizes)[1] >= 2000
    assert_holds(space, list(range(100)))


def test_a_stray_file_is_no_pack(space: Space) -> None:
    filled(space, range(2))
    (space.folder / f"{packs.PREFIX}notes").write_text("mine")
    assert_holds(space, [0, 1])


def test_a_space_is_removed_unless_it_is_being_written(space: Space) -> None:
    filled(space, range(2))
    mapped = space.read(["0", "1"])
    with space.lock():
        assert not space.remove()
    assert_holds(space, [0, 1])
    assert space.remove()
    assert not space.folder.exists()
    assert len(mapped.values)
    np.testing.assert_array_equal(mapped[0], rows(0))


def test_reading_a_store_of_another_owner_leaves_no_trace(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(space, range(2))
    before = space.used()

    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("ser.features.store.os.utime", forbidden)
    assert_holds(space, [0, 1])
    assert space.used() == before


@pytest.mark.parametrize("step", ["np.lib.format.write_array_header_1_0", "sha256_of_file"])
def test_a_full_disk_is_an_error_that_leaves_nothing_half_written(
    space: Space, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    filled(space, range(2))
    before = sorted(space.folder.iterdir())

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(f"ser.features.pack.{step}", full)
    with pytest.raises(StoreError, match="No space left on device"):
        filled(space, range(2, 4))
    monkeypatch.undo()
    assert sorted(space.folder.iterdir()) == before
    assert_holds(space, [0, 1])
    filled(space, range(2, 4))
    assert_holds(space, [0, 1, 2, 3])
