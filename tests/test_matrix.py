"""`ser matrix`: each corpus trained, each tested, every cell an ordinary run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ser import matrix, sweep
from ser.cli import main
from ser.evaluation import outputs
from ser.evaluation.matrix import OTHERS, Cell
from ser.files import read_json
from ser.pipeline import runs
from tiny import overrides

EMODB = [f"emodb/wav/{speaker}a01{emotion}a.wav" for speaker in ("03", "08", "09", "10", "11") for emotion in "WFTN"]
TESS = [
    f"tess/{speaker}_{word}_{emotion}.wav"
    for speaker in ("OAF", "YAF")
    for word in ("back", "bar", "base")
    for emotion in ("angry", "happy", "sad", "neutral", "ps")
]


@pytest.fixture
def corpora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two corpora of noise under names of EmoDB's and TESS's grammars; TESS alone has surprise."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in (*EMODB, *TESS):
        file = tmp_path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, rng.normal(0, 0.1, 8000), 16000)
    tiny = [word for word in overrides(tmp_path) if not word.startswith(("corpora.", "protocol."))]
    return [*tiny, f"data_dir={tmp_path / 'data'}", "corpus=[emodb,tess]", "model=svm", "tracking=none"]


def here(verb: str, plain: dict[str, Any], words: list[str], outcome: Path) -> dict[str, Any]:
    """Do a job in this process; `tests/test_sweep.py` shows what those of their own do."""
    sweep._work(verb, plain, words, outcome)
    ended: dict[str, Any] = read_json(outcome)
    return ended


def shown(work_dir: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The cells of the only matrix, by row and column."""
    (file,) = (work_dir / "reports" / "matrix").glob("*/matrix.json")
    assert (file.parent / "matrix.png").is_file()
    assert "chance" in (file.parent / "matrix.md").read_text()
    return {(cell["row"], cell["column"]): cell for cell in json.loads(file.read_text())["cells"]}


def test_every_pair_of_corpora_is_a_run_under_a_protocol_it_allows(
    corpora: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "work_apart", here)
    # The figures of each run have tests of their own, and take most of its time.
    monkeypatch.setattr(outputs, "write", lambda *_, **__: None)
    assert main(["matrix", *corpora]) == 0
    cells = shown(tmp_path)
    assert {folder.run_id for folder in runs.all_runs(tmp_path)} == {cell["run_id"] for cell in cells.values()}
    assert "5-fold" in cells["emodb", "emodb"]["protocol"]
    assert "leave-one-speaker-out" in cells["tess", "tess"]["protocol"], "two speakers are too few for folds"
    assert cells["emodb", "tess"]["classes"] == ["angry", "happy", "neutral", "sad"]
    assert cells["emodb", "tess"]["left_out"] == 6, "EmoDB cannot teach surprise"
    assert cells["tess", "emodb"]["only_trained"] == ["surprise"]
    stamps = [folder.predictions.stat().st_mtime_ns for folder in runs.all_runs(tmp_path)]
    capsys.readouterr()
    assert main(["matrix", *corpora]) == 0
    assert [folder.predictions.stat().st_mtime_ns for folder in runs.all_runs(tmp_path)] == stamps
    assert capsys.readouterr().out.endswith("matrix.md\n")


def test_a_cell_that_cannot_be_is_told_with_its_reason(
    corpora: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in (tmp_path / "data" / "tess").glob("YAF*"):
        file.unlink()
    failed = {"status": "failed", "reason": "the disk is full"}
    monkeypatch.setattr(sweep, "work_apart", lambda *_: failed)
    assert main(["matrix", *corpora]) == 1
    cells = shown(tmp_path)
    assert cells["emodb", "emodb"]["reason"] == "the disk is full"
    assert "speakers" in cells["tess", "tess"]["reason"]
    assert "no run of tess -> tess" in capsys.readouterr().err


def test_the_last_row_is_trained_on_all_others_and_settings_follow_their_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrix, "_filled", lambda place, _: Cell(**vars(place), run_id=None))
    words = [f"work_dir={tmp_path}", "corpus=[emodb,synthetic,tess]", "corpora.synthetic.speakers=4", "model=svm"]
    assert main(["matrix", *words]) == 1
    cells = shown(tmp_path)
    assert len(cells) == 12
    assert [cells[OTHERS, name]["train"] for name in ("emodb", "synthetic", "tess")] == [
        ["synthetic", "tess"],
        ["emodb", "tess"],
        ["emodb", "synthetic"],
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["corpus=[emodb,tess]", "protocol=loso"], "each cell has its own"),
        (["corpus=emodb"], "two or more corpora to cross"),
        (["-m", "corpus=emodb,tess"], "overrides only"),
        (["corpus=[emodb,tess]", "model=svm", "features=log_mel"], "Models that fit these features"),
    ],
)
def test_what_is_no_matrix_is_refused_before_any_work(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["matrix", f"work_dir={tmp_path}", *words]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
