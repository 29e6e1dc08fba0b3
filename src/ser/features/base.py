"""What every feature recipe is: how a clip is loaded, what is computed from it, and the name of every value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from ser.arrays import Float32, Kind
from ser.audio import decode
from ser.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """From an audio file to features.

    Attributes:
        kind: "vector" (one row a clip) or "sequence" (one row a frame).
        name: the recipe's name in tables.
        sample_rate_hz: rate at which features are computed; None is each file's own.
        offset_s: where in the file the clip starts, in seconds.
        duration_s: how much of the file is used, in seconds; None is all of it.
    """

    kind: ClassVar[Kind]
    name: str
    sample_rate_hz: int | None
    offset_s: float
    duration_s: float | None

    def __post_init__(self) -> None:
        demand_rate(self.sample_rate_hz, "features.sample_rate_hz")
        demand(self.offset_s >= 0, "0 s or more", self.offset_s, "features.offset_s")
        demand(
            self.duration_s is None or self.duration_s > 0,
            "more than 0 s, or null",
            self.duration_s,
            "features.duration_s",
        )

    @property
    def width(self) -> int:
        """Values a row."""
        return len(self.names())

    def blocks(self) -> list[tuple[str, int]]:
        """Give name and width of each set of values that a row joins, in order: one, unless a recipe joins several."""
        return [(self.name, self.width)]

    def identity(self) -> dict[str, object]:
        """Give class and settings as plain data: what decides the values, beside the code.

        What a recipe is called in tables does not change its values.
        """
        settings = {key: value for key, value in asdict(self).items() if key != "name"}
        return {"recipe": type(self).__qualname__, "settings": settings}

    def modules(self) -> list[str]:
        """List the modules whose code decides the values; those that they import are found from there."""
        return [type(self).__module__]

    def notices(self, corpora: Sequence[str]) -> list[str]:
        """Say, in sentences, what whoever reads or uses a result must know of the features: none, as a rule.

        Args:
            corpora: ids of the corpora that are tested, for what an encoder has seen of them.
        """
        return []

    @abstractmethod
    def names(self) -> list[str]:
        """Name every value of a row, in order. Its unit stands in the name (`_hz`, `_db`); without one it has none."""

    @abstractmethod
    def compute(self, samples: Float32, sample_rate_hz: int) -> Float32:
        """Compute the features of one clip of any length.

        Args:
            samples: float32 of shape [samples], at least one, full scale 1.
            sample_rate_hz: their rate.

        Returns:
            float32 of shape [1, width] for a vector, [frames, width] for a sequence.
        """

    def load(self, path: Path) -> tuple[Float32, int]:
        """Decode a clip as this recipe wants it. See :func:`ser.audio.decode.load`."""
        return self.prepared(
            *decode.load(path, sample_rate_hz=None, offset_s=self.offset_s, duration_s=self.duration_s)
        )

    def prepared(self, samples: Float32, sample_rate_hz: int) -> tuple[Float32, int]:
        """Bring decoded samples to what :meth:`compute` takes: the recipe's rate and, where it has one, its length.

        Args:
            samples: float32 of shape [samples].
            sample_rate_hz: their rate.

        Returns:
            The samples and their rate, as :meth:`compute` takes them.
        """
        return decode.at_rate(samples, sample_rate_hz, self.sample_rate_hz)


def numbered(stem: str, count: int) -> list[str]:
    """Name values by number.

    Example:
        >>> numbered("mfcc", 10)[::9]
        ['mfcc_01', 'mfcc_10']
    """
    return [f"{stem}_{index:0{len(str(count))}d}" for index in range(1, count + 1)]


def demand(fine: bool, expected: str, received: object, where: str) -> None:
    """Raise ConfigError about a setting of the recipe unless it is fine."""
    if not fine:
        raise ConfigError(
            expected=expected, received=received, where=where, fix="Set it on the command line or in conf/features/."
        )


def demand_rate(rate_hz: int | None, where: str) -> None:
    """Raise ConfigError unless a sampling rate is one that speech is kept at, or None."""
    demand(rate_hz is None or 4000 <= rate_hz <= 192_000, "a rate from 4000 to 192000 Hz, or null", rate_hz, where)
