"""The figures of a search show every trial, and which settings mattered."""

from __future__ import annotations

import numpy as np
import pytest

from ser.evaluation.tuning_figures import importance_figure, search_figure


def test_the_best_so_far_never_falls_and_no_early_end_is_best() -> None:
    figure = search_figure([(0, 0.3, True), (1, 0.9, False), (2, 0.2, True), (3, 0.5, True)], "dev uar", "a search")
    (axes,) = figure.axes
    lines = {line.get_label(): line for line in axes.lines}
    assert np.asarray(lines["best so far"].get_ydata()).tolist() == [0.3, 0.3, 0.5]
    assert np.asarray(lines["ended early"].get_xdata()).tolist() == [1]
    assert axes.get_ylabel() == "dev uar"


@pytest.mark.parametrize(("trials", "labels"), [([], []), ([(0, 0.3, True)], ["all fits made", "best so far"])])
def test_the_legend_names_what_is_drawn(trials: list[tuple[int, float, bool]], labels: list[str]) -> None:
    (axes,) = search_figure(trials, "dev uar", "a search").axes
    legend = axes.get_legend()
    assert [text.get_text() for text in (legend.get_texts() if legend is not None else [])] == labels


def test_what_mattered_most_is_on_top() -> None:
    (axes,) = importance_figure({"model.C": 0.2, "model.gamma": 0.8}, "what mattered").axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["model.C", "model.gamma"]
    assert [bar.get_width() for bar in axes.patches] == [0.2, 0.8]
