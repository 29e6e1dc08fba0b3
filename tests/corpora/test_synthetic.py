from __future__ import annotations

import errno
import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path, PurePosixPath

import librosa
import numpy as np
import pytest
import soundfile
from sklearn.metrics import recall_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from ser.corpora.scan import scan
from ser.corpora.synthetic import EXPRESSIONS, Synthetic
from ser.errors import ConfigError, StoreError

SMALL = Synthetic(folder=None, speakers=2, utterances=2, sample_rate_hz=16000, seed=0, expressiveness=1.0)


def hashes(root: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in root.glob("*.wav")}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = SMALL.root(Path("unused"), tmp_path_factory.mktemp("work"))
    SMALL.prepare(root)
    return root


def test_the_same_settings_give_the_same_bytes(clips: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    replace(SMALL).prepare(again)
    assert len(hashes(clips)) == 2 * 7 * 2
    assert hashes(again) == hashes(clips)


def test_the_clips_are_16_bit_and_of_a_sensible_length(clips: Path) -> None:
    for path in clips.glob("*.wav"):
        facts = soundfile.info(path)
        assert (facts.subtype, facts.samplerate, facts.channels) == ("PCM_16", 16000, 1)
        assert 1.0 < facts.duration < 4.0


def test_more_speakers_or_utterances_leave_the_others_as_they_were() -> None:
    more = replace(SMALL, speakers=5, utterances=9)
    np.testing.assert_array_equal(more.clip(1, "sad", 1), SMALL.clip(1, "sad", 1))
    other = replace(SMALL, seed=1).clip(1, "sad", 1)
    assert not np.array_equal(other[:16000], SMALL.clip(1, "sad", 1)[:16000])


def test_each_set_of_settings_has_a_folder_of_its_own() -> None:
    data_dir, work_dir = Path("/data"), Path("/somewhere")
    root = SMALL.root(data_dir, work_dir)
    assert root.parent == Path("/somewhere/data/synthetic")
    changes = [{"seed": 1}, {"speakers": 3}, {"utterances": 3}, {"sample_rate_hz": 8000}, {"expressiveness": 0.5}]
    assert len({root, *(replace(SMALL, **change).root(data_dir, work_dir) for change in changes)}) == 6
    assert replace(SMALL, folder="/elsewhere").root(data_dir, work_dir) == Path("/elsewhere", root.name)


def test_what_is_missing_is_spoken_and_the_rest_is_left(clips: Path, tmp_path: Path) -> None:
    root = tmp_path / "clips"
    SMALL.prepare(root)
    (root / "spk02_happy_s1_t1.wav").unlink()
    before = {path.name: path.stat().st_mtime_ns for path in root.glob("*.wav")}
    SMALL.prepare(root)
    assert hashes(root) == hashes(clips)
    assert {name: (root / name).stat().st_mtime_ns for name in before} == before


def test_a_full_disk_leaves_no_half_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match="No space left"):
        SMALL.prepare(tmp_path / "clips")
    assert list((tmp_path / "clips").iterdir()) == []


def test_a_scan_finds_what_the_settings_promise(clips: Path, tmp_path: Path) -> None:
    result = scan(SMALL, clips, tmp_path / "out", workers=1, allowed_bad_share=0.0)
    assert Counter(result.manifest["emotion_native"]) == SMALL.facts.classes
    assert Counter(result.manifest["gender"]) == {"female": 14, "male": 14}
    assert set(result.manifest["text_id"]) == {"s1", "s2"}
    assert "Not a benchmark" in (tmp_path / "out" / "card.md").read_text()


def test_scanning_makes_the_corpus(tmp_path: Path) -> None:
    tiny = replace(SMALL, speakers=1, utterances=1)
    result = scan(tiny, tmp_path / "clips", tmp_path / "out", workers=1, allowed_bad_share=0.0)
    assert len(result.manifest) == 7


@pytest.mark.parametrize("name", ["spk1_sad_s1_t1.wav", "spk01_calm_s1_t1.wav", "spk01_sad_s9_t1.wav", "noise.wav"])
def test_other_names_are_refused(name: str) -> None:
    assert SMALL.parse(PurePosixPath(name)) is None


def test_takes_are_numbered_within_a_sentence() -> None:
    labels = SMALL.parse(PurePosixPath("spk12_surprise_s2_t3.wav"))
    assert labels is not None
    assert (labels.speaker, labels.emotion_native, labels.text_id, labels.repetition) == (
        "spk12",
        "surprise",
        "s2",
        "3",
    )


@pytest.mark.parametrize(
    "change", [{"speakers": 0}, {"utterances": 0}, {"sample_rate_hz": 4000}, {"seed": -1}, {"expressiveness": -0.1}]
)
def test_settings_out_of_range_are_refused(change: dict[str, float]) -> None:
    (name,) = change
    with pytest.raises(ConfigError, match=rf"corpora\.synthetic\.{name}: expected at least"):
        replace(SMALL, **change)


def uar(corpus: Synthetic) -> float:
    """Speaker-independent UAR of an SVM on spectral means, computed by librosa and scikit-learn."""
    keys = [
        (speaker, emotion, index)
        for speaker in range(corpus.speakers)
        for emotion in EXPRESSIONS
        for index in range(corpus.utterances)
    ]
    rows = []
    for key in keys:
        samples = corpus.clip(*key)
        mfcc = librosa.feature.mfcc(y=samples, sr=16000, n_mfcc=20)
        rows.append(np.hstack([mfcc.mean(axis=1), mfcc.std(axis=1), len(samples)]))
    classes = np.array([emotion for _, emotion, _ in keys])
    speakers = [speaker for speaker, _, _ in keys]
    model = make_pipeline(StandardScaler(), SVC(C=10))
    predicted = cross_val_predict(model, np.array(rows), classes, groups=speakers, cv=GroupKFold(4))
    return float(recall_score(classes, predicted, average="macro"))


def test_emotions_can_be_told_but_not_perfectly() -> None:
    assert 0.5 < uar(replace(SMALL, speakers=8, utterances=3)) < 0.9


def test_without_expression_nothing_can_be_told() -> None:
    assert uar(replace(SMALL, speakers=8, utterances=2, expressiveness=0.0)) < 0.35
