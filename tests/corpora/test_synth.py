from __future__ import annotations

import contextlib
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import soundfile

from corpora.conftest import Toy
from ser import machine
from ser.corpora import synth
from ser.corpora.base import Corpus
from ser.corpora.scan import scan
from ser.corpora.synth import MARKER, facts_of, is_synthetic, synthesize
from ser.corpora.synthetic import EXPRESSIONS
from ser.errors import ConfigError, DataError
from ser.fetch.sources import SOURCES


@contextlib.contextmanager
def few(name: str, *names: str) -> Iterator[Corpus]:
    """Give a corpus of which only a few files are published, to keep the tests short."""
    corpus = machine.corpus_named(name)
    paths = [path for path in corpus.published() if (labels := corpus.parse(path)) and labels.name in names]
    assert len(paths) == len(names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(corpus), "published", lambda _: iter(paths))
        yield corpus


def made(folder: Path, name: str, *names: str) -> dict[str, Path]:
    """Write some files of a corpus into `folder/<name>`. Returns them by utterance name."""
    root = folder / name
    with few(name, *names) as corpus:
        assert synthesize(corpus, root, size="full", workers=1) == len(names)
        labels = {path: corpus.parse(PurePosixPath(path.relative_to(root))) for path in root.rglob("*")}
    return {found.name: path for path, found in labels.items() if found}


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_emotion_of_every_corpus_can_be_spoken(name: str) -> None:
    assert {synth._EXPRESSIONS[emotion][0] for emotion in machine.corpus_named(name).facts.classes} <= set(EXPRESSIONS)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_tiny_has_every_speaker_in_every_emotion_and_all_that_is_odd(name: str) -> None:
    corpus = machine.corpus_named(name)
    every = synth._clips(corpus, full=True)
    tiny = synth._clips(corpus, full=False)
    kinds = {(clip.sample_rate_hz, clip.channels, clip.oddity) for clip in every}
    assert len(every) == len(list(corpus.published()))
    assert {(clip.sample_rate_hz, clip.channels, clip.oddity) for clip in tiny} == kinds
    groups = Counter((clip.said.speaker, clip.said.emotion_native) for clip in tiny)
    assert set(groups) == {(clip.said.speaker, clip.said.emotion_native) for clip in every}
    assert len(tiny) < 16 + 2 * len(groups)
    assert {clip.said.emotion_native for clip in every} == set(corpus.facts.classes)


def test_the_same_names_always_hold_the_same_bytes(tmp_path: Path) -> None:
    names = ("DC_a01", "JE_sa02")
    one, two = made(tmp_path / "1", "savee", *names), made(tmp_path / "2", "savee", *reversed(names))
    for name in names:
        assert one[name].read_bytes() == two[name].read_bytes()
    assert one["DC_a01"].read_bytes() != one["JE_sa02"].read_bytes()


def test_what_is_there_stays_and_what_is_missing_is_made_again(tmp_path: Path) -> None:
    one, two = made(tmp_path, "savee", "DC_a01", "JE_sa02").values()
    whole = two.read_bytes()
    two.unlink()
    stamp = one.stat().st_mtime_ns
    made(tmp_path, "savee", "DC_a01", "JE_sa02")
    assert one.stat().st_mtime_ns == stamp
    assert two.read_bytes() == whole


def test_processes_make_the_same(tmp_path: Path) -> None:
    names = [f"DC_a{number:02d}" for number in range(1, 12)] + [f"JE_n{number:02d}" for number in range(1, 12)]
    digests = []
    with few("savee", *names) as corpus:
        for workers in (1, 2):
            synthesize(corpus, tmp_path / str(workers), size="full", workers=workers)
            files = sorted((tmp_path / str(workers)).rglob("*.wav"))
            digests.append([hashlib.sha256(file.read_bytes()).hexdigest() for file in files])
    assert len(digests[0]) == len(names)
    assert digests[0] == digests[1]


def test_formats_and_oddities_are_those_published(tmp_path: Path) -> None:
    tess = made(tmp_path, "tess", "YAF_germ_angry", "OAF_food_fear", "OAF_back_happy")
    kinds = {name: soundfile.info(str(path)) for name, path in tess.items()}
    assert kinds["YAF_germ_angry"].format == "AIFF"
    assert tess["YAF_germ_angry"].suffix == ".wav"
    assert kinds["OAF_food_fear"].samplerate == 96000
    assert kinds["OAF_back_happy"].samplerate == 24414
    assert {kind.subtype for kind in kinds.values()} == {"PCM_16"}
    ravdess = made(tmp_path, "ravdess", "03-01-02-01-01-02-01", "03-01-03-01-02-01-07", "03-01-03-01-02-02-07")
    stereo, rate = soundfile.read(ravdess["03-01-02-01-01-02-01"])
    assert rate == 48000
    np.testing.assert_array_equal(stereo[:, 0], stereo[:, 1])
    assert ravdess["03-01-03-01-02-01-07"].read_bytes() == ravdess["03-01-03-01-02-02-07"].read_bytes()
    crema = made(tmp_path, "crema-d", "1076_MTI_SAD_XX", "1006_TIE_HAP_XX", "1006_TIE_NEU_XX")
    assert not soundfile.read(crema["1076_MTI_SAD_XX"])[0].any()
    assert crema["1006_TIE_HAP_XX"].read_bytes() == crema["1006_TIE_NEU_XX"].read_bytes()
    (headless,) = made(tmp_path, "aesdd", "s05 (3)").values()
    with pytest.raises(soundfile.SoundFileError):
        soundfile.info(str(headless))


def test_padding_before_the_samples_changes_no_sample(tmp_path: Path) -> None:
    emodb = made(tmp_path, "emodb", "14a07Aa", "03a01Fa")
    padded = emodb["14a07Aa"].read_bytes()
    assert padded.index(b"data") + 8 == 4096
    assert int.from_bytes(padded[4:8], "little") == len(padded) - 8
    samples, _ = soundfile.read(emodb["14a07Aa"])
    assert np.abs(samples).max() > 0.02
    assert emodb["03a01Fa"].read_bytes().index(b"data") == 36


def test_a_scan_takes_it_and_says_what_it_is(tmp_path: Path) -> None:
    names = ("1001_IEO_ANG_HI", "1001_IEO_ANG_LO", "1002_DFA_SAD_XX", "1076_MTI_SAD_XX")
    made(tmp_path, "crema-d", *names)
    corpus = machine.corpus_named("crema-d")
    result = scan(corpus, tmp_path / "crema-d", tmp_path / "out", workers=1, allowed_bad_share=0.5)
    assert list(result.manifest["utterance_id"]) == [f"crema-d/{name}" for name in names[:3]]
    assert list(result.quarantine["path"]) == ["AudioWAV/1076_MTI_SAD_XX.wav"]
    assert not result.card.benchmark
    assert "embedded voice" in result.card.title


def test_a_high_degree_is_expressed_more_than_a_low_one(tmp_path: Path) -> None:
    actors = range(1003, 1013)
    levels = {}
    for degree in ("HI", "LO"):
        files = made(tmp_path / degree, "crema-d", *(f"{actor}_IEO_ANG_{degree}" for actor in actors)).values()
        levels[degree] = np.mean([20 * np.log10(soundfile.read(file)[0].std()) for file in files])
    # Full anger is 8 dB louder than calm speech; high is 1.3 times, low 0.6 times that.
    assert levels["HI"] - levels["LO"] > 3


def test_facts_change_for_the_voice_only(tmp_path: Path) -> None:
    corpus = machine.corpus_named("emodb")
    assert facts_of(corpus, tmp_path) is corpus.facts
    (tmp_path / MARKER).write_text("")
    assert is_synthetic(tmp_path)
    facts = facts_of(corpus, tmp_path)
    assert not facts.benchmark
    assert facts == replace(
        corpus.facts,
        title=facts.title,
        licence=facts.licence,
        citation=facts.citation,
        how_to_get=facts.how_to_get,
        notes=facts.notes,
        benchmark=False,
    )


def test_a_folder_of_the_users_own_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "mine.wav").write_bytes(b"mine")
    with pytest.raises(DataError, match="holds other files"):
        synthesize(machine.corpus_named("savee"), tmp_path, size="tiny", workers=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.wav"]


def test_a_corpus_without_published_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="published file names"):
        synthesize(Toy(folder=None), tmp_path / "toy", size="tiny", workers=1)
    assert not (tmp_path / "toy").exists()
