from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ser.audio.augment import Augmentation, Variant, augment
from ser.explore import examples


def corpus(*rows: tuple[str, str | None, str | None, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["utterance_id", "speaker", "text_id", "emotion_native"])


def chosen(table: pd.DataFrame) -> dict[str, str]:
    rows = examples.one_per_emotion(table)
    return dict(zip(rows["emotion_native"], rows["utterance_id"], strict=True))


def test_the_speaker_and_text_of_most_emotions_are_shown() -> None:
    table = corpus(
        ("1", "ann", "x", "sad"),
        ("2", "bob", "y", "sad"),
        ("3", "bob", "y", "happy"),
        ("4", "ann", "x", "happy"),
        ("5", "bob", "y", "fear"),
    )
    assert chosen(table) == {"fear": "5", "happy": "3", "sad": "2"}


def test_who_lacks_an_emotion_is_replaced_by_the_nearest() -> None:
    table = corpus(
        ("1", "bob", "x", "happy"),
        ("2", "ann", "y", "happy"),
        ("3", "ann", "x", "sad"),
        ("4", "ann", "x", "fear"),
        ("5", "bob", "z", "calm"),
        ("6", "bob", "x", "calm"),
    )
    # The same speaker with another text, before the same text by another, before anyone.
    assert chosen(table) == {"calm": "6", "fear": "4", "happy": "2", "sad": "3"}


def test_without_speakers_and_texts_the_first_of_each_emotion_is_shown() -> None:
    table = corpus(("2", None, None, "sad"), ("1", None, None, "sad"), ("3", None, None, "happy"))
    assert chosen(table) == {"happy": "3", "sad": "1"}


def test_recordings_are_read_at_one_rate_with_their_origin(manifest: pd.DataFrame) -> None:
    rows = examples.one_per_emotion(manifest)
    assert rows["speaker"].nunique() == rows["text_id"].nunique() == 1
    shown = examples.read(rows, {"s1": "ma si to"})
    assert [example.title for example in shown] == sorted(manifest["emotion_native"].unique())
    assert {example.origin for example in shown} == {'speaker spk01: "ma si to"'}
    assert [example.duration_s for example in shown] == pytest.approx(rows["duration_s"].tolist(), abs=0.01)
    assert examples.read(rows.head(1), {})[0].origin == "speaker spk01"


def test_copies_are_those_of_training(manifest: pd.DataFrame, augmentation: Augmentation) -> None:
    (clean,) = examples.read(manifest.head(1), {})
    copies = {copy.title: copy for copy in examples.augmented(clean, augmentation)}
    assert list(copies) == ["clean", *augmentation.operations, "slow_noise"]
    np.testing.assert_array_equal(copies["clean"].samples, clean.samples)
    variant = Variant(name="slow_noise", chain=augmentation.variants["slow_noise"], copy=1)
    expected = augment(clean.samples, examples.RATE_HZ, variant, augmentation, clean.sha256)
    np.testing.assert_array_equal(copies["slow_noise"].samples, expected)
    assert copies["stretch"].duration_s == pytest.approx(clean.duration_s / 0.8, abs=0.01)
    assert sorted(copies["shift"].samples) == sorted(clean.samples)


def test_what_is_shown_alone_is_always_applied(manifest: pd.DataFrame, augmentation: Augmentation) -> None:
    (clean,) = examples.read(manifest.head(1), {})
    chain = replace(augmentation.variants["slow_noise"], probabilities={"stretch": 1e-9, "noise": 1e-9})
    seldom = replace(augmentation, variants={"slow_noise": chain})
    copies = {copy.title: copy.samples for copy in examples.augmented(clean, seldom)}
    np.testing.assert_array_equal(copies.pop("slow_noise"), copies.pop("clean"))
    assert all(not np.array_equal(samples, clean.samples) for samples in copies.values())
    assert examples.settings_of("slow_noise", seldom).startswith("stretch (rate 0.8, probability 1e-09), then noise")


def test_the_settings_of_a_copy_are_said(augmentation: Augmentation) -> None:
    assert examples.settings_of("clean", augmentation) == "as recorded"
    assert examples.settings_of("pitch", augmentation) == "pitch (semitones 0.7)"
    assert "folder" not in examples.settings_of("room", augmentation)
    assert examples.settings_of("slow_noise", augmentation) == "stretch (rate 0.8), then noise (amplitude 0.035)"
