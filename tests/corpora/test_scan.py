from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser.corpora import inspection, manifest
from ser.corpora.base import Corpus
from ser.corpora.scan import ScanResult, scan
from ser.errors import DataError
from ser.files import sha256_of_file

Speak = Callable[..., Path]


def run(toy: Corpus, root: Path, allowed_bad_share: float = 0.9) -> ScanResult:
    return scan(toy, root, root.parents[1] / "out", workers=1, allowed_bad_share=allowed_bad_share)


def reasons(result: ScanResult) -> dict[str, str]:
    return dict(zip(result.quarantine["path"], result.quarantine["reason"], strict=True))


def test_a_whole_corpus_becomes_a_manifest(toy: Corpus, attic: Path) -> None:
    result = run(toy, attic, allowed_bad_share=0.0)
    assert len(result.quarantine) == 0
    assert result.manifest["utterance_id"].tolist() == sorted(f"toy/{path.stem}" for path in attic.rglob("*.wav"))
    row = result.manifest.iloc[0]
    assert (row.utterance_id, row.path, row.speaker, row.gender, row.age) == (
        "toy/ann_happy_1",
        "wav/ann_happy_1.wav",
        "toy/ann",
        "female",
        30,
    )
    assert (row.language, row.emotion_native, row.text_id, row.sample_rate_hz, row.channels) == (
        "en",
        "happy",
        "1",
        8000,
        1,
    )
    assert row.duration_s == 0.1
    assert row.sha256 == sha256_of_file(attic / row.path)
    bob = result.manifest[result.manifest["speaker"] == "toy/bob"]
    assert bob["gender"].isna().all()
    assert bob["age"].isna().all()


def test_what_is_returned_is_what_is_written(toy: Corpus, attic: Path, noise: Speak) -> None:
    noise(attic / "strange.wav", 50)
    result = run(toy, attic)
    out = attic.parents[1] / "out"
    pd.testing.assert_frame_equal(manifest.read(out / "manifest.parquet"), result.manifest)
    pd.testing.assert_frame_equal(pd.read_csv(out / "quarantine.csv"), result.quarantine)
    assert json.loads((out / "card.json").read_text())["utterances"] == {"found": 8, "expected": 8}
    assert (out / "card.md").read_text().startswith("# The toy corpus\n")


def test_a_rescan_reads_nothing_and_says_the_same(toy: Corpus, attic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(toy, attic)
    monkeypatch.setattr(inspection, "inspect_one", lambda *_: pytest.fail("read again"))
    pd.testing.assert_frame_equal(run(toy, attic).manifest, first.manifest)


def test_the_manifest_does_not_depend_on_where_the_corpus_lies(toy: Corpus, attic: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved" / "toy"
    shutil.copytree(attic, moved)
    pd.testing.assert_frame_equal(run(toy, attic).manifest, run(toy, moved).manifest)


def test_every_bad_file_is_quarantined_with_its_reason(toy: Corpus, attic: Path, noise: Speak) -> None:
    wav = attic / "wav"
    (wav / "bob_happy_3.wav").touch()
    (wav / "bob_happy_4.wav").write_text("not audio at all, just words\n" * 9)
    (wav / "bob_happy_5.wav").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    soundfile.write(wav / "bob_happy_6.wav", np.zeros(800), 8000)
    soundfile.write(wav / "bob_happy_7.wav", np.zeros(0), 8000)
    soundfile.write(wav / "bob_happy_8.wav", np.full(9, np.nan), 8000, subtype="FLOAT")
    noise(wav / "bob_happy_9.wav", 9, level=1e-5)
    noise(wav / "BOB_sad_4.wav", 10)
    noise(wav / "holiday.wav", 11)
    result = run(toy, attic)
    found = reasons(result)
    expected = {
        "bob_happy_3": "zero bytes",
        "bob_happy_4": "not audio",
        "bob_happy_5": "git-LFS",
        "bob_happy_6": "silence",
        "bob_happy_7": "no samples",
        "bob_happy_8": "not a number",
        "bob_happy_9": "silence",
        "BOB_sad_4": "known to be bad",
        "holiday": "outside the corpus's grammar",
    }
    assert len(found) == len(expected)
    for stem, reason in expected.items():
        assert reason in found[f"wav/{stem}.wav"]
    assert result.quarantine["detail"].str.len().gt(10).all()
    assert len(result.manifest) == 8


def test_one_recording_under_two_labels_is_quarantined_under_both(toy: Corpus, attic: Path) -> None:
    wav = attic / "wav"
    shutil.copy(wav / "ann_happy_1.wav", wav / "ann_sad_3.wav")
    shutil.copy(wav / "bob_happy_1.wav", wav / "ann_happy_3.wav")
    result = run(toy, attic)
    stems = ["ann_happy_1", "ann_happy_3", "ann_sad_3", "bob_happy_1"]
    assert reasons(result) == {f"wav/{stem}.wav": "identical audio under different labels" for stem in stems}
    assert "ann_sad_3 (sad)" in result.quarantine["detail"].iloc[0]


def test_one_recording_twice_under_one_label_is_kept_and_noted(toy: Corpus, attic: Path) -> None:
    shutil.copy(attic / "wav" / "ann_happy_1.wav", attic / "wav" / "ann_happy_3.wav")
    result = run(toy, attic, allowed_bad_share=0.0)
    assert len(result.manifest) == 9
    assert result.card.identical_audio == [["toy/ann_happy_1", "toy/ann_happy_3"]]


def test_second_copies_are_counted_and_nothing_else(toy: Corpus, attic: Path) -> None:
    clean = run(toy, attic).manifest
    shutil.copytree(attic / "wav", attic / "wav" / "toy" / "wav")
    result = run(toy, attic, allowed_bad_share=0.0)
    pd.testing.assert_frame_equal(result.manifest, clean)
    assert result.card.second_copies == 8


def test_a_damaged_first_copy_is_refused_and_a_good_deeper_one_used(toy: Corpus, attic: Path) -> None:
    clean = run(toy, attic, allowed_bad_share=0.0).manifest
    for folder in ("again", "again/and/again"):
        shutil.copytree(attic / "wav", attic / folder / "wav")
    (attic / "wav" / "ann_sad_1.wav").write_bytes(b"")
    (attic / "wav" / "bob_sad_1.wav").write_bytes(b"")
    (attic / "again" / "wav" / "bob_sad_1.wav").write_bytes(b"")
    result = run(toy, attic)
    pd.testing.assert_frame_equal(result.manifest.drop(columns="path"), clean.drop(columns="path"))
    paths = dict(zip(result.manifest["utterance_id"], result.manifest["path"], strict=True))
    assert paths["toy/ann_sad_1"] == "again/wav/ann_sad_1.wav"
    assert paths["toy/bob_sad_1"] == "again/and/again/wav/bob_sad_1.wav"
    assert list(reasons(result)) == ["again/wav/bob_sad_1.wav", "wav/ann_sad_1.wav", "wav/bob_sad_1.wav"]
    assert result.card.second_copies == 24 - 8 - 3


def test_one_recording_in_two_formats_under_two_labels_is_quarantined(toy: Corpus, attic: Path) -> None:
    samples, rate = soundfile.read(attic / "wav" / "ann_happy_1.wav")
    soundfile.write(attic / "wav" / "ann_sad_3.flac", samples, rate)
    result = run(toy, attic)
    assert reasons(result) == dict.fromkeys(
        ("wav/ann_happy_1.wav", "wav/ann_sad_3.flac"), "identical audio under different labels"
    )
    assert result.manifest["pcm_sha256"].is_unique


def test_a_second_copy_in_other_bytes_with_the_same_sound_is_only_counted(toy: Corpus, attic: Path) -> None:
    clean = run(toy, attic).manifest
    for path in (attic / "wav").glob("*.wav"):
        samples, rate = soundfile.read(path)
        (attic / "flac" / "again").mkdir(parents=True, exist_ok=True)
        soundfile.write(attic / "flac" / "again" / f"{path.stem}.flac", samples, rate)
    result = run(toy, attic, allowed_bad_share=0.0)
    pd.testing.assert_frame_equal(result.manifest, clean)
    assert (result.card.second_copies, result.card.warnings) == (8, [])


def test_a_second_copy_with_other_sound_is_named_with_the_one_in_use(
    toy: Corpus, attic: Path, noise: Speak, caplog: pytest.LogCaptureFixture
) -> None:
    clean = run(toy, attic).manifest
    shutil.copytree(attic / "wav", attic / "again" / "wav")
    noise(attic / "again" / "wav" / "ann_sad_1.wav", 99, seconds=0.12)
    result = run(toy, attic, allowed_bad_share=0.0)
    pd.testing.assert_frame_equal(result.manifest, clean)
    assert reasons(result) == {"again/wav/ann_sad_1.wav": "a second copy with other sound"}
    (detail,) = result.quarantine["detail"]
    assert "again/wav/ann_sad_1.wav (8000 Hz, 1 channel, 0.120 s)" in detail
    assert "wav/ann_sad_1.wav (8000 Hz, 1 channel, 0.120 s), which is used" in detail
    assert result.card.second_copies == 7
    (warning,) = result.card.warnings
    assert warning.startswith("Second copies with other sound than the copy in use: 1.")
    assert detail in warning
    assert warning in caplog.text


def test_of_a_copy_that_was_cut_short_the_longer_one_is_used(toy: Corpus, attic: Path) -> None:
    clean = run(toy, attic).manifest
    shutil.copytree(attic / "wav", attic / "again" / "wav")
    samples, rate = soundfile.read(attic / "wav" / "bob_sad_2.wav")
    soundfile.write(attic / "wav" / "bob_sad_2.wav", samples[:400], rate)
    result = run(toy, attic, allowed_bad_share=0.0)
    pd.testing.assert_frame_equal(result.manifest.drop(columns="path"), clean.drop(columns="path"))
    assert reasons(result) == {"wav/bob_sad_2.wav": "a second copy with other sound"}
    assert result.manifest.set_index("utterance_id").loc["toy/bob_sad_2", "path"] == "again/wav/bob_sad_2.wav"


def test_damaged_second_copies_are_named_and_no_loss(toy: Corpus, attic: Path) -> None:
    clean = run(toy, attic).manifest
    (attic / "again").mkdir()
    for path in (attic / "wav").glob("*.wav"):
        (attic / "again" / path.name).touch()
    result = run(toy, attic, allowed_bad_share=0.0)
    pd.testing.assert_frame_equal(result.manifest, clean)
    assert set(reasons(result).values()) == {"a file of zero bytes"}
    assert (len(result.quarantine), result.card.second_copies) == (8, 0)


def test_too_much_bad_audio_is_an_error_that_loses_nothing(toy: Corpus, attic: Path, noise: Speak) -> None:
    for text in (3, 4):
        noise(attic / "wav" / f"ann_sad_{text}.wav", text, level=0.0)
    (attic / "wav" / "ann_happy_4.wav").touch()
    with pytest.raises(DataError) as caught:
        run(toy, attic, allowed_bad_share=0.25)
    message = str(caught.value)
    assert "at most 25.0% of the files refused" in message
    assert "3 of 11 (27.3%): 2 x silence; 1 x a file of zero bytes" in message
    assert "allowed_bad_share" in message
    out = attic.parents[1] / "out"
    assert len(pd.read_csv(out / "quarantine.csv")) == 3
    assert (out / "files.parquet").exists()
    assert not (out / "manifest.parquet").exists()
    assert len(run(toy, attic, allowed_bad_share=0.3).manifest) == 8


def test_a_corpus_of_which_nothing_is_left_is_an_error_at_any_share(toy: Corpus, tmp_path: Path, noise: Speak) -> None:
    noise(tmp_path / "raw" / "toy" / "ann_sad_1.wav", level=0.0)
    with pytest.raises(DataError, match=r"1 of 1 \(100.0%\)"):
        run(toy, tmp_path / "raw" / "toy", allowed_bad_share=1.0)


def test_a_speaker_the_publisher_does_not_list_is_kept(toy: Corpus, attic: Path, noise: Speak) -> None:
    noise(attic / "cleo_sad_1.wav", 77, channels=2)
    cleo = run(toy, attic).manifest.query("speaker == 'toy/cleo'").iloc[0]
    assert pd.isna(cleo.gender)
    assert cleo.channels == 2


@pytest.fixture
def choosy(toy: Corpus, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """The toy corpus in an edition without sad utterances."""
    monkeypatch.setattr(
        type(toy),
        "outside",
        lambda _, found, root: {labels.name: "a sad one" for labels in found if labels.emotion_native == "sad"},
    )
    return toy


def test_what_is_outside_the_edition_is_counted_and_no_error(choosy: Corpus, attic: Path) -> None:
    result = run(choosy, attic, allowed_bad_share=0.0)
    assert set(result.manifest["emotion_native"]) == {"happy"}
    assert len(result.quarantine) == 0
    assert result.card.left_out == {"a sad one": 4}


def test_a_folder_of_another_edition_only_is_told(choosy: Corpus, attic: Path) -> None:
    for path in (attic / "wav").glob("*happy*"):
        path.unlink()
    with pytest.raises(DataError, match="expected utterances of the edition chosen, but got 'only others'"):
        run(choosy, attic)
