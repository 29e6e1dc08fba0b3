"""What a model says of a recording, as plain data."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Span:
    """What is heard from one moment to another.

    Attributes:
        start_s: from here, in seconds from the start of the recording.
        end_s: to here.
        level_db: root mean square of the samples about their mean, in dB below full scale (0 or less, as a rule).
        emotion: the most probable class; None where there is silence.
        probabilities: by class; None where there is silence.
        strangeness: the share of its features that lie far outside what the model learned from, 0 to 1; None where
            there is silence, or the model does not know.
    """

    start_s: float
    end_s: float
    level_db: float
    emotion: str | None
    probabilities: dict[str, float] | None
    strangeness: float | None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a model says of one recording.

    Attributes:
        source: the file's name, as it was given.
        duration_s: how much sound was read, in seconds.
        sample_rate_hz: the file's own rate.
        channels: the file's own number of channels; they are averaged.
        container: the file's format, such as "WAV" or "MP3".
        emotion: the most probable class of the whole; None when all of it is silence.
        probabilities: by class, the mean over the spans that are not silent; None when there is none.
        spans: in order: one for a recording about as long as those of the training, else one a window.
        warnings: in what the recording is unlike those the model learned from, in sentences.
    """

    source: str
    duration_s: float
    sample_rate_hz: int
    channels: int
    container: str
    emotion: str | None
    probabilities: dict[str, float] | None
    spans: list[Span]
    warnings: list[str]

    def record(self) -> dict[str, Any]:
        """Give all of it as plain data for JSON."""
        return dataclasses.asdict(self)


def from_record(record: Mapping[str, Any]) -> Answer:
    """Read what :meth:`Answer.record` gave."""
    return Answer(**{**record, "spans": [Span(**span) for span in record["spans"]]})


def most_probable(probabilities: dict[str, float]) -> str:
    """Name the class of highest probability; of several, the first.

    Example:
        >>> most_probable({"angry": 0.2, "sad": 0.8})
        'sad'
    """
    return max(probabilities, key=probabilities.__getitem__)
