"""A run is named after what it computes: all of it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser import config
from ser.errors import StoreError
from ser.files import write_json
from ser.pipeline import runs


def run_id(*overrides: str, data: str = "data", protocol: str = "protocol") -> str:
    return runs.folder_of(config.load(overrides), data_hash=data, protocol_hash=protocol).run_id


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([], ["study=another"]),
        ([], ["workers=1", "work_dir=there", "data_dir=there", "tracking=none", "replicates=7", "rerun=true"]),
        ([], ["trainer.checkpoint_seconds=1", "trainer.name=mine", "model.name=mine", "features.name=mine"]),
        (["model=svm"], ["model=svm", "trainer=debug"]),
        ([], ["+labels.maps.another.joy=happy"]),
        ([], ["augment.operations.noise.amplitude=0.5"]),
        (["augment=stretch"], ["augment=stretch", "augment.seed=5"]),
        (["seeds=[0,1]"], ["seeds=[1,0]"]),
    ],
)
def test_what_changes_no_number_changes_no_identity(one: list[str], other: list[str]) -> None:
    assert run_id(*one) == run_id(*other)


@pytest.mark.parametrize(
    "other",
    [
        ["model=cnn"],
        ["model.dropout=0.4"],
        ["trainer.learning_rate=0.01"],
        ["features=mfcc_mean"],
        ["features.offset_s=0.5"],
        ["augment=noise"],
        ["augment=noise", "augment.operations.noise.amplitude=0.5"],
        ["seeds=[1]"],
    ],
)
def test_what_changes_numbers_changes_the_identity(other: list[str]) -> None:
    assert run_id(*other) != run_id()


def test_data_protocol_and_code_count(monkeypatch: pytest.MonkeyPatch) -> None:
    before = run_id()
    assert run_id(data="other") != before
    assert run_id(protocol="other") != before
    for module in ("ser.features.source", "ser.pipeline.runs"):
        with monkeypatch.context() as patched:
            patched.setattr(f"{module}.code_version", lambda *_: "edited")
            assert run_id() != before
    assert run_id() == before


def test_a_run_is_found_by_its_first_letters(tmp_path: Path) -> None:
    for name in ("abc1", "abc2", "def1", ".def1.again"):
        write_json(tmp_path / "runs" / name / "run.json", {})
    assert runs.find(tmp_path, "d").run_id == "def1"
    with pytest.raises(StoreError, match="Several fit: abc1, abc2"):
        runs.find(tmp_path, "abc")
    with pytest.raises(StoreError, match="Known runs: def1"):
        runs.find(tmp_path, "def2")
