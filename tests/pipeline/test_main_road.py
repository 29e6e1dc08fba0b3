"""From audio to a leaderboard, as a user walks it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from ser.cli import main
from ser.pipeline import runs, train
from tiny import CLIPS, overrides


def only_run(work_dir: Path, model: str) -> runs.RunFolder:
    (found,) = [folder for folder in runs.all_runs(work_dir) if runs.read(folder)["model"] == model]
    return found


def test_every_held_out_utterance_is_predicted_once(study: Path) -> None:
    folder = only_run(study, "mlp")
    predictions = pd.read_parquet(folder.predictions)
    utterances = pd.read_parquet(folder.path / "utterances.parquet")
    assert sorted(predictions["utterance_id"]) == sorted(utterances["utterance_id"])
    probabilities = predictions.filter(regex="^p_")
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert (probabilities.idxmax(axis=1).str.removeprefix("p_") == predictions["y_pred"]).all()


def test_the_reported_uar_is_scikit_learns(study: Path) -> None:
    folder = only_run(study, "svm")
    predictions = pd.read_parquet(folder.predictions)
    summary = json.loads(folder.summary.read_text())
    assert summary["uar"] == pytest.approx(balanced_accuracy_score(predictions["y_true"], predictions["y_pred"]))


def test_no_speaker_is_trained_and_tested(study: Path) -> None:
    folder = only_run(study, "mlp")
    folds = pd.read_parquet(folder.path / "folds.parquet")
    speakers = pd.read_parquet(folder.path / "utterances.parquet").set_index("utterance_id")["speaker"]
    for _, fold in folds.groupby("fold"):
        by_part = {part: set(speakers.loc[rows["utterance_id"]]) for part, rows in fold.groupby("part")}
        assert not by_part["train"] & by_part["test"]
        assert not by_part["train"] & by_part["dev"]
        assert not by_part["dev"] & by_part["test"]


def test_a_finished_run_is_not_trained_again(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = only_run(study, "mlp")
    before = {path: path.stat().st_mtime_ns for path in folder.path.rglob("*") if path.is_file()}
    assert main(["train", *overrides(study, "model=mlp", "study=tiny")]) == 0
    after = {path: path.stat().st_mtime_ns for path in folder.path.rglob("*") if path.is_file()}
    assert after == before
    assert folder.run_id in capsys.readouterr().out


def test_what_is_cosmetic_does_not_make_another_run(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = {folder.run_id for folder in runs.all_runs(study)}
    more = ["model=svm", "study=tiny", "workers=2", "trainer.checkpoint_seconds=1", "tracking=none"]
    assert main(["train", *overrides(study, *more)]) == 0
    assert {folder.run_id for folder in runs.all_runs(study)} == known
    capsys.readouterr()


def test_one_and_two_workers_agree_bit_for_bit(tmp_path: Path, study: Path) -> None:
    assert main(["train", *overrides(tmp_path, "model=mlp", "workers=2", "tracking=none")]) == 0
    one, two = (pd.read_parquet(only_run(folder, "mlp").predictions) for folder in (study, tmp_path))
    assert one.equals(two)


def test_verify_finds_a_run_bit_identical_and_says_when_it_is_not(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = only_run(study, "mlp")
    assert main(["verify", folder.run_id[:6], "--work-dir", str(study), "--workers", "1"]) == 0
    assert "bit-identical" in capsys.readouterr().out
    predictions = pd.read_parquet(folder.predictions)
    kept = folder.predictions.read_bytes()
    predictions.loc[0, "p_angry"] += np.float32(1e-6)
    predictions.to_parquet(folder.predictions, index=False)
    try:
        assert main(["verify", folder.run_id, "--work-dir", str(study), "--workers", "1"]) == 1
        assert "NOT identical. 0 of 56 predictions differ" in capsys.readouterr().out
    finally:
        folder.predictions.write_bytes(kept)


def test_the_leaderboard_puts_models_of_one_protocol_in_one_table(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["leaderboard", "--work-dir", str(study), "--study", "tiny", "--format", "json"]) == 0
    (table,) = json.loads(capsys.readouterr().out)
    assert {row["model"] for row in table["rows"]} == {"svm", "mlp"}
    assert "Not a benchmark" in " ".join(table["warnings"])
    for form in ("markdown", "csv"):
        assert main(["leaderboard", "--work-dir", str(study), "--format", form]) == 0
        assert "mfcc_mean" in capsys.readouterr().out


def test_runs_of_another_version_are_left_out_and_said_to_be(
    study: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("now", "then"):
        assert main(["evaluate", *overrides(study, "model=svm", "study=tiny", f"to={tmp_path / name}")]) == 0
    record = json.loads((tmp_path / "then" / "run.json").read_text())
    (tmp_path / "then" / "run.json").write_text(json.dumps({**record, "format": 0}))
    assert main(["leaderboard", "--from", str(tmp_path)]) == 0
    assert "left out: 1 runs of another version" in caplog.text


def test_the_report_shows_every_run_of_the_study(study: Path, tmp_path: Path) -> None:
    assert main(["report", *overrides(study, "study=tiny", f"to={tmp_path / 'page'}")]) == 0
    page = (tmp_path / "page" / "report.md").read_text()
    # Four speakers tell no two models apart.
    assert "not told apart (p " in page
    for folder in runs.all_runs(study):
        assert folder.run_id in page
        assert (tmp_path / "page" / "figures" / folder.run_id / "confusion_matrix.png").stat().st_size > 10_000
        assert f"ser verify {folder.run_id}" in (tmp_path / "page" / "report.html").read_text()
    assert "ms a clip" in page


def test_the_steps_leave_their_results_where_they_are_told(study: Path, tmp_path: Path) -> None:
    identity = {"run.json", "config.yaml", "audit.json"}
    for verb, parts in {
        "scan": {"manifest.parquet", "quarantine.csv", "card.md", "card.json"},
        "split": {"folds.parquet", "audit.json", "protocol.json"},
        "features": {"clips.txt", "clean.npy", "clean.offsets.npy"},
        "train": {*identity, "folds.parquet", "utterances.parquet", "predictions.parquet", "fits"},
        "evaluate": {*identity, "evaluation"},
    }.items():
        to = tmp_path / verb
        assert main([verb, *overrides(study, "model=svm", "study=tiny", f"to={to}")]) == 0
        assert {path.name for path in to.iterdir()} == parts
    clips = (tmp_path / "features" / "clips.txt").read_text().split()
    assert np.load(tmp_path / "features" / "clean.npy").shape == (len(clips), 40)


def test_augmented_copies_are_made_of_training_utterances_only(tmp_path: Path) -> None:
    more = ["model=svm", "augment=[noise,shift]", "augment.copies=2", "tracking=none"]
    assert main(["train", *overrides(tmp_path, *more)]) == 0
    folder = only_run(tmp_path, "svm")
    rows = json.loads((folder.path / "audit.json").read_text())["rows"]
    copies = [row for row in rows if row["kind"] == "copies"]
    assert copies
    assert all(row["count"] == 0 for row in copies)
    assert len(pd.read_parquet(folder.predictions)) == CLIPS


def test_evaluation_and_report_can_be_made_from_exported_runs_alone(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained, evaluated = tmp_path / "trained", tmp_path / "evaluated"
    assert main(["train", *overrides(study, "model=svm", "study=tiny", f"to={trained}")]) == 0
    # Elsewhere, where nothing of the run is known.
    there = [f"work_dir={tmp_path / 'elsewhere'}", "study=copied", "replicates=100"]
    assert main(["evaluate", *there, f"runs_from={trained}", f"to={evaluated / 'svm'}"]) == 0
    assert main(["report", *there, f"runs_from={evaluated}", f"to={tmp_path / 'page'}"]) == 0
    summary = json.loads(only_run(study, "svm").summary.read_text())
    uar = summary["uar"]
    again = json.loads((evaluated / "svm" / "evaluation" / "summary.json").read_text())
    assert again["calibration"] == summary["calibration"]
    assert again["calibration"]["after"] is not None
    (contest,) = json.loads((tmp_path / "page" / "metrics.json").read_text()).values()
    (scores,) = (value for key, value in contest.items() if key != "warnings")
    assert scores["uar"] == uar
    assert main(["leaderboard", "--from", str(evaluated)]) == 0
    assert f"{uar:.3f}" in capsys.readouterr().out
    assert main(["evaluate", *there, f"runs_from={trained}"]) == 2


def test_training_again_when_asked_gives_the_same_bits(tmp_path: Path) -> None:
    job = ["train", *overrides(tmp_path, "model=svm", "tracking=none")]
    assert main(job) == 0
    folder = only_run(tmp_path, "svm")
    first, stamp = folder.predictions.read_bytes(), folder.predictions.stat().st_mtime_ns
    assert main([*job, "study=another", "rerun=true"]) == 0
    assert folder.predictions.stat().st_mtime_ns > stamp
    assert folder.predictions.read_bytes() == first
    assert folder.studies() == ["another", "playground"]


def test_a_repetition_that_fails_leaves_the_finished_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ["train", *overrides(tmp_path, "model=svm", "tracking=none")]
    assert main(job) == 0
    folder = only_run(tmp_path, "svm")
    first = folder.predictions.read_bytes()

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(train, "fit_all", interrupted)
        assert main([*job, "rerun=true"]) == 130
    assert only_run(tmp_path, "svm").predictions.read_bytes() == first
    assert main([*job, "rerun=true"]) == 0


def test_evaluation_needs_a_finished_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", *overrides(tmp_path, "model=svm")]) == 2
    assert "expected a finished run" in capsys.readouterr().err


def test_compare_says_whether_two_runs_differ_and_leaves_figures(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    svm, mlp = (only_run(study, model) for model in ("svm", "mlp"))
    uars = [json.loads(folder.summary.read_text())["uar"] for folder in (svm, mlp)]
    names = [svm.run_id[:8], mlp.run_id, "--work-dir", str(study)]
    assert main(["compare", *names, "--format", "json", "--out", str(tmp_path / "out")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pairs"][0]["difference"] == pytest.approx(uars[1] - uars[0])
    assert {"key": "model.name", "values": ["svm", "mlp"]} in found["configuration"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "comparison.json",
        "comparison.md",
        "difference.png",
    }
    assert json.loads((tmp_path / "out" / "comparison.json").read_text()) == found
    assert main(["compare", *names]) == 0
    assert capsys.readouterr().out == (tmp_path / "out" / "comparison.md").read_text()
    assert main(["compare", svm.run_id, svm.run_id, "--work-dir", str(study)]) == 2
    assert "two or more different runs" in capsys.readouterr().err
