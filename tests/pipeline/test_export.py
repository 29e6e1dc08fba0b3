"""From a trained run to a file for others, and back to answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ser.cli import main
from ser.errors import ConfigError, DataError, StoreError
from ser.export import checking
from ser.pipeline import deployed, export
from ser.pipeline.clips import clips_of
from ser.pipeline.runs import RunFolder
from tiny import run_of


def wanted(**changes: object) -> export.Wanted:
    asked: dict[str, object] = {
        "to": "torchscript",
        "out": None,
        "members": None,
        "takes": "auto",
        "form": "dynamic",
        "header": False,
        "clips": 3,
        "data_dir": None,
    }
    return export.Wanted(**{**asked, **changes})  # type: ignore[arg-type]


def test_a_network_in_int8_with_what_that_costs(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = run_of(study, "mlp"), tmp_path / "small.onnx"
    command = ["export", folder.run_id, "--to", "onnx-int8", "--input", "features", "--clips", "4", "--out", str(out)]
    assert main([*command, "--work-dir", str(study)]) == 0
    told = capsys.readouterr().out
    report = json.loads((tmp_path / "small.onnx.json").read_text())

    assert {path.name for path in tmp_path.iterdir()} == {"small.onnx", "small.onnx.json"}
    assert report["bytes"] == out.stat().st_size
    assert report["parity"]["clips_from"] == "tested utterances of the run"
    assert 0 < report["parity"]["largest_difference"] < 0.5
    summary = json.loads(folder.summary.read_text())
    assert report["int8"]["uar_before"] == pytest.approx(summary["uar"])
    assert report["int8"]["uar_after"] - report["int8"]["uar_before"] == pytest.approx(report["int8"]["difference"])
    assert abs(report["int8"]["difference"]) < 0.1
    assert report["latency_ms"] > 0
    assert report["memory_bytes"] > 10**7
    assert "UAR on held-out clips" in told
    assert "2 models averaged" in told
    assert '"_target_": "ser.features.recipes' in told

    engine = deployed.engine_of(study, str(out), registry=None, trusted=False)
    _, clips = clips_of(folder, study, count=2, data_dir=None)
    run = deployed.trained_engine(folder)
    np.testing.assert_allclose(checking.answers(engine, clips), checking.answers(run, clips), atol=0.1)


def test_an_estimator_as_a_program_on_the_embedded_voice(study: Path, tmp_path: Path) -> None:
    folder = run_of(study, "svm")
    moved = RunFolder(tmp_path / "runs" / folder.run_id)
    shutil.copytree(folder.path, moved.path)
    with pytest.raises(DataError, match="No such file"):
        export.export(tmp_path, folder.run_id, wanted(out=tmp_path / "svm.pt", data_dir=tmp_path / "nowhere"))
    found = export.export(tmp_path, folder.run_id, wanted(out=tmp_path / "svm.pt"))
    assert found.report["parity"]["largest_difference"] < 1e-5
    assert "TorchScript, which is one" in _refused(tmp_path, found.path)
    engine = deployed.engine_of(tmp_path, str(found.path), registry=None, trusted=True)
    assert engine.facts == deployed.trained_engine(folder).facts


def _refused(study: Path, path: Path) -> str:
    with pytest.raises(StoreError) as caught:
        deployed.engine_of(study, str(path), registry=None, trusted=False)
    return str(caught.value)


def test_the_first_model_for_a_device_with_its_header(study: Path, tmp_path: Path) -> None:
    folder, out = run_of(study, "mlp"), tmp_path / "mlp.tflite"
    found = export.export(study, folder.run_id, wanted(to="litert", form="float32", header=True, out=out))
    assert found.report["members"] == 1
    assert found.report["parity"]["largest_difference"] < 1e-4
    assert "one of its models" in found.text
    assert '"angry"' in (tmp_path / "mlp.tflite.h").read_text()


def test_a_device_in_int8_with_what_that_costs(study: Path, tmp_path: Path) -> None:
    folder = run_of(study, "mlp")

    found = export.export(study, folder.run_id, wanted(to="litert", form="int8", out=tmp_path / "mlp.tflite"))

    change = found.report["int8"]
    assert change["uar_before"] == pytest.approx(json.loads(folder.summary.read_text())["uar"])
    assert abs(change["difference"]) < 0.1
    assert "UAR on held-out clips" in found.text
    assert "int8, rounded as the header says, [1, width], one clip" in found.text


def test_a_file_that_answers_otherwise_is_not_kept(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "LIMIT", -1.0)
    out = tmp_path / "svm.pt"
    with pytest.raises(StoreError, match=r"answers as run .*not kept"):
        export.export(study, run_of(study, "svm").run_id, wanted(out=out))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to": "onxn"}, "onnx"),
        ({"takes": "video"}, "--input"),
        ({"members": "none"}, "--members"),
        ({"to": "litert", "members": "all"}, "holds one model"),
        ({"header": True}, "--header"),
        ({"clips": 0}, "--clips"),
    ],
)
def test_what_cannot_be_asked(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        wanted(**changes)


def test_audio_where_it_cannot_be_taken(study: Path) -> None:
    with pytest.raises(ConfigError, match="--input"):
        export.export(study, run_of(study, "svm").run_id, wanted(takes="audio"))
