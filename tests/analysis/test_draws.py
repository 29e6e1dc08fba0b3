"""Who introduces whom, and who is learned from."""

from __future__ import annotations

import numpy as np
import pytest

from ser.analysis.draws import introductions, speaker_sets

NAMES = [f"{speaker}{clip}" for speaker in "xy" for clip in range(6)]
SPEAKERS = [name[0] for name in NAMES]
ALL = np.ones(len(NAMES), dtype=np.bool_)


@pytest.mark.parametrize("clips", [1, 3, None])
def test_no_clip_introduces_itself_or_another_speaker(clips: int | None) -> None:
    for position, chosen in enumerate(introductions(NAMES, SPEAKERS, ALL, clips=clips, draw=0)):
        assert position not in chosen
        assert {SPEAKERS[other] for other in chosen} == {SPEAKERS[position]}
        assert len(chosen) == (5 if clips is None else clips)


def test_more_clips_hold_the_fewer_ones() -> None:
    three, five = (introductions(NAMES, SPEAKERS, ALL, clips=clips, draw=2) for clips in (3, 5))
    assert all(set(few) < set(many) for few, many in zip(three, five, strict=True))


def test_draws_differ_and_repeat() -> None:
    first, again, other = (introductions(NAMES, SPEAKERS, ALL, clips=2, draw=draw) for draw in (0, 0, 1))
    assert first == again != other


def test_only_eligible_clips_introduce_and_a_speaker_gives_what_he_has() -> None:
    eligible = np.array([name in ("x0", "x1", "y3", "y4", "y5") for name in NAMES])
    chosen = introductions(NAMES, SPEAKERS, eligible, clips=3, draw=0)
    assert chosen[2] == (0, 1)
    assert chosen[0] == (1,)
    assert chosen[6] == (9, 10, 11)


def test_drawn_speakers_say_every_class_together() -> None:
    counts = np.array([[1, 0], [1, 0], [0, 1], [1, 1]])
    names = ["a", "b", "c", "d"]
    assert speaker_sets(counts, names, size=1, draws=3, key=[0]) == [["d"]]
    pairs = speaker_sets(counts, names, size=2, draws=9, key=[0])
    assert sorted(pairs) == [["a", "c"], ["a", "d"], ["b", "c"], ["b", "d"], ["c", "d"]]
    assert speaker_sets(counts[:3], names[:3], size=1, draws=3, key=[0]) == []
