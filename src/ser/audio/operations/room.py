"""In a room: the response of one that is made up, or of one that was measured."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import scipy.signal

from ser.arrays import Float32
from ser.audio.decode import load
from ser.audio.noise import standard_normal
from ser.audio.operations.base import Operation, demand, demand_range
from ser.audio.operations.level import energy
from ser.errors import ConfigError, DataError
from ser.files import sha256_of_file

_SUFFIXES = frozenset({".aif", ".aiff", ".flac", ".ogg", ".wav"})
_RESPONSES_KEPT = 256


@dataclass(frozen=True, kw_only=True)
class Room(Operation):
    """Reverberation by a response drawn for each copy. Length and mean power stay; the direct sound is not delayed.

    Attributes:
        rt60_low_s: shortest reverberation time (until the sound has fallen by 60 dB), in seconds.
        rt60_high_s: longest; the one used is uniform between them.
        drr_low_db: lowest ratio of the direct sound's energy to the reverberation's, in dB: far from the speaker.
        drr_high_db: highest; the one used is uniform between them.
        folder: of measured impulse responses, audio files at any depth, one of which is drawn instead (the mean of its
            channels, from the largest sample on); None to make up responses. Kept as an absolute path.
    """

    rt60_low_s: float
    rt60_high_s: float
    drr_low_db: float
    drr_high_db: float
    folder: str | None
    random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        demand_range(self.rt60_low_s, self.rt60_high_s, 0.01, 20, "operations.room.rt60_low_s")
        demand_range(self.drr_low_db, self.drr_high_db, -60, 60, "operations.room.drr_low_db")
        if self.folder is not None:
            # Workers of a cluster may stand in another folder.
            object.__setattr__(self, "folder", str(Path(self.folder).expanduser().absolute()))
            _check_responses(self.folder)

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Convolve. See :class:`Operation`."""
        if self.folder is None:
            rt60_s = rng.uniform(self.rt60_low_s, self.rt60_high_s)
            response = room_response(rng, sample_rate_hz, rt60_s, rng.uniform(self.drr_low_db, self.drr_high_db))
        else:
            responses = _responses(self.folder)
            response = _measured(responses[rng.integers(len(responses))][1], sample_rate_hz)
        wet: Float32 = scipy.signal.oaconvolve(samples, response)[: len(samples)]
        loudness = energy(wet)
        return wet * np.float32(math.sqrt(energy(samples) / loudness) if loudness else 1)

    def identity(self) -> dict[str, object]:
        """Describe measured responses by what they hold, not where they lie. See :class:`Operation`."""
        described = super().identity()
        if self.folder is None:
            return described
        return {"operation": described["operation"], "responses": [sha256 for sha256, _ in _responses(self.folder)]}


def room_response(rng: np.random.Generator, sample_rate_hz: int, rt60_s: float, drr_db: float) -> Float32:
    """Make up a room's impulse response: the direct sound, then Gaussian noise that decays exponentially.

    The statistical model of Moorer 1979 and Polack 1988: the energy falls by 60 dB in the reverberation time.

    Args:
        rng: where the noise comes from.
        sample_rate_hz: rate of the response.
        rt60_s: reverberation time in seconds.
        drr_db: energy of the direct sound over that of all the rest, in dB.

    Returns:
        float32 of shape [samples in the reverberation time, and one], the first of which is 1.
    """
    count = math.ceil(rt60_s * sample_rate_hz)
    decay = np.float32(-3 * math.log(10) / (rt60_s * sample_rate_hz))
    tail = standard_normal(rng, count) * np.exp(decay * np.arange(1, count + 1, dtype=np.float32))
    tail *= np.float32(10 ** (-drr_db / 20) / math.sqrt(energy(tail)))
    return np.concatenate([np.ones(1, np.float32), tail])


@functools.lru_cache(maxsize=_RESPONSES_KEPT)
def _measured(path: Path, sample_rate_hz: int) -> Float32:
    """Read a measured response from its direct sound on: before that lies only the way to the microphone."""
    response, _ = load(path, sample_rate_hz=sample_rate_hz, offset_s=0.0, duration_s=None)
    return response[int(np.argmax(np.abs(response))) :]


@functools.cache
def _check_responses(folder: str) -> None:
    """Read all responses, once, so that a bad one is refused as such, and not as every clip that drew it."""
    key = "operations.room.folder"
    files = _files(folder)
    demand(len(files) > 0, f"a folder with {', '.join(sorted(_SUFFIXES))}", folder, key)
    for path in files:
        try:
            response, _ = load(path, sample_rate_hz=None, offset_s=0.0, duration_s=None)
            wrong = "" if response.any() and np.isfinite(response).all() else "one that is silent or not finite"
        except DataError as error:
            wrong = str(error.received)
        if wrong:
            raise ConfigError(
                expected="impulse responses that can be read and are not silent",
                received=f"{path}: {wrong}",
                where=f"augment.{key}",
                fix="Mend this file or take it out of the folder of room responses.",
            )


@functools.cache
def _responses(folder: str) -> tuple[tuple[str, Path], ...]:
    """List hash and place of each response, by hash: which one is drawn must not depend on how files are called."""
    return tuple(sorted((sha256_of_file(path), path) for path in _files(folder)))


def _files(folder: str) -> list[Path]:
    return [path for path in Path(folder).rglob("*") if path.suffix.lower() in _SUFFIXES]
