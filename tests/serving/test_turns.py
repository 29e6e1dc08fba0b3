from __future__ import annotations

import pytest

from ser.serving.answer import Span
from ser.serving.turns import edges, turns


def span(start_s: float, end_s: float, emotion: str | None, probability: float = 1.0) -> Span:
    return Span(
        start_s=start_s,
        end_s=end_s,
        level_db=-20.0,
        emotion=emotion,
        probabilities=None if emotion is None else {emotion: probability},
        strangeness=None,
    )


def test_each_window_speaks_for_what_lies_nearest_to_its_middle() -> None:
    spans = [span(0, 3, "sad"), span(1, 4, "sad"), span(2, 5, "sad"), span(3, 5.5, "sad")]

    found = edges(spans)

    middles = [(one.start_s + one.end_s) / 2 for one in spans]
    assert (found[0], found[-1]) == (0, 5.5)
    for moment in (0.2, 1.9, 2.1, 2.9, 3.1, 3.8, 4.0, 5.4):
        nearest = min(range(4), key=lambda place: abs(middles[place] - moment))
        assert found[nearest] <= moment <= found[nearest + 1]


def test_turns_follow_each_other_without_gaps() -> None:
    spans = [
        *(span(0, 2, "sad", 0.5), span(1, 3, "sad", 0.7), span(2, 4, None)),
        *(span(3, 5, "sad", 0.9), span(4, 6, "calm", 0.6)),
    ]

    found = turns(spans)

    assert [turn.emotion for turn in found] == ["sad", None, "sad", "calm"]
    assert [turn.start_s for turn in found[1:]] == [turn.end_s for turn in found[:-1]]
    assert (found[0].start_s, found[-1].end_s) == (0, 6)
    assert found[0].probability == pytest.approx(0.6)
    assert found[1].probability is None
    assert turns([]) == []
