"""Names that mean one recording are recognised, and names that only look alike are not."""

from __future__ import annotations

import pandas as pd
import pytest

from ser.protocol.foreign import FACTS
from ser.protocol.origins import origin, resolve


def rows(*names: str, **columns: list[str | None]) -> pd.DataFrame:
    nothing = dict.fromkeys(FACTS)
    return pd.DataFrame({"name": list(names), **nothing, **columns}).astype(dict.fromkeys(FACTS, "str"))


def known(name: str) -> dict[str, str | None] | None:
    facts = {"corpus": "emodb", "session": None, "text_id": "a01", "audio": "pcm", "file": "bytes", "label": "fear"}
    stem = name.rpartition("/")[2].removesuffix(".wav")
    return {**facts, "utterance": f"emodb/{stem}", "speaker": "emodb/03"} if stem.lower() == "03a01fa" else None


@pytest.mark.parametrize(
    "name",
    [
        *("03a01fa_noise", "03a01fa-noise-2", "03a01fa_aug1", "03a01fa_augmented", "03a01fa_pitch_up_2"),
        *("03a01fa_time_stretch_0.8", "03a01fa_speed1.1", "03a01fa_noise_snr10", "03a01fa_noise10db", "03a01fa (1)"),
        *("03a01fa_pitch+2", "03a01fa_shifted", "sp0.9-03a01fa", "03a01fa_noise_pitch"),
    ],
)
def test_usual_names_of_copies_name_their_original(name: str) -> None:
    assert origin(name) == ("03a01fa", True)


@pytest.mark.parametrize("name", ["03a01fa_fast", "aug_03a01fa", "noisy-03a01fa", "03a01fa_copy", "03a01fa_white"])
def test_names_that_may_be_recordings_of_their_own_are_copies_only_of_what_is_there(name: str) -> None:
    assert origin(name) == ("03a01fa", False)
    alone = resolve(rows(name), lambda _: None).iloc[0]
    assert not alone["copy"]
    beside = resolve(rows(name, "03a01fa"), lambda _: None).iloc[0]
    assert beside["copy"]
    assert beside["origin"] == "03a01fa"


@pytest.mark.parametrize("name", ["03-01-05-02-01-01-12", "oaf_white_angry", "1001_dfa_ang_xx", "sp1_happy_2", "noise"])
def test_names_of_recordings_name_no_original(name: str) -> None:
    assert origin(name) is None


def test_an_original_is_found_in_another_folder_or_its_own() -> None:
    table = resolve(rows("train/x.wav", "test/x_noise.wav", "a/y.wav", "b/y.wav", "b/y_noise.wav"), lambda _: None)
    assert table["origin"].tolist() == ["train/x", "train/x", "a/y", "b/y", "b/y"]
    assert table["copy"].tolist() == [False, True, False, False, True]


def test_two_copies_are_of_one_original_that_is_not_listed() -> None:
    table = resolve(rows("x_noise.wav", "x_pitch.wav"), lambda _: None)
    assert set(table["origin"]) == {"x"}


def test_a_column_names_the_original() -> None:
    table = resolve(rows("x.wav", "c1.wav", "c2.wav", parent=[None, "x.wav", "elsewhere/z.wav"]), lambda _: None)
    assert table["origin"].tolist() == ["x", "x", "elsewhere/z"]
    assert table["copy"].tolist() == [False, True, True]
    own = resolve(rows("x.wav", parent=["x.wav"]), lambda _: None)
    assert not own["copy"].any()


def test_what_the_corpora_know_is_filled_in_and_a_copy_has_a_sound_of_its_own() -> None:
    names = ["wav/03a01fa.wav", "03a01fa_noise.wav", "fast_03a01fa.wav", "other.wav", "c1.wav"]
    table = resolve(rows(*names, label=["angry", None, None, "sad", None], parent=[None] * 4 + ["03a01fa"]), known)
    assert table["utterance"].tolist() == ["emodb/03a01fa", "03a01fa_noise", "fast_03a01fa", "other", "c1"]
    assert table["origin"].tolist() == ["emodb/03a01fa"] * 3 + ["other", "emodb/03a01fa"]
    assert table["matched"].tolist() == [True, True, True, False, False]
    assert table["speaker"].isna().tolist() == [False, False, False, True, True]
    assert table["audio"].isna().tolist() == [False, True, True, True, True]
    assert table["label"].iloc[:4].tolist() == ["angry", "fear", "fear", "sad"]
