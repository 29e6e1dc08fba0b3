"""`ser tune`: searched, interrupted, resumed, shared, and refused."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from ser.cli import main
from ser.files import read_json
from ser.pipeline import runs
from ser.tuning import objective
from tiny import overrides

SVM = ["model=svm", "model.C=tag(log,interval(0.01,100))", "model.kernel=rbf,linear", "tune.startup_trials=3"]
Scores = Callable[..., Iterator[float]]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def tune(work_dir: Path, *more: str) -> int:
    return main(["tune", *overrides(work_dir, "tracking=none", *more)])


def result(work_dir: Path) -> dict[str, Any]:
    (file,) = work_dir.glob("tune/*/study.json")
    found: dict[str, Any] = read_json(file)
    return found


def drawn(work_dir: Path) -> list[Any]:
    return [(trial["overrides"], trial["score"]) for trial in result(work_dir)["trials"]]


def quick(settings: Any, made: Any, folder: Path) -> Iterator[float]:
    """Two fits whose scores follow from C alone."""
    yield from (1 / (1 + settings.model.C), 1 / (1 + settings.model.C))


def test_a_search_ends_with_the_command_that_trains_its_best(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = ["tune", *overrides(tmp_path, *SVM, "tune.trials=5", "study=mine")]
    assert main(search) == 0
    said = capsys.readouterr().out
    assert not list(runs.all_runs(tmp_path)), "nothing is tested"
    (folder,) = tmp_path.glob("tune/mine-*")
    assert {"trials.csv", "history.png", "importance.png"} <= {file.name for file in folder.iterdir()}
    found = read_json(folder / "study.json")
    best = max(found["trials"], key=lambda trial: (trial["score"], -trial["number"]))
    assert found["best"] == best["number"]
    assert "28 utterances that some fold tests" in said

    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("mine")
    logged = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in logged if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in logged if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(children) == 5
    assert parent.data.metrics["dev/uar"] == pytest.approx(best["score"])
    assert {file.path for file in client.list_artifacts(parent.info.run_id, "search")} >= {"search/history.png"}

    command = shlex.split(said.splitlines()[-1].removeprefix("train it: "))
    assert command[:2] == ["ser", "train"]
    assert main([*command[1:], "tracking=none"]) == 0


def test_an_interrupted_search_goes_on_and_draws_what_it_would_have_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(objective, "scores", quick)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert tune(whole, *SVM, "tune.trials=5") == 0

    calls = iter(range(100))

    def interrupted(*arguments: Any) -> Iterator[float]:
        if next(calls) == 3:
            raise KeyboardInterrupt
        yield from quick(*arguments)

    monkeypatch.setattr(objective, "scores", interrupted)
    assert tune(broken, *SVM, "tune.trials=5") == 130
    assert tune(broken, *SVM, "tune.trials=5") == 0
    assert "trial 3: its process died; again" in caplog.messages
    assert drawn(broken) == drawn(whole)
    assert tune(broken, *SVM, "tune.trials=5") == 0, "nothing is left to do"
    assert tune(broken, *SVM, "tune.trials=6") == 0
    assert drawn(broken)[:5] == drawn(whole)
    assert len(drawn(broken)) == 6


def test_a_trial_that_always_kills_its_process_is_given_up_and_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deadly(settings: Any, *rest: Any) -> Iterator[float]:
        if settings.model.kernel == "linear":
            raise KeyboardInterrupt
        yield from quick(settings, *rest)

    monkeypatch.setattr(objective, "scores", deadly)
    ends = iter(lambda: tune(tmp_path, "model=svm", "model.kernel=rbf,linear", "tune.trials=2"), 0)
    assert set(ends) == {130}
    failed = [trial for trial in result(tmp_path)["trials"] if trial["state"] == "failed"]
    assert failed
    assert all(trial["reason"] == "its process died 3 times" for trial in failed)


def test_settings_that_do_not_work_are_listed_and_lose_no_other_trial(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(tmp_path, "model=mlp", "trainer.learning_rate=1e30,1e-3", "tune.trials=4") == 0
    states = {trial["overrides"][0]: trial["state"] for trial in result(tmp_path)["trials"]}
    assert states == {"trainer.learning_rate=1e+30": "failed", "trainer.learning_rate=0.001": "complete"}
    assert "learning rate" in capsys.readouterr().out


def test_a_trial_ends_where_it_falls_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objective, "scores", quick)
    assert tune(tmp_path, *SVM, "tune.trials=12", "tune.warmup_fits=0") == 0
    trials = result(tmp_path)["trials"]
    early = [trial for trial in trials if trial["state"] == "ended early"]
    assert early
    assert all(len(trial["scores"]) == 1 for trial in early)
    assert all(trial["score"] < trials[result(tmp_path)["best"]]["score"] for trial in early)


def test_several_processes_share_a_search(tmp_path: Path) -> None:
    assert tune(tmp_path, *SVM, "tune.trials=4", "workers=2") == 0
    trials = result(tmp_path)["trials"]
    assert [trial["number"] for trial in trials] == list(range(4))
    assert {trial["state"] for trial in trials} == {"complete"}
    assert len({tuple(trial["overrides"]) for trial in trials}) == 4


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["model=svm"], "settings to search"),
        (["model=mlp", "model.dropout=interval(0,1.5)"], "model.dropout"),
        (["model=svm", "model.C=1,10", "features=mfcc_mean,log_mel"], "Features that fit this model"),
        (["model=svm", "features=mfcc_mean,strng"], "strong"),
        (["-m", "model=svm", "model.C=1,10"], "overrides only"),
        (["model=svm", "model.C=1,10", "tune.storage=postgresql+nodriver://here/db"], "tune.storage"),
    ],
)
def test_what_cannot_be_searched_is_said_before_any_trial(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    assert tune(tmp_path, *more) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("tune/*/study.json"))


def test_without_optuna_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert tune(tmp_path, *SVM) == 2
    assert "pip install 'ser[tune]'" in capsys.readouterr().err


def test_a_search_without_a_complete_trial_gives_the_reasons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(tmp_path, "model=mlp", "trainer.learning_rate=1e30,1e31", "tune.trials=1") == 2
    error = capsys.readouterr().err
    assert "expected at least one complete trial" in error
    assert "learning rate" in error
