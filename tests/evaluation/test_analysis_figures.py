"""The figures show every point with its interval, beside what it is to be seen against."""

from __future__ import annotations

import numpy as np

from ser.evaluation.analysis_figures import Panel, Point, curves_figure, probes_figure

ALONE = Point(place=0, score=0.5, low=None, high=None)


def point(place: int, score: float) -> Point:
    return Point(place=place, score=score, low=score - 0.1, high=score + 0.1)


def test_curves_keep_their_places_and_are_named() -> None:
    curves = {"mixed": [point(0, 0.5), point(2, 0.7)], "neutral": [point(0, 0.5), point(1, 0.6)]}
    panel = Panel(title="mean alone", labels=["0", "1", "all"], curves=curves, level=0.5)
    axes = curves_figure([panel], "clips", "UAR", "What clips are worth").axes[0]
    mixed = next(line for line in axes.lines if line.get_label() == "mixed")
    assert np.asarray(mixed.get_xdata()).tolist() == [0, 2]
    assert np.asarray(mixed.get_ydata()).tolist() == [0.5, 0.7]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["mixed", "neutral"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "1", "all"]


def test_several_panels_share_one_scale_and_none_is_left_empty() -> None:
    panels = [Panel(title=str(number), labels=["clean"], curves={"UAR": [ALONE]}, level=None) for number in range(5)]
    axes = curves_figure(panels, "degradation", "UAR", "robustness").axes
    assert [one.get_title(loc="left") for one in axes if one.get_visible()] == ["0", "1", "2", "3", "4"]
    assert len({one.get_ylim() for one in axes}) == 1
    assert axes[0].get_legend() is None


def test_probes_stand_below_the_model_with_their_chance() -> None:
    figure = probes_figure(
        {"duration": point(0, 0.3), "silence": ALONE}, {"duration": 0.14, "silence": 0.15}, point(0, 0.6), "probes"
    )
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["the model", "duration", "silence"]
    chance = next(line for line in axes.lines if line.get_label() == "chance")
    assert np.asarray(chance.get_xdata()).tolist() == [0.14, 0.15]
    assert np.asarray(chance.get_ydata()).tolist() == [1, 2]
