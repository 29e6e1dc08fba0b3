"""Recorded and kept badly: overdriven, and coded as MP3."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import soundfile
import soxr

from ser.arrays import Float32
from ser.audio.operations.base import Operation, demand

_MP3_RATES_HZ = (8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
# Lowest and highest bit rate in kbit/s of MPEG-2.5, MPEG-2 and MPEG-1 layer III (ISO/IEC 11172-3, 13818-3), each with
# the lowest sampling rate it is for.
_BIT_RATES = ((32_000, (32, 320)), (16_000, (8, 160)), (0, (8, 64)))
# A little below the end of libsndfile's scale, which it takes for an error.
_COARSEST = 0.9999
# 576 samples of LAME's encoder, 529 of any decoder (LAME's technical FAQ). At low bit rates the frame that would tell
# the decoder of them does not fit, and they stay.
_DELAY = 1105


@dataclass(frozen=True, kw_only=True)
class Overload(Operation):
    """Louder or softer by a fixed gain; what goes beyond full scale is clipped, as by a recorder set too high.

    Attributes:
        gain_db: the gain in dB; negative is softer.
    """

    gain_db: float
    random: ClassVar[bool] = False

    def __post_init__(self) -> None:
        demand(abs(self.gain_db) <= 60, "from -60 to 60 dB", self.gain_db, "operations.overload.gain_db")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Multiply and clip. See :class:`Operation`."""
        louder: Float32 = samples * np.float32(10 ** (self.gain_db / 20))
        return louder.clip(-1, 1)


@dataclass(frozen=True, kw_only=True)
class Mp3(Operation):
    """There and back through MP3 at a constant bit rate, by libsndfile's coder. Length and place in time stay.

    A clip at a rate that MP3 does not know goes at the next lower one that it does.

    Attributes:
        kbit_s: bit rate in kbit/s; at rates that do not allow it, the nearest allowed one.
    """

    kbit_s: int
    random: ClassVar[bool] = False

    def __post_init__(self) -> None:
        demand(8 <= self.kbit_s <= 320, "from 8 to 320 kbit/s", self.kbit_s, "operations.mp3.kbit_s")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Code and decode. See :class:`Operation`."""
        line_hz = max((rate for rate in _MP3_RATES_HZ if rate <= sample_rate_hz), default=_MP3_RATES_HZ[0])
        sent = samples if line_hz == sample_rate_hz else soxr.resample(samples, sample_rate_hz, line_hz, quality="HQ")
        received = _coded(sent, line_hz, self.kbit_s)
        if line_hz != sample_rate_hz:
            received = soxr.resample(received, line_hz, sample_rate_hz, quality="HQ")
        padded: Float32 = np.pad(received[: len(samples)], (0, max(0, len(samples) - len(received))))
        return padded


def _coded(samples: Float32, sample_rate_hz: int, kbit_s: int) -> Float32:
    lowest, highest = next(ends for least_hz, ends in _BIT_RATES if sample_rate_hz >= least_hz)
    coarseness = (highest - min(max(kbit_s, lowest), highest)) / (highest - lowest)
    file = io.BytesIO()
    soundfile.write(
        file,
        samples,
        sample_rate_hz,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT",
        compression_level=min(coarseness, _COARSEST),
    )
    file.seek(0)
    received: Float32 = soundfile.read(file, dtype="float32")[0]
    return received[_DELAY:] if len(received) > len(samples) else received
