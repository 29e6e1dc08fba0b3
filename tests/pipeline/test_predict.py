"""From a trained run to answers, on the command line and off it."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile
from omegaconf import OmegaConf

from ser.cli import main
from ser.errors import ConfigError, DataError, StoreError
from ser.models import storage
from ser.pipeline import deployed, predict
from ser.pipeline.runs import RunFolder
from ser.serving.engine import TrainedEngine
from ser.serving.predictor import Predictor
from tiny import run_of


@pytest.fixture(scope="module")
def clips(study: Path) -> dict[str, Path]:
    """The audio of every utterance of the study."""
    root = Path(json.loads(run_of(study, "mlp").place.read_text())["data_dir"])
    files = {path.stem: path for folder in (root, study) for path in folder.rglob("*.wav")}
    utterances = pd.read_parquet(run_of(study, "mlp").utterances)
    return {
        name: files[Path(path).stem] for name, path in zip(utterances["utterance_id"], utterances["path"], strict=True)
    }


@pytest.mark.parametrize("model", ["mlp", "svm"])
def test_a_fold_answers_what_it_predicted_when_it_was_tested(study: Path, clips: dict[str, Path], model: str) -> None:
    folder = run_of(study, model)
    predictions = pd.read_parquet(folder.predictions)

    for fold, rows in predictions.groupby("fold"):
        member = storage.load(folder.fit(int(str(fold)), 0) / "model")
        engine = TrainedEngine(deployed.facts_of(folder), deployed.recipe_of(folder), [member])
        asked = deployed.predictor(engine, window_s=None, hop_s=None, language=None)
        for row in rows.head(6).to_dict("records"):
            answer = asked.answer(clips[row["utterance_id"]], name="clip")
            assert answer.probabilities is not None
            assert answer.emotion == row["y_pred"]
            np.testing.assert_allclose(
                list(answer.probabilities.values()), [row[f"p_{name}"] for name in member.classes], atol=1e-5
            )


def test_all_folds_answer_together(study: Path, clips: dict[str, Path]) -> None:
    folder = run_of(study, "mlp")
    engine = deployed.engine_of(study, folder.run_id, registry=None, trusted=False)
    clip, rate = soundfile.read(next(iter(clips.values())), dtype="float32")
    features = engine.represent(clip, rate)

    together = engine.classify([features, features])

    members = [storage.load(folder.fit(fold, 0) / "model") for fold in (1, 2)]
    single = [
        TrainedEngine(engine.facts, deployed.recipe_of(folder), [member]).classify([features]) for member in members
    ]
    assert engine.facts.members == 2
    np.testing.assert_allclose(together, np.repeat((single[0] + single[1]) / 2, 2, axis=0), atol=1e-6)
    assert np.abs(single[0] - single[1]).max() > 1e-3


def test_the_facts_are_those_of_the_run(study: Path) -> None:
    folder = run_of(study, "svm")
    summary = json.loads(folder.summary.read_text())

    facts = deployed.facts_of(folder)

    utterances = pd.read_parquet(folder.utterances)
    assert facts.score.uar == summary["uar"]
    assert f"UAR {summary['uar']:.3f}" in facts.score.words
    assert facts.learned.longest_s == utterances["duration_s"].max()
    assert facts.learned.languages == utterances["language"].unique().tolist()
    assert facts.learned.highest_rate_hz == utterances["sample_rate_hz"].max()
    assert facts.card.startswith("# ")


@pytest.fixture
def recordings(tmp_path: Path, clips: dict[str, Path]) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    for file in list(clips.values())[:3]:
        shutil.copy(file, folder)
    return folder


def ask(study: Path, *more: str) -> int:
    return main(["predict", run_of(study, "mlp").run_id[:6], *more, "--work-dir", str(study)])


def test_a_folder_with_a_bad_file_loses_nothing(
    study: Path, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (recordings / "broken.wav").write_bytes(b"no sound at all")

    code = ask(study, str(recordings), "--format", "csv", "--out", str(tmp_path / "answers.csv"))

    told = capsys.readouterr()
    assert code == 1
    assert "broken.wav" in told.err
    rows = list(csv.DictReader(io.StringIO((tmp_path / "answers.csv").read_text())))
    assert {Path(row["recording"]).name for row in rows} == {file.name for file in recordings.glob("*.wav")} - {
        "broken.wav"
    }
    assert not list(tmp_path.glob(".answers*"))


def test_standard_input(
    study: Path, recordings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = next(recordings.glob("*.wav"))
    assert ask(study, str(file), "--format", "jsonl") == 0
    from_file = json.loads(capsys.readouterr().out)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(file.read_bytes())))

    assert ask(study, "-", "--format", "jsonl") == 0

    assert json.loads(capsys.readouterr().out) == {**from_file, "source": "standard input"}


def test_a_picture_of_each_recording(study: Path, recordings: Path, tmp_path: Path) -> None:
    assert ask(study, str(recordings), "--window", "0.5", "--pictures", str(tmp_path / "pictures")) == 0

    pictures = list((tmp_path / "pictures").glob("*.png"))
    assert len(pictures) == 3
    assert all(file.read_bytes().startswith(b"\x89PNG") for file in pictures)


def test_stopped_work_goes_on_where_it_was(
    study: Path, recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, whole = tmp_path / "answers.jsonl", tmp_path / "whole.jsonl"
    files = sorted(map(str, recordings.glob("*.wav")))
    assert ask(study, *files, "--format", "jsonl", "--out", str(whole)) == 0
    asked: list[str] = []
    answer = Predictor.answer

    def stopped(self: Predictor, source: Path, *, name: str, **more: object) -> object:
        if len(asked) == 2:
            raise KeyboardInterrupt
        asked.append(name)
        return answer(self, source, name=name, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Predictor, "answer", stopped)
        assert ask(study, *files, "--format", "jsonl", "--out", str(out)) == 130
    assert not out.exists()
    part = next(tmp_path.glob(".answers*"))
    part.write_text(part.read_text() + '{"recording": "half a li')
    Path(files[0]).touch()  # written anew: asked again

    def noted(self: Predictor, source: Path, *, name: str, **more: object) -> object:
        asked.append(name)
        return answer(self, source, name=name, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Predictor, "answer", noted)
    assert ask(study, *files, "--format", "jsonl", "--out", str(out)) == 0

    assert asked == [*files[:2], files[0], *files[2:]]
    assert out.read_text() == whole.read_text()
    assert not list(tmp_path.glob(".answers*"))


def test_answers_of_another_question_are_not_taken_over(
    study: Path, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(next(recordings.glob("*.wav")))
    (tmp_path / ".answers.jsonl.part").write_text('{"asked": "something else"}\n{"recording": "x", "answer": {}}\n')

    assert ask(study, file, "--format", "jsonl", "--out", str(tmp_path / "answers.jsonl")) == 0

    assert json.loads((tmp_path / "answers.jsonl").read_text())["source"] == file


def test_a_place_in_the_registry(study: Path, recordings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from ser.pipeline import sync

    place = sync.registry(study, None)[0]
    file = str(next(recordings.glob("*.wav")))

    assert main(["predict", place.name, file, "--format", "jsonl", "--work-dir", str(study)]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["run_id"] == place.run_id
    assert main(["predict", "synthetic@nothing", file, "--work-dir", str(study)]) == 2
    assert f"Did you mean '{place.name}'" in capsys.readouterr().err


def test_a_recipe_of_another_package_is_not_imported(study: Path, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "0123456789ab")
    shutil.copytree(run_of(study, "mlp").path, folder.path)
    config = OmegaConf.load(folder.config)
    config.features._target_ = "antigravity.Recipe"
    OmegaConf.save(config, folder.config)

    with pytest.raises(StoreError, match=r"expected a feature recipe of ser, but got 'antigravity\.Recipe'"):
        deployed.engine_of(tmp_path, "0123", registry=None, trusted=False)
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    "parts", ["${oc.decode:'{a: {_target_: antigravity.X}}'}", {"a": "${oc.env:HOME}"}, [{"_target_": "antigravity.X"}]]
)
def test_references_and_lists_in_a_recipe_lead_nowhere(parts: object) -> None:
    node = {"_target_": "ser.features.combined.Combined", "name": "strong", "parts": parts}

    with pytest.raises(StoreError, match=r"expected a feature recipe of ser, but got .(\$\{oc|antigravity)"):
        deployed.built_recipe(node, where=Path("model.onnx"))
    assert "antigravity" not in sys.modules


def test_an_exported_file_fetches_no_encoder_unless_it_is_trusted() -> None:
    encoder = {"_target_": "ser.features.ssl.PooledEmbeddings", "model": "somebody/anything"}
    node = {"_target_": "ser.features.combined.Combined", "parts": {"a": encoder}}

    with pytest.raises(StoreError, match=r"Nothing was fetched\. If you made this file, say so with --trust"):
        deployed._exported_recipe(node, where=Path("model.onnx"), trusted=False)
    with pytest.raises(ConfigError, match=r"features"):
        deployed._exported_recipe(node, where=Path("model.onnx"), trusted=True)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.yaml", "a: 1"),
        ("config.yaml", "!!python/object/apply:os.getcwd []"),
        ("run.json", "[]"),
        ("evaluation/summary.json", "{}"),
        ("utterances.parquet", "no table"),
        ("evaluation/model_card.md", None),
    ],
)
def test_a_damaged_run_is_refused_in_plain_words(study: Path, tmp_path: Path, file: str, content: str | None) -> None:
    folder = RunFolder(tmp_path / "runs" / "0123456789ab")
    shutil.copytree(run_of(study, "mlp").path, folder.path)
    (folder.path / file).unlink()
    if content is not None:
        (folder.path / file).write_text(content)

    with pytest.raises(StoreError, match="expected a finished run, all its files whole"):
        deployed.engine_of(tmp_path, "0123", registry=None, trusted=False)


def test_answers_that_cannot_be_written_are_said_before_any_is_asked(
    study: Path, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()

    for out in (tmp_path, tmp_path / "file" / "answers.csv"):
        assert ask(study, str(recordings), "--out", str(out)) == 2
        assert "expected a file that answers can be written to" in capsys.readouterr().err


def test_what_came_by_standard_input_is_asked_again(
    study: Path, recordings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, sources = tmp_path / "answers.jsonl", sorted(recordings.glob("*.wav"))

    def given(file: Path) -> None:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(file.read_bytes())))

    def full(path: Path, text: str) -> None:
        raise StoreError(expected="room", received="none", where=path, fix="Make some.")

    given(sources[0])
    with monkeypatch.context() as patched:
        patched.setattr(predict, "write_text", full)
        assert ask(study, "-", "--format", "jsonl", "--out", str(out)) == 2  # answered, and not written
    assert list(tmp_path.glob(".answers*"))
    given(sources[1])
    assert ask(study, "-", "--format", "jsonl", "--out", str(out)) == 0

    assert json.loads(out.read_text())["duration_s"] == soundfile.info(sources[1]).duration


def test_features_relative_to_a_speaker_cannot_be_asked_alone(study: Path) -> None:
    folder = run_of(study, "mlp")
    member = storage.load(folder.fit(1, 0) / "model")
    member.first_step.scaling = type(member.scaling)(**{**vars(member.scaling), "group": "speaker", "shape": "z"})

    with pytest.raises(ConfigError, match=r"normalised over all clips of a speaker'\. Train with normalise=train"):
        TrainedEngine(deployed.facts_of(folder), deployed.recipe_of(folder), [member])


def test_features_that_are_no_numbers_are_refused(study: Path) -> None:
    engine = deployed.trained_engine(run_of(study, "mlp"))

    with pytest.raises(DataError, match="expected finite feature values"):
        engine.represent(np.array([np.nan] * 4000, np.float32), 16_000)


def test_a_recording_far_from_the_training_is_strange(study: Path, clips: dict[str, Path]) -> None:
    engine = deployed.trained_engine(run_of(study, "mlp"))
    clip, rate = soundfile.read(next(iter(clips.values())), dtype="float32")
    noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)

    assert engine.strangeness(engine.represent(clip, rate)) == 0
    assert engine.strangeness(engine.represent(noise, 16_000)) > 0.05  # type: ignore[operator]
