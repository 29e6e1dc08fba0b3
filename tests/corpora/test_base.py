from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from ser.corpora.base import Corpus


def test_a_corpus_lies_below_data_dir_unless_told_otherwise(toy: Corpus) -> None:
    data_dir, work_dir = Path("/data"), Path("/somewhere")
    assert toy.root(data_dir, work_dir) == Path("/data/toy")
    assert replace(toy, folder="toys/second edition").root(data_dir, work_dir) == Path("/data/toys/second edition")
    assert replace(toy, folder="/elsewhere/toy").root(data_dir, work_dir) == Path("/elsewhere/toy")


def test_a_published_corpus_is_only_read(toy: Corpus, tmp_path: Path) -> None:
    toy.prepare(tmp_path / "toy")
    assert list(tmp_path.iterdir()) == []


def test_the_usual_format_holds_unless_the_facts_say_otherwise(toy: Corpus) -> None:
    assert toy.format_of(PurePosixPath("wav/ann_sad_1.wav")) == (8000, 1)
    assert toy.format_of(PurePosixPath("wav/ANN_SAD_2.flac")) == (16000, 2)
    assert toy.format_of(PurePosixPath("readme.wav")) == (8000, 1)


def test_a_corpus_that_says_no_more_takes_all_it_can_read(toy: Corpus, tmp_path: Path) -> None:
    labels = toy.parse(PurePosixPath("ann_sad_1.wav"))
    assert labels is not None
    assert toy.outside([labels], tmp_path) == {}
    assert toy.listed(tmp_path) is None
    assert list(toy.published()) == []
    assert "x.wav is no file name of The toy corpus" in toy.objection(PurePosixPath("x.wav"))
