from __future__ import annotations

import io
import json
import shutil
import socket
from pathlib import Path

import pytest
import soundfile

from ser.cli import main
from ser.pipeline import page
from ser.serving.web.site import Site
from tiny import run_of


@pytest.fixture
def runs_alone(study: Path, tmp_path: Path) -> Path:
    """A work folder with copies of the runs of the study, and no registry."""
    # Other tests train other runs in the same folder.
    for kept in (study / "runs").glob("*/studies/tiny.json"):
        run = kept.parents[1]
        shutil.copytree(run, tmp_path / "runs" / run.name)
    return tmp_path


def _site(work_dir: Path, *names: str) -> Site:
    return page.site(work_dir, names, registry=None, trusted=False)


def test_every_finished_run_can_be_picked_with_its_score_and_those_of_the_registry_come_first(study: Path) -> None:
    choices = _site(study).choices()
    assert {choice.facts.name for choice in choices} >= {"synthetic mfcc_mean svm", "synthetic mfcc_mean mlp"}
    assert [bool(choice.places) for choice in choices] == sorted(
        (bool(choice.places) for choice in choices), reverse=True
    )
    clean = [
        choice for choice in choices if choice.facts.name in ("synthetic mfcc_mean svm", "synthetic mfcc_mean mlp")
    ]
    best = max(clean, key=lambda choice: choice.facts.score.uar)
    assert best.places[0].startswith("synthetic-seven@speaker_kfold")
    for choice in choices:
        summary = json.loads((study / "runs" / choice.key / "evaluation" / "summary.json").read_text())
        assert f"UAR {summary['uar']:.3f}" in choice.title


def test_a_picked_model_answers_the_examples(runs_alone: Path) -> None:
    run = run_of(runs_alone, "svm").run_id
    site = _site(runs_alone, run[:8])
    turns, *alone = site.examples.values()
    predictor = site.predictor(site.choices()[0].key, "de")
    answer = predictor.answer(io.BytesIO(turns()), name="turns")
    assert answer.emotion in site.choices()[0].facts.classes
    assert len(answer.spans) > 5
    assert len(predictor.answer(io.BytesIO(alone[0]()), name="alone").spans) == 1
    assert predictor.limits.bytes == site.largest_bytes


def test_the_models_named_are_shown_in_their_order(runs_alone: Path) -> None:
    names = [run_of(runs_alone, model).run_id for model in ("svm", "mlp")]
    assert [choice.key for choice in _site(runs_alone, *names).choices()] == names


def test_an_example_is_the_same_each_time_and_as_loud_as_speech() -> None:
    for make in page.examples().values():
        samples, rate = soundfile.read(io.BytesIO(make()))
        assert make() == make()
        assert rate == 16_000
        assert 0.02 < abs(samples).max() < 1


def test_runs_that_cannot_answer_are_left_out(runs_alone: Path, caplog: pytest.LogCaptureFixture) -> None:
    by_speaker = run_of(runs_alone, "svm").path
    record = json.loads((by_speaker / "run.json").read_text())
    record["protocol"]["normalise"] = "speaker"
    (by_speaker / "run.json").write_text(json.dumps(record))
    assert [choice.facts.name for choice in _site(runs_alone).choices()] == ["synthetic mfcc_mean mlp"]
    damaged = run_of(runs_alone, "mlp").path
    (damaged / "evaluation" / "model_card.md").unlink()
    assert _site(runs_alone).choices() == []
    assert f"run {damaged.name} cannot be picked" in caplog.text


def test_a_registry_that_does_not_answer_leaves_the_runs(runs_alone: Path, caplog: pytest.LogCaptureFixture) -> None:
    (runs_alone / "mlflow.db").write_text("This is no database.")
    choices = _site(runs_alone).choices()
    assert len(choices) == 2
    assert not any(choice.places for choice in choices)
    assert "the model registry does not answer" in caplog.text


def test_the_command_tells_an_unknown_run_and_a_port_that_is_taken(
    runs_alone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["page", "nosuchrun", "--work-dir", str(runs_alone)]) == 2
    assert "nosuchrun" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert main(["page", "--port", port, "--work-dir", str(runs_alone)]) == 2
    assert "expected a free TCP port" in capsys.readouterr().err
