"""What stands in an exported file beside the graph: whose answers these are, and what it must be given."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ser.errors import StoreError
from ser.serving import facts as serving_facts
from ser.serving.facts import Facts

KEY = "ser"
"""Under this name the record stands among a file's metadata, as JSON."""
AUDIO, VECTOR, SEQUENCE = "audio", "vector", "sequence"
_FORMAT = 1
_WIDEST = 1_000_000
_RATES = range(4_000, 192_001)


@dataclass(frozen=True, kw_only=True)
class Input:
    """What a file takes.

    Attributes:
        kind: "audio" for samples, "vector" or "sequence" for features that the recipe computes.
        width: values a row of features; 1 of audio.
        rates_hz: of audio, the rates that a recording passes through; the last is that of the samples. Else empty.
    """

    kind: str
    width: int
    rates_hz: list[int]

    def __post_init__(self) -> None:
        fine = (
            self.kind in (AUDIO, VECTOR, SEQUENCE)
            and _whole(self.width, 1, _WIDEST)
            and all(_whole(rate, _RATES[0], _RATES[-1]) for rate in self.rates_hz)
            and bool(self.rates_hz) == (self.kind == AUDIO)
        )
        if not fine:
            raise ValueError(f"no such input: {self}")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What goes with an exported model.

    Attributes:
        facts: of the run.
        input: what the file takes.
        recipe: of the features, as in the run's `config.yaml`: class and settings.
        offset_s: where in a single utterance the part begins that the model learned from, in seconds.
        duration_s: how much of it, in seconds; None for all.
    """

    facts: Facts
    input: Input
    recipe: dict[str, Any]
    offset_s: float
    duration_s: float | None

    def text(self) -> str:
        """Give all of it as JSON."""
        return json.dumps({"format": _FORMAT, **dataclasses.asdict(self)}, ensure_ascii=False)


def read(entries: Mapping[str, str], *, where: object) -> Record:
    """Read the record among the metadata of a file.

    Args:
        entries: the metadata.
        where: the file, for the message.

    Raises:
        StoreError: when there is none, or it is damaged.
    """
    try:
        told = json.loads(entries[KEY])
        if told["format"] != _FORMAT:
            raise ValueError(f"format {told['format']}")
        facts = serving_facts.from_record(told["facts"], where=where)
        if not (facts.classes and all(isinstance(name, str) for name in facts.classes)):
            raise ValueError("no classes")
        return Record(
            facts=facts,
            input=Input(**told["input"]),
            recipe=dict(told["recipe"]),
            offset_s=float(told["offset_s"]),
            duration_s=None if told["duration_s"] is None else float(told["duration_s"]),
        )
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise StoreError(
            expected="a model that `ser export` wrote",
            received=f"a file without its record, or with a damaged one ({type(error).__name__}: {error})",
            where=where,
            fix="Export the model again. Nothing of the file was run.",
        ) from error


def _whole(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most
