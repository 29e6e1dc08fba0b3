from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ser.corpora.base import Corpus


def test_a_corpus_lies_below_data_dir_unless_told_otherwise(toy: Corpus) -> None:
    data_dir, work_dir = Path("/data"), Path("/somewhere")
    assert toy.root(data_dir, work_dir) == Path("/data/toy")
    assert replace(toy, folder="toys/second edition").root(data_dir, work_dir) == Path("/data/toys/second edition")
    assert replace(toy, folder="/elsewhere/toy").root(data_dir, work_dir) == Path("/elsewhere/toy")


def test_a_published_corpus_is_only_read(toy: Corpus, tmp_path: Path) -> None:
    toy.prepare(tmp_path / "toy")
    assert list(tmp_path.iterdir()) == []
