"""The common recipe by `ser`: 162 values, of the clean clip and of its usual copies."""

from __future__ import annotations

from ser.audio.augment import Augmentation, Chain
from ser.audio.operations.level import Noise
from ser.audio.operations.tempo import Pitch, Stretch
from ser.features.recipes import Functionals

RATE_HZ = 22_050
AMPLITUDE, STRETCH, SEMITONES = 0.035, 0.8, 0.7


def functionals(mode: str) -> Functionals:
    """The 162 values."""
    return Functionals(name="functionals", mode=mode, sample_rate_hz=RATE_HZ, offset_s=0.0, duration_s=None)


def chain(*operations: str) -> Chain:
    """Operations applied in turn, always, to make one copy."""
    return Chain(operations=list(operations), copies=1, probabilities={})


def augmentation(mode: str) -> Augmentation:
    """The copies."""
    return Augmentation(
        variants={
            "noise": chain("noise"),
            "pitch": chain("pitch"),
            "stretch": chain("stretch"),
            "stretch-pitch": chain("stretch", "pitch"),
        },
        copies=None,
        seed=0,
        mode=mode,
        operations={
            "noise": Noise(amplitude=AMPLITUDE),
            "stretch": Stretch(rate=STRETCH),
            "pitch": Pitch(semitones=SEMITONES),
        },
    )
