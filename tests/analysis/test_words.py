"""What the curves come to in words."""

from __future__ import annotations

from typing import Any

import pytest

from ser.analysis import enrolment, learning, robustness


def introduced(source: str, clips: int | None, score: float, statistics: str = "mean") -> dict[str, Any]:
    return {"source": source, "statistics": statistics, "clips": clips, "score": score}


NOBODY = introduced("none", 0, 0.5, "training")


def test_the_gain_of_a_few_neutral_clips_is_a_share_of_that_of_all() -> None:
    rows = [
        NOBODY,
        introduced("mixed", 20, 0.69),
        introduced("mixed", None, 0.7),
        introduced("mixed", None, 0.6, "z"),
        introduced("neutral", 5, 0.55),
        introduced("neutral", 10, 0.6),
        introduced("neutral", 10, 0.65, "z"),
    ]
    assert enrolment.words(rows, "UAR") == (
        "UAR 0.50 without any clip of the tested speaker, 0.70 with all others (mean alone); of this gain of 0.20, "
        "10 neutral clips bring 75% (0.65, mean and deviation)."
    )


def test_clips_that_bring_nothing_are_called_so() -> None:
    few = [introduced("mixed", 10, 0.4)]
    assert "bring nothing here" in enrolment.words([NOBODY, *few, introduced("mixed", None, 0.5)], "UAR")
    said = enrolment.words([NOBODY, *few, introduced("mixed", None, 0.6)], "UAR")
    assert said.endswith("10 mixed clips bring nothing (0.40, mean alone).")


@pytest.mark.parametrize(
    ("scores", "end"),
    [((0.3, 0.4, 0.5), "more speakers would still help."), ((0.3, 0.5, 0.5), "the curve has flattened.")],
)
def test_the_slope_of_the_learning_curve_is_told(scores: tuple[float, ...], end: str) -> None:
    rows = [{"speakers": speakers, "score": score} for speakers, score in zip((1, 2, 4), scores, strict=True)]
    said = learning.words(rows, "UAR")
    assert "0.30 with 1 training speaker to 0.50 with 4: +0.100 with each doubling" in said
    assert said.endswith(end)


def test_the_worst_case_and_the_areas_are_named() -> None:
    rows = [
        {"kind": kind, "level": level, "unit": "dB", "score": score, "area": area}
        for kind, area, levels in (
            ("gain", 0.9, {"-20": 0.5, "clean": 0.6}),
            ("noise", 0.7, {"clean": 0.6, "10": 0.4, "0": 0.2}),
        )
        for level, score in levels.items()
    ]
    assert robustness.words(rows, "UAR") == (
        "Worst is noise (0 dB): UAR 0.20 where clean clips have 0.60. "
        "Area under each curve relative to clean: noise 0.70, gain 0.90."
    )
