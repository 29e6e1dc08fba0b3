"""`ser explore`: pages and tables of a corpus, and of several."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser.cli import main
from ser.config import load
from ser.paths import choices
from tiny import CLIPS, overrides

TABLES = {
    "classes",
    "corpora",
    "duration_histogram",
    "durations",
    "formats",
    "intensity",
    "levels",
    "quarantine",
    "speakers",
    "utterances",
}


@pytest.fixture(scope="module")
def work_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder in which the tiny synthetic corpus was explored."""
    folder = tmp_path_factory.mktemp("explored")
    assert main(["explore", *overrides(folder, f"to={folder / 'export'}")]) == 0
    return folder


def emodb(folder: Path) -> Path:
    """A tenth of EmoDB's names, with noise for speech, and one of the files without sound."""
    published = sorted(load(["corpus=emodb"]).corpora["emodb"].published())[::10]
    rng = np.random.default_rng(0)
    for path in published:
        (folder / "emodb" / path).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / "emodb" / path, rng.normal(0, 0.1, 4000) * (path != published[0]), 16000)
    return folder


def test_one_corpus_has_one_page_which_repeats_bit_for_bit(work_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = work_dir / "reports" / "explore" / "synthetic" / "index.html"
    first = page.read_bytes()
    operations = set(choices("augment")) - {"all", "base", "none", "robust"}
    assert first.count(b"<audio") == 7 + len({"clean"} | operations)
    assert {path.name for path in page.parent.iterdir()} == {"index.html", "tables", "cards"}
    assert main(["explore", *overrides(work_dir)]) == 0
    assert capsys.readouterr().out.strip() == str(page)
    assert page.read_bytes() == first
    assert (work_dir / "export" / "index.html").read_bytes() == first


def test_the_tables_hold_what_the_page_shows(work_dir: Path) -> None:
    folder = work_dir / "reports" / "explore" / "synthetic" / "tables"
    assert {path.stem for path in folder.glob("*.csv")} == {path.stem for path in folder.glob("*.parquet")} == TABLES
    utterances = pd.read_parquet(folder / "utterances.parquet")
    assert len(utterances) == CLIPS == len(pd.read_csv(folder / "utterances.csv"))
    assert "file" not in utterances.columns
    (root,) = (path for path in (work_dir / "data" / "synthetic").iterdir() if path.is_dir())
    row = utterances.iloc[5]
    samples, _ = soundfile.read(root / row["path"])
    assert row["max_amplitude"] == pytest.approx(samples.max())
    assert row["rms_dbfs"] == pytest.approx(10 * np.log10(np.mean(samples**2)), abs=1e-4)


def test_several_corpora_have_a_page_each_and_one_over_all(tmp_path: Path) -> None:
    job = [f"data_dir={emodb(tmp_path)}", "corpus=[emodb,synthetic]", f"work_dir={tmp_path}", "workers=1"]
    tiny = ["corpora.synthetic.speakers=2", "corpora.synthetic.utterances=1"]
    assert main(["explore", *job, *tiny]) == 0
    folder = tmp_path / "reports" / "explore" / "emodb+synthetic"
    pages = {path.name: path.read_text() for path in folder.glob("*.html")}
    assert set(pages) == {"index.html", "emodb.html", "synthetic.html"}
    assert "<audio" in pages["synthetic.html"]
    assert "<audio" not in pages["emodb.html"]
    assert "boredom: neither neutral nor sad" in pages["emodb.html"]
    assert "Files refused." in pages["emodb.html"]
    assert json.loads((folder / "cards" / "emodb.json").read_text())["utterances"]["found"] == 53
    assert main(["explore", *job, "corpus=emodb", "embed_audio=true", "labels=four"]) == 0
    page = (tmp_path / "reports" / "explore" / "emodb" / "index.html").read_text()
    assert "<audio" in page
    assert "anger: 40% of the utterances, at random and always the same" in page
    assert "fear: left out by the study" in page
