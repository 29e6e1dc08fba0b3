"""Turns of emotion: what overlapping windows say, as stretches of one emotion that follow each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ser.serving.answer import Span


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A stretch in which one emotion is the most probable.

    Attributes:
        start_s: from here, in seconds from the start of the recording.
        end_s: to here; the next turn starts here.
        emotion: the class; None for silence.
        probability: of the class, the mean over its windows; None for silence.
    """

    start_s: float
    end_s: float
    emotion: str | None
    probability: float | None


def edges(spans: Sequence[Span]) -> list[float]:
    """Share the time of overlapping windows among them: each speaks for what lies nearest to its middle.

    Args:
        spans: in order, one or more.

    Returns:
        One value more than there are spans, in seconds, rising: span i speaks for what lies from i to i + 1.
    """
    middles = [(span.start_s + span.end_s) / 2 for span in spans]
    return [spans[0].start_s, *((a + b) / 2 for a, b in itertools.pairwise(middles)), spans[-1].end_s]


def turns(spans: Sequence[Span]) -> list[Turn]:
    """Join neighbouring windows of one emotion.

    Args:
        spans: in order.

    Example:
        >>> sad, calm = ({"sad": p, "calm": 1 - p} for p in (0.9, 0.2))
        >>> heard = [
        ...     Span(start_s=s, end_s=s + 2, level_db=-20, emotion=e, probabilities=p, strangeness=None)
        ...     for s, e, p in [(0, "sad", sad), (1, "sad", sad), (2, "calm", calm)]
        ... ]
        >>> [(turn.start_s, turn.end_s, turn.emotion, turn.probability) for turn in turns(heard)]
        [(0, 2.5, 'sad', 0.9), (2.5, 4, 'calm', 0.8)]
    """
    if not spans:
        return []
    limits = edges(spans)
    found = []
    for emotion, group in itertools.groupby(range(len(spans)), key=lambda place: spans[place].emotion):
        places = list(group)
        sure = [row[emotion] for place in places if emotion and (row := spans[place].probabilities)]
        found.append(
            Turn(
                start_s=limits[places[0]],
                end_s=limits[places[-1] + 1],
                emotion=emotion,
                probability=float(np.mean(sure)) if sure else None,
            )
        )
    return found


def clock(seconds: float) -> str:
    """Write a moment as minutes and seconds, to a tenth.

    Example:
        >>> clock(75.4), clock(3600)
        ('1:15.4', '60:00.0')
    """
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
