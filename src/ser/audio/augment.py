"""Augmented copies of training utterances: operations on the waveform, alone or in chains.

A copy depends on the clip's bytes, the seed, the variant's name and the copy's number, and on nothing else: the same
clip gives the same copy on any machine, in any order of work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np

from ser.arrays import Float32
from ser.audio.operations.base import Operation, demand
from ser.audio.operations.tempo import Pitch, Stretch, StretchAndPitch
from ser.audio.stft import MODES
from ser.errors import one_of


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Operations applied in turn, and how often. All that one variant is, so that no other beside it changes it.

    Attributes:
        operations: their names.
        copies: copies of each utterance. A chain without chance in it gives one: more would be the same samples.
        probabilities: operation name -> share of the copies in which it is applied; 1 where it is not named.
    """

    operations: list[str]
    copies: int
    probabilities: dict[str, float]

    def probability(self, name: str) -> float:
        """Return the share of copies in which an operation is applied."""
        return self.probabilities.get(name, 1.0)


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Which copies of each training utterance are made.

    Attributes:
        variants: what copies are called -> how they are made. Empty: no copies.
        copies: copies of every variant, whatever it says itself; None for as many as it says.
        seed: what the random numbers start from, together with clip, variant and copy.
        mode: how stretch and pitch are computed. "parity": each as `librosa.effects` does. "fast": by one vocoder that
            changes the pitch without a resampler; a stretch and the pitch right after it are one step.
        operations: operation name -> what it does, with its settings.
    """

    variants: dict[str, Chain]
    copies: int | None
    seed: int
    mode: str
    operations: dict[str, Operation]

    def __post_init__(self) -> None:
        demand(self.copies is None or self.copies >= 1, "one copy or more, or null", self.copies, "copies")
        one_of(self.mode, MODES, what="a mode", where="augment.mode")
        for name, chain in self.variants.items():
            _check_chain(chain, self.operations, f"variants.{name}")

    @property
    def name(self) -> str:
        """The variants' names joined by "+", sorted; "none" without any."""
        return "+".join(sorted(self.variants)) or "none"

    def is_random(self, chain: Chain) -> bool:
        """Say whether chance has a part in a chain."""
        return any(self.operations[name].random or chain.probability(name) < 1 for name in chain.operations)

    def copies_of(self, chain: Chain) -> int:
        """Return how many copies a chain gives."""
        return (self.copies or chain.copies) if self.is_random(chain) else 1


def _check_chain(chain: Chain, operations: Collection[str], key: str) -> None:
    known = f"one operation or more of {', '.join(operations)}"
    demand(len(chain.operations) > 0, known, chain.operations, f"{key}.operations")
    for name in chain.operations:
        one_of(name, operations, what="an operation", where=f"augment.{key}.operations")
    demand(chain.copies >= 1, "one copy or more", chain.copies, f"{key}.copies")
    for name, share in chain.probabilities.items():
        one_of(name, chain.operations, what="an operation of this variant", where=f"augment.{key}.probabilities")
        demand(0 < share <= 1, "a share above 0, at most 1", share, f"{key}.probabilities.{name}")


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One augmented copy that every training utterance gets.

    Attributes:
        name: the variant's name in the configuration.
        chain: how it is made.
        copy: number of the copy, from 1.
    """

    name: str
    chain: Chain
    copy: int

    @property
    def key(self) -> str:
        """Name and copy, such as "noise-1"."""
        return f"{self.name}-{self.copy}"


def variants_of(augmentation: Augmentation) -> list[Variant]:
    """List the copies that an augmentation asks for, sorted by name; the clean original is not among them."""
    return [
        Variant(name=name, chain=chain, copy=copy)
        for name, chain in sorted(augmentation.variants.items())
        for copy in range(1, augmentation.copies_of(chain) + 1)
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
        float32 of shape [samples'], another length after a stretch. The clean samples where chance left out every
        operation.
    """
    seed = hashlib.sha256(f"{augmentation.seed}\n{audio_sha256}\n{variant.name}\n{variant.copy}".encode()).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(seed[:16], "big")))
    applied = [name for name in variant.chain.operations if _applies(variant.chain.probability(name), rng)]
    for operation in _steps(applied, augmentation):
        samples = operation.apply(samples, sample_rate_hz, rng)
    return samples


def _applies(probability: float, rng: np.random.Generator) -> bool:
    return probability == 1 or rng.random() < probability


def _steps(names: Iterable[str], augmentation: Augmentation) -> list[Operation]:
    """List what is done in turn; in the mode "fast" a stretch and the pitch after it are one step."""
    operations = [augmentation.operations[name] for name in names]
    if augmentation.mode == "parity":
        return operations
    steps: list[Operation] = []
    for operation in operations:
        last = steps[-1] if steps else None
        if isinstance(operation, Pitch) and isinstance(last, StretchAndPitch) and not last.semitones:
            steps[-1] = replace(last, semitones=operation.semitones)
        elif isinstance(operation, Pitch):
            steps.append(StretchAndPitch(rate=1.0, semitones=operation.semitones))
        elif isinstance(operation, Stretch):
            steps.append(StretchAndPitch(rate=operation.rate, semitones=0.0))
        else:
            steps.append(operation)
    return steps


def identity(variant: Variant, augmentation: Augmentation) -> dict[str, object]:
    """Describe what decides a copy's samples, for the key under which its features are stored.

    Seed, name and number of the copy count only where chance has a part, so that `stretch` is computed once whatever
    the variant is called.
    """
    names = variant.chain.operations
    described: dict[str, object] = {"chain": [step.identity() for step in _steps(names, augmentation)]}
    if not augmentation.is_random(variant.chain):
        return described
    return {
        **described,
        "probabilities": [variant.chain.probability(name) for name in names],
        "seed": augmentation.seed,
        "variant": variant.name,
        "copy": variant.copy,
    }


def modules_of(variant: Variant, augmentation: Augmentation) -> list[str]:
    """List the modules that compute a copy, those of other packages left out."""
    operations = [augmentation.operations[name] for name in variant.chain.operations]
    modules = {__name__, *(type(operation).__module__ for operation in operations)}
    return sorted(name for name in modules if name.startswith("ser."))
