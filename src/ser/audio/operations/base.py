"""What every change of a waveform offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from ser.arrays import Float32
from ser.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Operation(ABC):
    """One change of a waveform; its fields are its settings.

    Attributes:
        random: whether chance has a part in it.
    """

    random: ClassVar[bool]

    @abstractmethod
    def apply(self, samples: Float32, sample_rate_hz: int, rng: np.random.Generator) -> Float32:
        """Change a waveform.

        Args:
            samples: float32 of shape [samples], full scale 1; they are not changed.
            sample_rate_hz: their rate.
            rng: where all chance comes from.

        Returns:
            float32 of shape [samples'], maybe of another length.
        """

    def identity(self) -> dict[str, object]:
        """Describe what decides the result beside clip and chance: class and settings."""
        return {"operation": f"{type(self).__module__}.{type(self).__qualname__}", **asdict(self)}


def demand(fine: bool, expected: str, received: object, key: str) -> None:
    """Refuse a setting that is out of range.

    Args:
        fine: whether it is in range.
        expected: what is, as a clause.
        received: the value.
        key: its place below `augment`.

    Raises:
        ConfigError: when it is not.
    """
    if not fine:
        raise ConfigError(
            expected=expected,
            received=received,
            where=f"augment.{key}",
            fix="Set it on the command line or in conf/augment/.",
        )


def demand_range(low: float, high: float, least: float, most: float, key: str) -> None:
    """Refuse a range to draw from whose ends are out of order or out of bounds.

    Args:
        low: lower end.
        high: upper end.
        least: smallest lower end.
        most: largest upper end.
        key: the range's place below `augment`.

    Raises:
        ConfigError: when `least <= low <= high <= most` does not hold.
    """
    demand(least <= low <= high <= most, f"{least:g} <= low <= high <= {most:g}", f"{low:g} to {high:g}", key)
