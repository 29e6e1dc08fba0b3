"""Augmented copies of training utterances: noise, shift, stretch and pitch, alone or in chains.

A copy depends on the clip's bytes, the seed, the variant's name and the copy's number, and on nothing else: the same
clip gives the same copy on any machine, in any order of work.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import ClassVar

import numpy as np

from ser.arrays import Float32
from ser.audio.noise import standard_normal
from ser.audio.stft import MODES
from ser.audio.vocoder import pitch_shift, stretch_and_shift, time_stretch
from ser.errors import ConfigError, one_of


@dataclass(frozen=True, kw_only=True)
class Operation(ABC):
    """One change of a waveform; its fields are its settings.

    Attributes:
        random: whether chance has a part in it.
    """

    random: ClassVar[bool]

    @abstractmethod
    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Change a waveform, float32 of shape [samples]; the result may have another length."""


@dataclass(frozen=True, kw_only=True)
class Noise(Operation):
    """White Gaussian noise, its standard deviation drawn for each copy.

    Attributes:
        amplitude: largest standard deviation, as a share of the clip's largest absolute sample; the share used is
            uniform between 0 and this.
    """

    amplitude: float
    random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _demand(self.amplitude > 0, "a share above 0", self.amplitude, "augment.noise.amplitude")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Add noise. See :class:`Operation`."""
        deviation = np.float32(self.amplitude * rng.uniform() * np.max(np.abs(samples)))
        noise = standard_normal(rng, len(samples))
        noise *= deviation
        noise += samples
        return noise


@dataclass(frozen=True, kw_only=True)
class Shift(Operation):
    """Roll the clip in time; what leaves at one end enters at the other.

    Attributes:
        max_s: largest shift in seconds, either way; the shift used is uniform.
    """

    max_s: float
    random: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _demand(self.max_s > 0, "seconds above 0", self.max_s, "augment.shift.max_s")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Roll. See :class:`Operation`."""
        return np.roll(samples, int(rng.uniform(-self.max_s, self.max_s) * sample_rate_hz))


@dataclass(frozen=True, kw_only=True)
class Stretch(Operation):
    """Change the tempo, keep the pitch.

    Attributes:
        rate: above 1 is faster and shorter, below 1 slower and longer.
    """

    rate: float
    random: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _demand(0.1 <= self.rate <= 10, "a rate from 0.1 to 10", self.rate, "augment.stretch.rate")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Stretch. See :class:`Operation`."""
        return time_stretch(samples, rate=self.rate)


@dataclass(frozen=True, kw_only=True)
class Pitch(Operation):
    """Change the pitch, keep the tempo.

    Attributes:
        semitones: the interval; positive is higher.
    """

    semitones: float
    random: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _demand(abs(self.semitones) <= 24, "from -24 to 24 semitones", self.semitones, "augment.pitch.semitones")

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Shift the pitch. See :class:`Operation`."""
        return pitch_shift(samples, sample_rate_hz=sample_rate_hz, semitones=self.semitones)


@dataclass(frozen=True, kw_only=True)
class StretchAndPitch(Operation):
    """Change tempo and pitch in one step, without a resampler.

    Attributes:
        rate: above 1 is faster and shorter, below 1 slower and longer.
        semitones: the interval; positive is higher.
    """

    rate: float
    semitones: float
    random: ClassVar[bool] = False

    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Stretch and shift the pitch. See :class:`Operation`."""
        return stretch_and_shift(samples, rate=self.rate, semitones=self.semitones)


OPERATIONS = ("noise", "shift", "stretch", "pitch")


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Which copies of each training utterance are made.

    Attributes:
        variants: variant name -> the operations applied in turn, each of `OPERATIONS`. Empty: no copies.
        copies: copies of each variant. A variant without chance in it gives one: more would be the same samples.
        seed: what the random numbers start from, together with clip, variant and copy.
        mode: how stretch and pitch are computed. "parity": each as `librosa.effects` does. "fast": by one vocoder that
            changes the pitch without a resampler; a stretch and the pitch right after it are one step.
        noise: settings of the operation `noise`.
        shift: settings of `shift`.
        stretch: settings of `stretch`.
        pitch: settings of `pitch`.
    """

    variants: dict[str, list[str]]
    copies: int
    seed: int
    mode: str
    noise: Noise
    shift: Shift
    stretch: Stretch
    pitch: Pitch

    def __post_init__(self) -> None:
        _demand(self.copies >= 1, "one copy or more", self.copies, "augment.copies")
        one_of(self.mode, MODES, what="a mode", where="augment.mode")
        for name, chain in self.variants.items():
            where = f"augment.variants.{name}"
            _demand(len(chain) > 0, f"one operation or more of {', '.join(OPERATIONS)}", chain, where)
            for operation in chain:
                one_of(operation, OPERATIONS, what="an operation", where=where)

    @property
    def name(self) -> str:
        """The variants' names joined by "+", sorted; "none" without any."""
        return "+".join(sorted(self.variants)) or "none"

    def operation(self, name: str) -> Operation:
        """Return the settings of one of `OPERATIONS`."""
        operations: Mapping[str, Operation] = {
            "noise": self.noise,
            "shift": self.shift,
            "stretch": self.stretch,
            "pitch": self.pitch,
        }
        return operations[name]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One augmented copy that every training utterance gets.

    Attributes:
        name: the variant's name in the configuration.
        chain: operations applied in turn.
        copy: number of the copy, from 1.
    """

    name: str
    chain: tuple[str, ...]
    copy: int

    @property
    def key(self) -> str:
        """Name and copy, such as "noise-1"."""
        return f"{self.name}-{self.copy}"


def variants_of(augmentation: Augmentation) -> list[Variant]:
    """List the copies that an augmentation asks for, sorted by name; the clean original is not among them."""
    return [
        Variant(name=name, chain=tuple(chain), copy=copy)
        for name, chain in sorted(augmentation.variants.items())
        for copy in range(1, (augmentation.copies if _is_random(chain, augmentation) else 1) + 1)
    ]


def augment(
    samples: Float32, sample_rate_hz: int, variant: Variant, augmentation: Augmentation, audio_sha256: str
) -> Float32:
    """Make one copy of one clip.

    Args:
        samples: the clean clip, float32 of shape [samples]; it is not changed.
        sample_rate_hz: its rate.
        variant: which copy.
        augmentation: the settings.
        audio_sha256: hash of the clip's file, which seeds the random numbers with the variant and the seed.

    Returns:
        float32 of shape [samples'], another length after a stretch.
    """
    seed = hashlib.sha256(f"{augmentation.seed}\n{audio_sha256}\n{variant.name}\n{variant.copy}".encode()).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(seed[:16], "big")))
    for operation in _steps(variant.chain, augmentation):
        samples = operation.apply(samples, sample_rate_hz, rng)
    return samples


def _steps(chain: tuple[str, ...], augmentation: Augmentation) -> list[Operation]:
    """List what is done in turn; in the mode "fast" a stretch and the pitch after it are one step."""
    if augmentation.mode == "parity":
        return [augmentation.operation(name) for name in chain]
    steps: list[Operation] = []
    for name in chain:
        if name == "pitch" and steps and isinstance(steps[-1], StretchAndPitch) and not steps[-1].semitones:
            steps[-1] = replace(steps[-1], semitones=augmentation.pitch.semitones)
        elif name == "pitch":
            steps.append(StretchAndPitch(rate=1.0, semitones=augmentation.pitch.semitones))
        elif name == "stretch":
            steps.append(StretchAndPitch(rate=augmentation.stretch.rate, semitones=0.0))
        else:
            steps.append(augmentation.operation(name))
    return steps


def identity(variant: Variant, augmentation: Augmentation) -> dict[str, object]:
    """Describe what decides a copy's samples, for the key under which its features are stored.

    Seed, name and number of the copy count only where chance has a part, so that `stretch` is computed once whatever
    the variant is called.
    """
    chain = [{"operation": type(step).__name__, **asdict(step)} for step in _steps(variant.chain, augmentation)]
    if not _is_random(variant.chain, augmentation):
        return {"chain": chain}
    return {"chain": chain, "seed": augmentation.seed, "variant": variant.name, "copy": variant.copy}


def _is_random(chain: list[str] | tuple[str, ...], augmentation: Augmentation) -> bool:
    return any(augmentation.operation(name).random for name in chain)


def _demand(fine: bool, expected: str, received: object, where: str) -> None:
    if not fine:
        raise ConfigError(
            expected=expected, received=received, where=where, fix="Set it on the command line or in conf/augment/."
        )
