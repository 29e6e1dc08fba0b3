from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ser.cli import main
from ser.features import cache
from ser.features.engine import Processes
from ser.features.extract import Clip, extract
from ser.features.recipes import MfccMean
from ser.features.source import feature_source
from ser.features.store import Space
from ser.paths import store_dir

MakeClips = Callable[[int], list[Clip]]


def recipe(name: str = "mfcc_mean", n_mfcc: int = 13) -> MfccMean:
    return MfccMean(name=name, sample_rate_hz=16_000, offset_s=0.0, duration_s=None, n_mfcc=n_mfcc)


@pytest.fixture
def made(clips: MakeClips) -> list[Clip]:
    return clips(3)


@pytest.fixture
def root(tmp_path: Path, made: list[Clip]) -> Path:
    """A store of two recipes."""
    root = store_dir(tmp_path)
    for each in (recipe(), recipe("small", 5)):
        extract(made, each, None, root, engine=Processes(workers=1))
    return root


def space_of(root: Path, n_mfcc: int = 13) -> Space:
    return feature_source(root, recipe(n_mfcc=n_mfcc), None).clean_space


def age(root: Path, n_mfcc: int, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(space_of(root, n_mfcc).folder / "space.json", (then, then))


def flip_a_bit(space: Space) -> None:
    (values,) = space.folder.glob("pack-*/values.npy")
    damaged = bytearray(values.read_bytes())
    damaged[-3] ^= 1
    values.write_bytes(damaged)


def change_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ser.features.cache.code_version", lambda *_: "another")


def test_listing_shows_each_space_with_what_it_holds(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cache", "list", "--work-dir", str(tmp_path)]) == 0
    head, first, second, _, total = capsys.readouterr().out.strip().splitlines()
    assert head.split() == ["space", "recipe", "copy", "clips", "MB", "code", "last", "used"]
    assert re.fullmatch(r"[0-9a-f]{16}  mfcc_mean +clean +3 +0\.0 +current +20\d\d-\d\d-\d\d \d\d:\d\d", first)
    assert second.split()[:4] == [space_of(root, 5).folder.name, "small", "clean", "3"]
    assert total.startswith("2 spaces, 0.0 MB in ")


def test_a_pack_that_cannot_be_opened_is_listed_as_damaged(root: Path) -> None:
    (values,) = space_of(root).folder.glob("pack-*/values.npy")
    values.write_bytes(values.read_bytes()[:-7])
    text = cache.listing(root)
    assert re.search(r"mfcc_mean +clean +0 +0\.0 +damaged ", text)
    assert re.search(r"small +clean +3 +0\.0 +current ", text)
    assert text.endswith("1 pack cannot be read: `ser cache verify` removes what is damaged.")


def test_a_space_of_which_nobody_knows_when_it_was_used_says_so(root: Path) -> None:
    (space_of(root).folder / "space.json").unlink()
    assert re.search(r"stale +unknown$", cache.listing(root), re.MULTILINE)


def test_spaces_of_the_same_name_are_told_apart_by_their_settings(made: list[Clip], tmp_path: Path) -> None:
    root = store_dir(tmp_path)
    for n_mfcc in (5, 13):
        extract(made, recipe(n_mfcc=n_mfcc), None, root, engine=Processes(workers=1))
    lines = cache.listing(root).splitlines()[1:3]
    assert sorted(line.split()[-1] for line in lines) == ["n_mfcc=13", "n_mfcc=5"]


def test_one_space_is_counted_in_the_singular(made: list[Clip], tmp_path: Path) -> None:
    extract(made[:1], recipe(), None, store_dir(tmp_path), engine=Processes(workers=1))
    assert cache.listing(store_dir(tmp_path)).splitlines()[-1].startswith("1 space, ")
    assert cache.verify(store_dir(tmp_path))[0].startswith("1 space in ")
    assert "  1 clip  " in cache.would_prune(cache.entries(store_dir(tmp_path)))


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            ["--keep", "small", "mfcc_meen"],
            r"--keep: expected a recipe or a space of the store.*Did you mean 'mfcc_mean'",
        ),
        (["--older-than", "-3"], r"--older-than: expected 0 days or more, but got -3"),
        (["--older-than", "nan"], r"--older-than: expected 0 days or more, but got nan"),
    ],
)
def test_a_slip_of_the_hand_removes_nothing(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], choice: list[str], message: str
) -> None:
    assert main(["cache", "prune", *choice, "--yes", "--work-dir", str(tmp_path)]) == 2
    assert re.search(message, capsys.readouterr().err, re.DOTALL)
    assert len(cache.entries(root)) == 2


def test_an_empty_store_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "list", "--work-dir", str(tmp_path)]) == 0
    assert "Nothing is stored in" in capsys.readouterr().out
    assert main(["cache", "prune", "--yes", "--work-dir", str(tmp_path)]) == 0
    assert "Nothing to remove." in capsys.readouterr().out
    assert main(["cache", "prune", "--keep", "any", "--work-dir", str(tmp_path)]) == 0
    assert "Nothing to remove." in capsys.readouterr().out


def test_changed_code_makes_spaces_stale_and_prune_removes_them(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change_code(monkeypatch)
    assert main(["cache", "list", "--work-dir", str(tmp_path)]) == 0
    assert "`ser cache prune` removes it" in capsys.readouterr().out
    assert main(["cache", "prune", "--work-dir", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "Would remove" in said
    assert "Add --yes" in said
    assert len(cache.entries(root)) == 2
    assert main(["cache", "prune", "--yes", "--work-dir", str(tmp_path)]) == 0
    assert "2 spaces, 0.0 MB removed" in capsys.readouterr().out
    assert cache.entries(root) == []


def test_current_spaces_stay(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "prune", "--yes", "--work-dir", str(tmp_path)]) == 0
    assert "Nothing to remove" in capsys.readouterr().out
    assert len(cache.entries(root)) == 2


def test_what_was_not_used_for_long_may_go(root: Path, made: list[Clip]) -> None:
    for n_mfcc in (13, 5):
        age(root, n_mfcc, 40)
    space_of(root, 5).read([clip.sha256 for clip in made])
    (old,) = cache.chosen(cache.entries(root), older_than_days=30, keep=None)
    assert old.recipe == "mfcc_mean"
    assert cache.chosen(cache.entries(root), older_than_days=50, keep=None) == []


def test_verifying_is_no_use(root: Path) -> None:
    age(root, 5, 40)
    assert cache.verify(root)[1]
    assert len(cache.chosen(cache.entries(root), older_than_days=30, keep=None)) == 1


def test_all_but_the_named_may_go(root: Path) -> None:
    found = cache.entries(root)
    assert [entry.recipe for entry in cache.chosen(found, older_than_days=None, keep=["small"])] == ["mfcc_mean"]
    by_hash = [space_of(root).folder.name]
    assert [entry.recipe for entry in cache.chosen(found, older_than_days=None, keep=by_hash)] == ["small"]


def test_a_space_that_is_being_written_stays(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change_code(monkeypatch)
    with space_of(root).lock():
        text = cache.prune(root, cache.entries(root))
    assert "is being written, and stays" in text
    assert [entry.recipe for entry in cache.entries(root)] == ["mfcc_mean"]


def test_a_removal_that_was_killed_is_finished_by_the_next(root: Path) -> None:
    leftover = root / ".0123456789abcdef.4711.gone"
    (leftover / "pack-1").mkdir(parents=True)
    cache.prune(root, cache.entries(root)[:1])
    assert not leftover.exists()


@pytest.mark.parametrize("record", ["{}", '{"description": {}, "kind": "vector", "width": 1, "about": {}}', "not JSON"])
def test_a_space_without_a_record_is_stale(root: Path, record: str) -> None:
    (space_of(root).folder / "space.json").write_text(record)
    (entry,) = cache.chosen(cache.entries(root), older_than_days=None, keep=None)
    assert (entry.recipe, entry.copy, entry.clips) == ("?", "?", 3)


def test_a_space_of_a_module_that_is_no_more_is_stale(root: Path) -> None:
    record = space_of(root).folder / "space.json"
    record.write_text(record.read_text().replace("ser.features.recipes", "ser.features.no_more"))
    assert len(cache.chosen(cache.entries(root), older_than_days=None, keep=None)) == 1


def test_what_vanishes_while_it_is_listed_counts_nothing(root: Path) -> None:
    folder = space_of(root).folder
    before = {entry.name: entry.bytes for entry in cache.entries(root)}[folder.name]
    (folder / "gone").symlink_to("/nowhere")
    assert {entry.name: entry.bytes for entry in cache.entries(root)}[folder.name] == before
    (folder / "space.json").unlink()
    assert space_of(root).used() == 0


def test_verify_removes_what_is_damaged_and_exits_with_1(
    root: Path, made: list[Clip], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verify = ["cache", "verify", "--work-dir", str(tmp_path)]
    assert main(verify) == 0
    assert "2 spaces" in capsys.readouterr().out
    flip_a_bit(space_of(root))
    assert main(verify) == 1
    said = capsys.readouterr().out
    assert "Removed 1 damaged pack;" in said
    assert "does not match its checksum" in said
    assert main(verify) == 0
    again = extract(made, recipe(), None, root, engine=Processes(workers=1))
    assert again.computed == 3
