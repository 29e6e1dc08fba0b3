"""`ser reproduce`, on a study of the user's own whose speech is made up."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from ser.cli import main
from ser.config import expand, load
from ser.errors import ConfigError
from ser.evaluation.study_page import page
from ser.pipeline import reproduce, steps
from tiny import TINY

STUDY = """
title: A tiny study
question: Does it repeat?
metric: uar
published: {number: 0.5, spread: null, words: They say .5., source: Somebody., unsaid: []}
overrides: [OVERRIDES, model=svm, tracking=none]
runs:
  shuffled:
    role: same_protocol
    words: Shuffled.
    overrides: [protocol=random, "protocol.seed=0,1"]
    tolerances: {uar: 0.001}
  apart:
    role: speaker_independent
    words: By speaker.
    overrides: []
    tolerances: {uar: 0.001}
tolerated: Nothing is drawn.
reading: It does.
""".replace("OVERRIDES", ", ".join(word for word in TINY if "workers" not in word))


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of one's own with committed numbers, and the work folder of its runs beside it."""
    place = tmp_path_factory.mktemp("own")
    (place / "mine").mkdir()
    (place / "mine" / "study.yaml").write_text(STUDY, encoding="utf-8")
    assert ser_reproduce(place, "--accept") == 0
    return place


@pytest.fixture
def place(accepted: Path, tmp_path: Path) -> Path:
    """The same, free to be changed: the runs are shared, the study is a copy."""
    shutil.copytree(accepted / "mine", tmp_path / "mine")
    (tmp_path / "work").symlink_to(accepted / "work")
    return tmp_path


def ser_reproduce(place: Path, *more: str) -> int:
    return main(["reproduce", str(place / "mine"), "--work-dir", str(place / "work"), "--workers", "1", *more])


def test_a_second_time_meets_the_numbers_of_the_first(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = sorted((place / "work" / "runs").iterdir())
    assert ser_reproduce(place, "--data-dir", str(place)) == 0
    said = capsys.readouterr().out
    assert said.count(" met ") == 2
    assert "Every number lies within its tolerance." in said
    assert sorted((place / "work" / "runs").iterdir()) == runs, "what is finished is not done again"


def test_accepting_writes_numbers_and_page(place: Path) -> None:
    results = json.loads((place / "mine" / "results.json").read_text(encoding="utf-8"))
    shuffled = results["runs"]["shuffled"]["jobs"]
    assert [job["settings"] for job in shuffled] == [["protocol.seed=0"], ["protocol.seed=1"]]
    assert {job["run_id"] for job in shuffled} < {path.name for path in (place / "work" / "runs").iterdir()}
    assert {"numpy", "torch", "processor"} < set(results["made_with"])
    page = (place / "mine" / "README.md").read_text(encoding="utf-8")
    assert "NOT speaker-independent" in page
    assert f"{results['runs']['apart']['jobs'][0]['scores']['uar']:.4f}" in page


def test_a_miss_is_an_exit_code_with_what_has_changed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = place / "mine" / "results.json"
    results = json.loads(file.read_text(encoding="utf-8"))
    results["runs"]["apart"]["jobs"][0]["scores"]["uar"] += 0.01
    results["runs"]["apart"]["data_hash"] = "0123"
    results["made_with"]["numpy"] = "1.0"
    file.write_text(json.dumps(results), encoding="utf-8")
    assert ser_reproduce(place) == 1
    said = capsys.readouterr().out
    assert said.startswith("OTHER DATA: apart")
    assert "MISSED by 0.0090" in said
    assert "numpy: 1.0 then" in said


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("metric: uar", "metrik: uar", "study.yaml: metrik: .*Did you mean 'metric'"),
        ("question: Does it repeat?", "", "study.yaml: question: expected a value for question"),
        ("role: same_protocol", "role: same", "Did you mean 'same_protocol'"),
        ("model=svm", "model=swm", "Did you mean 'svm'"),
        ("model=svm", "model=lstm, features=functionals, trainer.copies=one_per_epoch", "augmented copies"),
        ("title: A tiny study", "title: [", "expected YAML"),
        (STUDY, "- a list", "keys with values"),
    ],
)
def test_a_study_that_cannot_work_is_refused_at_once(
    place: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    (place / "mine" / "study.yaml").write_text(STUDY.replace(old, new), encoding="utf-8")
    assert ser_reproduce(place) == 2
    assert re.search(message, capsys.readouterr().err)


def test_a_study_that_is_no_text_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "mine" / "study.yaml").write_bytes(b"\x8c\xff")
    assert ser_reproduce(place) == 2
    assert "expected YAML" in capsys.readouterr().err


def test_an_unknown_study_is_refused_with_the_nearest_first() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'emodb-svm'"):
        reproduce.folder_of("emodb-swm")


@pytest.mark.parametrize("name", reproduce.studies())
def test_every_run_of_a_shipped_study_can_start(name: str) -> None:
    study = reproduce.read_study(reproduce.folder_of(name))
    for run in study.runs.values():
        steps.check(load(expand([*study.overrides, *run.overrides])[0]), needs_model=True)


@pytest.mark.parametrize("name", reproduce.studies())
def test_the_page_of_a_shipped_study_is_that_of_its_numbers(name: str) -> None:
    folder = reproduce.folder_of(name)
    results = reproduce.read_results(folder)
    assert results is not None
    written = page(name, reproduce.read_study(folder), results)
    assert (folder / "README.md").read_text(encoding="utf-8") == written
