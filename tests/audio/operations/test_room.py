from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser.arrays import Float32
from ser.audio.operations.room import Room, room_response
from ser.errors import ConfigError


def room(folder: Path | None = None, *, rt60_s: float = 0.4, drr_db: float = 3.0) -> Room:
    return Room(
        rt60_low_s=rt60_s,
        rt60_high_s=rt60_s,
        drr_low_db=drr_db,
        drr_high_db=drr_db,
        folder=None if folder is None else str(folder),
    )


@pytest.mark.parametrize("rt60_s", [0.2, 0.5, 1.0])
def test_the_reverberation_time_is_schroeders(rt60_s: float) -> None:
    response = room_response(np.random.default_rng(0), 16_000, rt60_s, 0.0).astype(np.float64)[1:]
    decay_db = 10 * np.log10(np.cumsum(response[::-1] ** 2)[::-1] / np.sum(response**2))
    # ISO 3382: the slope between -5 and -25 dB, carried on to -60.
    inside = (decay_db < -5) & (decay_db > -25)
    slope = np.polyfit(np.flatnonzero(inside) / 16_000, decay_db[inside], 1)[0]
    assert -60 / slope == pytest.approx(rt60_s, rel=0.06)


@pytest.mark.parametrize("drr_db", [-5.0, 8.0])
def test_direct_sound_and_reverberation_have_their_ratio(drr_db: float) -> None:
    response = room_response(np.random.default_rng(0), 16_000, 0.4, drr_db).astype(np.float64)
    assert response[0] == 1
    assert -10 * np.log10(np.sum(response[1:] ** 2)) == pytest.approx(drr_db, abs=0.001)


def test_length_power_and_time_of_arrival_stay(voiced: Float32) -> None:
    wet = room().apply(voiced, 16_000, np.random.default_rng(0))
    assert np.sum(wet**2) == pytest.approx(np.sum(voiced**2), rel=1e-4)
    click = np.zeros(16_000, np.float32)
    click[3000] = 1
    heard = room().apply(click, 16_000, np.random.default_rng(0))
    assert np.argmax(np.abs(heard)) == 3000
    assert np.abs(heard[:3000]).max() < 1e-6


def test_a_measured_response_is_convolved_from_its_direct_sound_on(tmp_path: Path, voiced: Float32) -> None:
    response = np.zeros(4000, np.float32)
    response[[100, 900]] = 0.8, -0.4
    soundfile.write(tmp_path / "hall.wav", response, 16_000, subtype="FLOAT")
    wet = room(tmp_path).apply(voiced, 16_000, np.random.default_rng(0))
    expected = voiced - 0.5 * np.concatenate([np.zeros(800, np.float32), voiced[:-800]])
    expected *= np.sqrt(np.sum(voiced**2) / np.sum(expected**2))
    np.testing.assert_allclose(wet, expected, atol=1e-5)


def test_one_of_several_measured_responses_is_drawn(tmp_path: Path, voiced: Float32) -> None:
    for place in range(3):
        response = np.zeros(4000, np.float32)
        response[[0, 500 * (place + 1)]] = 1, 0.7
        (tmp_path / f"room{place}").mkdir()
        soundfile.write(tmp_path / f"room{place}" / "response.FLAC", response, 16_000, format="FLAC")
    (tmp_path / "notes.txt").write_text("not a response")
    rng = np.random.default_rng(0)
    assert len({room(tmp_path).apply(voiced, 16_000, rng).tobytes() for _ in range(40)}) == 3


def test_measured_responses_are_known_by_what_they_hold(tmp_path: Path) -> None:
    response = np.zeros(400, np.float32)
    response[0] = 1
    for name, value in (("a", 0.5), ("b", 0.5), ("c", 0.25)):
        (tmp_path / name).mkdir()
        response[50] = value
        soundfile.write(tmp_path / name / "response.wav", response, 16_000)
    same, moved, other = (room(tmp_path / name).identity() for name in "abc")
    assert same == moved != other
    assert room(tmp_path / "a", rt60_s=0.9).identity() == same


def test_which_response_is_drawn_depends_on_what_they_hold_not_on_their_names(tmp_path: Path, voiced: Float32) -> None:
    names = ["a", "b", "c", "d"]
    for folder, order in (("one", names), ("other", names[::-1])):
        (tmp_path / folder).mkdir()
        for place, name in enumerate(order):
            response = np.zeros(4000, np.float32)
            response[[0, 500 * (place + 1)]] = 1, 0.7
            soundfile.write(tmp_path / folder / f"{name}.wav", response, 16_000)
    one, other = (room(tmp_path / folder) for folder in ("one", "other"))
    assert one.identity() == other.identity()
    for seed in range(8):
        heard, again = (some.apply(voiced, 16_000, np.random.default_rng(seed)) for some in (one, other))
        np.testing.assert_array_equal(heard, again)


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (np.zeros(400), "silent"),
        (np.full(400, np.nan), "not finite"),
        (np.zeros(0), "nothing in that span"),
        (None, ""),
    ],
    ids=["silent", "nan", "empty", "not-audio"],
)
def test_a_response_that_is_none_is_refused_by_name_before_any_clip(
    samples: Float32 | None, said: str, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "fine.wav", np.eye(1, 400)[0], 16_000)
    bad = tmp_path / "bad.wav"
    if samples is None:
        bad.write_bytes(b"RIFF, but no more")
    else:
        soundfile.write(bad, samples, 16_000, subtype="FLOAT")
    with pytest.raises(ConfigError) as error:
        room(tmp_path)
    assert error.value.where == "augment.operations.room.folder"
    assert str(error.value.received).startswith(f"{bad}: ")
    assert said in str(error.value.received)
    assert error.value.fix == "Mend this file or take it out of the folder of room responses."
    bad.unlink()
    assert len(room(tmp_path).identity()["responses"]) == 1  # type: ignore[arg-type]


def test_the_folder_is_found_from_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rooms").mkdir()
    soundfile.write(tmp_path / "rooms" / "click.wav", np.eye(1, 400)[0], 16_000)
    monkeypatch.chdir(tmp_path)
    assert room(Path("rooms")).folder == str(tmp_path / "rooms")


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda folder: room(rt60_s=0.0), "room.rt60_low_s"),
        (lambda folder: room(drr_db=99.0), "room.drr_low_db"),
        (lambda folder: room(folder), "room.folder"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_key(make: Callable[[Path], object], where: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        make(tmp_path)
    assert error.value.where == f"augment.operations.{where}"
