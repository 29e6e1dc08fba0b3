"""What MLflow holds after a run, after a kill, and after a repetition."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from ser.cli import main
from ser.pipeline import runs
from ser.tracking.records import RunRecord
from ser.tracking.store import COMPLETE_TAG, Tracker
from ser.tracking.ui import serve
from tiny import CLIPS, overrides

ARTIFACTS = {
    "config.yaml",
    "environment.txt",
    "model_card.md",
    "audit.json",
    "evaluation/confusion_matrix.json",
    "evaluation/confusion_matrix.png",
    "evaluation/classification_report.json",
    "evaluation/classification_report.txt",
    "evaluation/predictions.parquet",
    "evaluation/summary.json",
    "evaluation/history.png",
    "evaluation/per_class.png",
    "evaluation/abstention.png",
    "evaluation/groups.png",
    "evaluation/hardest.json",
    "evaluation/reliability.png",
    "tables/confusion_matrix.json",
    "tables/per_class.json",
}


def logged(work_dir: Path, study: str = "playground") -> tuple[list[Run], list[Run]]:
    """Parents and children of a study, as MLflow tells them."""
    client = MlflowClient(f"sqlite:///{work_dir / 'mlflow.db'}")
    experiment = client.get_experiment_by_name(study)
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id])
    children = [run for run in found if "mlflow.parentRunId" in run.data.tags]
    return [run for run in found if run not in children], children


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work_dir = tmp_path_factory.mktemp("tracked")
    assert main(["train", *overrides(work_dir, "model=mlp")]) == 0
    return work_dir


def test_a_run_is_a_parent_with_a_child_a_fold(trained: Path) -> None:
    (parent,), children = logged(trained)
    assert {child.info.run_name for child in children} == {"fold-01-seed-0", "fold-02-seed-0"}
    assert {child.data.tags["mlflow.parentRunId"] for child in children} == {parent.info.run_id}
    assert {run.info.status for run in (parent, *children)} == {"FINISHED"}


def test_the_parent_holds_scores_settings_and_tags(trained: Path) -> None:
    (parent,), _ = logged(trained)
    (folder,) = runs.all_runs(trained)
    summary = json.loads(folder.summary.read_text())
    metrics = parent.data.metrics
    assert metrics["test/uar"] == summary["uar"]
    assert metrics["test/uar/low"] <= metrics["test/uar"] <= metrics["test/uar/high"]
    for score in ("precision", "recall", "f1"):
        assert metrics.get(f"test/{score}/angry") == summary["per_class"]["angry"][score]
    assert {"test/accuracy", "test/macro_f1", "test/weighted_f1", "test/mcc", "test/kappa"} <= set(metrics)
    assert metrics["test/ece"] == summary["calibration"]["before"]["ece"]
    assert metrics["test/brier"] == summary["calibration"]["before"]["brier"]
    assert parent.data.params["model.dropout"] == "0.5"
    for tag in ("ser.corpus", "ser.protocol_hash", "ser.audit", "ser.code_version", "ser.run_id"):
        assert parent.data.tags[tag]


def test_children_hold_learning_curves(trained: Path) -> None:
    _, children = logged(trained)
    client = MlflowClient(f"sqlite:///{trained / 'mlflow.db'}")
    for child in children:
        for metric in ("train/loss", "dev/uar"):
            assert [point.step for point in client.get_metric_history(child.info.run_id, metric)] == [1, 2]


def test_the_artifacts_of_the_contract_are_there(trained: Path) -> None:
    (parent,), _ = logged(trained)
    client = MlflowClient(f"sqlite:///{trained / 'mlflow.db'}")
    folders = [client.list_artifacts(parent.info.run_id, folder) for folder in (None, "evaluation", "tables")]
    assert {item.path for found in folders for item in found if not item.is_dir} == ARTIFACTS


def test_the_matrices_are_tables_that_mlflow_reads_and_compares(trained: Path) -> None:
    (parent,), _ = logged(trained)
    (folder,) = runs.all_runs(trained)
    mlflow.set_tracking_uri(f"sqlite:///{trained / 'mlflow.db'}")
    table = MlflowClient().load_table(parent.info.experiment_id, "tables/confusion_matrix.json")
    counts = table.pivot_table(index="actual", columns="predicted", values="count")
    summary = json.loads(folder.summary.read_text())
    np.testing.assert_array_equal(counts.loc[summary["classes"], summary["classes"]], summary["confusion"])


def test_the_data_are_named_and_nothing_of_them_is_copied(trained: Path) -> None:
    (parent,), _ = logged(trained)
    (data,) = parent.inputs.dataset_inputs
    assert data.dataset.name == "synthetic"
    assert json.loads(data.dataset.profile)["num_rows"] == CLIPS
    assert json.loads(data.dataset.source)["licence"]
    assert [tag.value for tag in data.tags] == ["cross-validation"]
    assert not [path for path in (trained / "mlartifacts").rglob("*") if path.suffix in (".wav", ".flac")]


def test_the_best_run_is_in_the_registry_with_its_words(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (parent,), _ = logged(trained)
    client = MlflowClient(f"sqlite:///{trained / 'mlflow.db'}")
    (alias,) = client.get_registered_model("synthetic-seven").aliases
    assert alias.startswith("speaker_kfold-")
    version = client.get_model_version_by_alias("synthetic-seven", alias)
    assert version.run_id == parent.info.run_id
    assert version.description == parent.data.tags["mlflow.note.content"]
    assert f"**UAR {parent.data.metrics['test/uar']:.3f}**" in version.description
    assert main(["register", "--work-dir", str(trained), parent.data.tags["ser.run_id"][:6]]) == 0
    assert capsys.readouterr().out.endswith(f"synthetic-seven, competes for {alias}; present before\n")


def test_only_finished_runs_can_be_registered(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder,) = runs.all_runs(trained)
    (tmp_path / "runs" / folder.run_id).mkdir(parents=True)
    shutil.copyfile(folder.record, tmp_path / "runs" / folder.run_id / "run.json")
    address = f"sqlite:///{trained / 'mlflow.db'}"
    assert main(["register", "--work-dir", str(tmp_path), "--to", address, folder.run_id]) == 2
    assert "a finished, evaluated run" in capsys.readouterr().err


def test_a_logged_model_predicts_what_the_run_predicted(trained: Path) -> None:
    _, children = logged(trained)
    (folder,) = runs.all_runs(trained)
    child = next(child for child in children if child.info.run_name == "fold-01-seed-0")
    mlflow.set_tracking_uri(f"sqlite:///{trained / 'mlflow.db'}")
    model = mlflow.pyfunc.load_model(f"runs:/{child.info.run_id}/model")
    assert model.metadata.signature is not None
    predictions = pd.read_parquet(folder.predictions).query("fold == 1")
    assert main(["features", *overrides(trained, f"to={trained / 'x'}")]) == 0
    clips = (trained / "x" / "clips.txt").read_text().split()
    rows = dict(zip(clips, np.load(trained / "x" / "clean.npy"), strict=True))
    hashes = pd.read_parquet(folder.path / "utterances.parquet").set_index("utterance_id")["sha256"]
    features = np.stack([rows[hashes[utterance]] for utterance in predictions["utterance_id"]])
    expected = predictions.filter(regex="^p_").to_numpy()
    np.testing.assert_allclose(model.predict(features), expected, atol=1e-6)


def test_logging_that_was_cut_short_is_completed_once(work_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    job = ["train", *overrides(work_dir, "model=svm")]
    with monkeypatch.context() as patched:
        patched.setattr(Tracker, "_artifacts", cut)
        assert main(job) == 130
    (parent,), children = logged(work_dir)
    assert COMPLETE_TAG not in parent.data.tags
    # One child is left half-logged as well.
    MlflowClient(f"sqlite:///{work_dir / 'mlflow.db'}").delete_tag(children[0].info.run_id, COMPLETE_TAG)
    (folder,) = runs.all_runs(work_dir)
    stamp = folder.predictions.stat().st_mtime_ns
    assert main(job) == 0
    (parent,), children = logged(work_dir)
    assert parent.data.tags[COMPLETE_TAG]
    assert sorted(child.info.run_name for child in children) == ["fold-01-seed-0", "fold-02-seed-0"]
    assert {child.data.tags[COMPLETE_TAG] for child in children} == {"true"}
    assert folder.predictions.stat().st_mtime_ns == stamp, "nothing was trained again"


def test_a_lost_database_is_filled_again_from_the_run_folder(work_dir: Path, empty_database: Path) -> None:
    job = ["train", *overrides(work_dir, "model=svm")]
    assert main(job) == 0
    # MLflow keeps connections to a database that it has seen, so the new one has another name.
    (work_dir / "new").mkdir()
    shutil.copyfile(empty_database, work_dir / "new" / "mlflow.db")
    assert main([*job, f"tracking.uri=sqlite:///{work_dir / 'new' / 'mlflow.db'}"]) == 0
    (parent,), children = logged(work_dir / "new")
    assert len(children) == 2
    assert parent.data.tags[COMPLETE_TAG]


def test_a_repetition_replaces_what_is_shown(work_dir: Path) -> None:
    job = ["train", *overrides(work_dir, "model=svm")]
    assert main(job) == 0
    (before,), _ = logged(work_dir)
    assert main([*job, "rerun=true"]) == 0
    (after,), children = logged(work_dir)
    assert after.info.run_id != before.info.run_id
    assert len(children) == 2


def test_one_run_can_belong_to_two_studies(work_dir: Path) -> None:
    for study in ("one", "two"):
        assert main(["train", *overrides(work_dir, "model=svm", f"study={study}")]) == 0
    assert len(list(runs.all_runs(work_dir))) == 1
    for study in ("one", "two"):
        (parent,), children = logged(work_dir, study)
        assert parent.info.run_name
        assert len(children) == 2


def test_a_failed_training_is_marked_with_its_reason(work_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = ["train", *overrides(work_dir, "model=mlp", "trainer.learning_rate=1e30")]
    assert main(job) == 2
    assert "learning rate" in capsys.readouterr().err
    (parent,), _ = logged(work_dir)
    assert parent.info.status == "FAILED"
    assert "learning rate" in parent.data.tags["ser.failure"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own, which `ser` keeps quiet.
def test_the_folder_of_the_database_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "100% of 50%20 #1 ä+b?uri=true"
    (tmp_path / "note.txt").write_text("note")
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    work_dir = tmp_path / name
    work_dir.mkdir()
    record = RunRecord(
        run_id="0123456789ab",
        name="run",
        study="playground",
        description="",
        params={},
        tags={},
        version="1",
        artifacts={"note.txt": tmp_path / "note.txt"},
    )
    Tracker(f"sqlite:///{work_dir}/mlflow.db", f"{work_dir}/mlartifacts").complete(record)
    assert (work_dir / "mlflow.db").is_file()
    assert [path.read_text() for path in (work_dir / "mlartifacts").rglob("note.txt")] == ["note"]
    assert {path.name for path in tmp_path.iterdir()} == {"note.txt", "cwd", name}
    assert not list((tmp_path / "cwd").iterdir())
    # `ser ui` opens the same database.
    commands: list[list[str]] = []
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: commands.append(command) or SimpleNamespace(returncode=0)
    )
    assert serve(work_dir, port=5000) == 0
    address = commands[0][commands[0].index("--backend-store-uri") + 1]
    assert MlflowClient(address).get_experiment_by_name("playground") is not None


def test_a_store_that_does_not_answer_loses_no_result(
    work_dir: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (work_dir / "broken.db").write_text("this is no database")
    job = ["train", *overrides(work_dir, "model=svm")]
    assert main([*job, f"tracking.uri=sqlite:///{work_dir / 'broken.db'}"]) == 0
    assert "UAR" in capsys.readouterr().out
    assert "expected an MLflow store that answers" in caplog.text
    (folder,) = runs.all_runs(work_dir)
    assert folder.summary.is_file()
    assert main(job) == 0
    assert [len(found) for found in logged(work_dir)] == [1, 2]
