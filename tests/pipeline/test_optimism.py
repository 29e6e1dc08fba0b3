"""`ser optimism`: two ordinary runs and what lies between them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ser import config
from ser.cli import main
from ser.config import load
from ser.files import read_json
from ser.pipeline import optimism, report, runs
from ser.pipeline.optimism import leaking
from tiny import overrides


def test_one_recipe_under_both_protocols(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The clean run is the one that the study has already; the leaking one has as many folds."""
    study = Path(shutil.copytree(study, tmp_path / "study"))
    command = ["optimism", *overrides(study, "model=svm", "study=tiny", "tracking=none")]
    before = {run.run_id for run in runs.all_runs(study)}
    assert main([*command, f"to={tmp_path / 'copy'}"]) == 0
    said = capsys.readouterr().out
    assert "for new speakers" in said
    page = Path(said.splitlines()[-1])
    assert page == study / "reports" / "optimism" / page.parent.name / "optimism.md"
    found = read_json(page.with_name("optimism.json"))
    assert found["words"] in said
    assert found["words"] in page.read_text(encoding="utf-8")
    assert found["gap"]["value"] == pytest.approx(found["leaking"]["value"] - found["clean"]["value"])
    assert set(found["runs"]) == {"speaker_kfold", "random"}
    assert found["runs"]["speaker_kfold"] in before
    leaking = read_json(study / "runs" / found["runs"]["random"] / "run.json")
    assert leaking["protocol"]["folds"] == 2
    assert not leaking["protocol"]["speaker_independent"]
    assert {file.name for file in (tmp_path / "copy").iterdir()} == {"optimism.md", "optimism.json", "optimism.png"}

    after = {run.run_id for run in runs.all_runs(study)}
    assert main(command) == 0
    assert {run.run_id for run in runs.all_runs(study)} == after, "what is finished is not trained again"
    assert main(["audit", found["runs"]["random"], "--work-dir", str(study)]) == 1


def test_both_sides_learn_as_was_asked(tmp_path: Path) -> None:
    asked = ["protocol.self_training={rounds:2,share:0.6}", "+protocol.corpus_weights.synthetic=0.5"]
    settings = config.load(overrides(tmp_path, "protocol.dev_share=0.3", *asked))
    other = leaking(settings, folds=3)
    assert other.protocol.name == "random"
    assert other.protocol.self_training == settings.protocol.self_training is not None
    assert other.protocol.corpus_weights == {"synthetic": 0.5}
    # What is shown of the leaking run makes it again.
    assert config.load(other.overrides).protocol == other.protocol


def test_a_clean_side_that_knows_its_speakers_says_so(study: Path, tmp_path: Path) -> None:
    study = Path(shutil.copytree(study, tmp_path / "study"))
    job = load(overrides(study, "model=svm", "study=both-sides", "tracking=none", "normalise=speaker"))
    page, said = optimism.optimism(job)
    assert said.startswith("TRANSDUCTIVE: features are normalised by statistics of the tested speaker's own")
    assert said in page.read_text(encoding="utf-8")
    assert read_json(page.with_name("optimism.json"))["words"] == said

    # Both runs bear one name and belong to one study, whose scores keep them apart.
    scores = read_json(report.report(job).with_name("metrics.json"))
    assert [len(contest) for contest in scores.values()] == [2, 2]
    independent, leaking = (contest["warnings"] for contest in scores.values())
    assert not independent.startswith("NOT ")
    assert leaking.startswith("NOT speaker-independent")


def test_there_is_no_optimism_over_a_leaking_protocol(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["optimism", *overrides(study, "model=svm", "protocol=random")]) == 2
    assert "keeps the speakers of the test apart" in capsys.readouterr().err
