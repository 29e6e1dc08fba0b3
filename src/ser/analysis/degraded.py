"""The ways in which test clips are degraded: one fixed measurement, so that every run is asked the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ser.audio.augment import Augmentation, Chain
from ser.audio.operations.base import Operation
from ser.audio.operations.channel import BandPass, Codec
from ser.audio.operations.level import SnrNoise
from ser.audio.operations.recording import Mp3, Overload
from ser.audio.operations.room import Room
from ser.audio.operations.tempo import Stretch

_DEEPEST_HZ = 20.0
_ORDER = 4


@dataclass(frozen=True, kw_only=True)
class Level:
    """One degree of a kind of degradation.

    Attributes:
        label: what it is called on an axis.
        operations: what is done in turn, by name; none leaves the clip clean.
    """

    label: str
    operations: dict[str, Operation]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of degradation.

    Attributes:
        name: what it is called.
        unit: of the labels of its degrees; "" where they say it themselves.
        levels: its degrees in order, the clean clip among them.
    """

    name: str
    unit: str
    levels: list[Level]


CLEAN = Level(label="clean", operations={})


def kinds(sample_rate_hz: int) -> list[Kind]:
    """List what is done to clips of a sampling rate; a band that such clips do not have is left out.

    Args:
        sample_rate_hz: the lowest rate among the clips.
    """
    return [
        Kind(name="white noise", unit="dB SNR", levels=[CLEAN, *(_noise(snr_db) for snr_db in (30, 20, 10, 5, 0))]),
        Kind(name="clipping gain", unit="dB", levels=[_gain(-20), _gain(-10), CLEAN, _gain(10), _gain(20)]),
        Kind(
            name="low-pass",
            unit="Hz",
            levels=[CLEAN, *(_low_pass(hz) for hz in (4000, 2000, 1000) if hz < sample_rate_hz / 2)],
        ),
        *([Kind(name="telephone", unit="", levels=[CLEAN, _telephone()])] if sample_rate_hz >= 8000 else []),
        Kind(name="MP3", unit="kbit/s", levels=[CLEAN, *(_mp3(kbit_s) for kbit_s in (64, 32, 16))]),
        Kind(name="room", unit="s RT60", levels=[CLEAN, *(_room(seconds) for seconds in (0.3, 0.6, 1.0))]),
        Kind(name="tempo", unit="times", levels=[_tempo(0.8), _tempo(0.9), CLEAN, _tempo(1.1), _tempo(1.25)]),
    ]


def augmentation(asked: Sequence[Kind]) -> Augmentation:
    """Give the degraded copies of kinds as an augmentation: one copy of each level, by :func:`key`.

    Args:
        asked: the kinds.
    """
    levels = [level for kind in asked for level in kind.levels if level is not CLEAN]
    return Augmentation(
        variants={
            "+".join(level.operations): Chain(operations=list(level.operations), copies=1, probabilities={})
            for level in levels
        },
        copies=None,
        seed=0,
        mode="parity",
        operations={name: operation for level in levels for name, operation in level.operations.items()},
    )


def key(level: Level) -> str | None:
    """Name the copy of a level in the store; None for the clean clip."""
    return f"{'+'.join(level.operations)}-1" if level.operations else None


def _noise(snr_db: int) -> Level:
    noise = SnrNoise(low_db=snr_db, high_db=snr_db, colour="white")
    return Level(label=str(snr_db), operations={f"noise_{snr_db}": noise})


def _gain(gain_db: int) -> Level:
    return Level(label=f"{gain_db:+d}", operations={f"gain_{gain_db:+d}": Overload(gain_db=gain_db)})


def _low_pass(high_hz: int) -> Level:
    # From where speech has nothing on, a band-pass is a low-pass.
    band = BandPass(low_hz=_DEEPEST_HZ, high_hz=high_hz, order=_ORDER)
    return Level(label=str(high_hz), operations={f"low_pass_{high_hz}": band})


def _telephone() -> Level:
    band, code = BandPass(low_hz=300, high_hz=3400, order=_ORDER), Codec(sample_rate_hz=8000, levels=256)
    return Level(label="300-3400 Hz", operations={"telephone_band": band, "telephone_code": code})


def _mp3(kbit_s: int) -> Level:
    return Level(label=str(kbit_s), operations={f"mp3_{kbit_s}": Mp3(kbit_s=kbit_s)})


def _room(rt60_s: float) -> Level:
    room = Room(rt60_low_s=rt60_s, rt60_high_s=rt60_s, drr_low_db=0, drr_high_db=0, folder=None)
    return Level(label=str(rt60_s), operations={f"room_{rt60_s}": room})


def _tempo(rate: float) -> Level:
    return Level(label=str(rate), operations={f"tempo_{rate}": Stretch(rate=rate)})
