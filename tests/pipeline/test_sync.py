"""Runs that MLflow has not seen are brought to it, each once."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from mlflow import MlflowClient

from ser.cli import main
from ser.errors import StoreError
from ser.files import locked
from ser.pipeline import runs, sync
from ser.tracking.store import Tracker
from tiny import overrides
from tracked import shown

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own, which `ser` keeps quiet.
STRENGTHS = (1, 10, 100)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs made where there is no MLflow, one of them for two studies."""
    work_dir = tmp_path_factory.mktemp("cluster")
    offline = overrides(work_dir, "model=svm", "tracking=none")
    for strength in STRENGTHS:
        assert main(["train", *offline, f"model.C={strength}"]) == 0
    assert main(["train", *offline, "model.C=1", "study=second"]) == 0
    assert not (work_dir / "mlflow.db").exists()
    return work_dir


@pytest.fixture
def home(cluster: Path, tmp_path: Path) -> Path:
    """The run folders, copied to another machine; nothing else."""
    shutil.copytree(cluster / "runs", tmp_path / "home" / "runs", ignore=shutil.ignore_patterns("*.lock"))
    return tmp_path / "home"


def ids(work_dir: Path) -> list[str]:
    return [folder.run_id for folder in runs.all_runs(work_dir)]


def synced(work_dir: Path, *names: str) -> sync.Synced:
    return sync.sync(work_dir, sync.store(work_dir, None), names)


def parents(work_dir: Path, study: str = "playground") -> list[str]:
    found, children = shown(f"sqlite:///{work_dir / 'mlflow.db'}", study)
    assert {run.info.status for run in (*found, *children)} <= {"FINISHED"}
    assert len(children) == 2 * len(found)
    return sorted(run.data.tags["ser.run_id"] for run in found)


def test_runs_made_offline_come_home_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sync", "--work-dir", str(home)]
    assert main(command) == 0
    assert capsys.readouterr().out == "3 sent, 0 present before, 0 failed\n"
    assert main(command) == 0
    assert capsys.readouterr().out == "0 sent, 3 present before, 0 failed\n"
    assert parents(home) == ids(home)
    assert len(parents(home, "second")) == 1


def test_only_the_runs_that_are_named_are_sent(home: Path) -> None:
    first, second, third = ids(home)
    assert synced(home, first, first[:8]).sent == [first]
    assert parents(home) == [first]
    both = synced(home, second, first)
    assert (both.sent, both.present) == ([second], [first])
    assert third not in parents(home)
    with pytest.raises(StoreError, match="the id of one run"):
        synced(home, "nobody")


def test_what_cannot_be_sent_is_listed_with_its_reason(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unfinished, damaged, whole = ids(home)
    (home / "runs" / unfinished / "predictions.parquet").unlink()
    (home / "runs" / damaged / "environment.txt").unlink()
    assert main(["sync", "--work-dir", str(home)]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"1 sent, 0 present before, 1 unfinished ({unfinished}), 1 failed"
    assert second.startswith(f"  {damaged}: ")
    assert "expected a whole run" in second
    assert "Copy the whole run folder again" in second
    assert parents(home) == [whole]


def test_a_run_that_another_process_works_on_is_left_to_it(home: Path) -> None:
    busy, *others = ids(home)
    with locked(home / "runs" / busy):
        done = synced(home)
    assert done.sent == others
    assert "another process" in done.failed[busy]
    assert not done.complete
    assert synced(home).sent == [busy]


def test_a_sync_that_was_cut_short_goes_on_and_doubles_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log_artifacts, calls = Tracker._artifacts, []

    def cut(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        log_artifacts(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Tracker, "_artifacts", cut)
        assert main(["sync", "--work-dir", str(home)]) == 130
    assert len(synced(home).present) < len(STRENGTHS)
    assert parents(home) == ids(home)


def test_a_store_that_goes_away_is_not_asked_for_every_run(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = ids(home)

    def gone(*_: object, **__: object) -> Sequence[object]:
        raise ConnectionError("the server has gone")

    complete = Tracker.complete

    def leaving(tracker: Tracker, record: object) -> bool:
        if getattr(record, "run_id", "") == second:
            monkeypatch.setattr(MlflowClient, "search_experiments", gone)
            monkeypatch.setattr(MlflowClient, "search_runs", gone)
        return complete(tracker, record)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Tracker, "complete", leaving)
        done = synced(home)
    assert done.sent == [first]
    assert "the server has gone" in done.failed[second]
    assert done.untried == [third]
    assert "no longer answers; not tried: 1" in done.text
    assert not done.complete


def test_a_folder_without_runs_is_said_to_be_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sync", "--work-dir", str(tmp_path)]) == 2
    assert "expected runs to send, but got 'none'. Name the folder that holds runs/" in capsys.readouterr().err
    assert not list(tmp_path.iterdir()), "no store is made for nothing"
