import pytest
from matplotlib.figure import Figure

from ser.evaluation.confidence_figures import abstention_figure, reliability_figure
from ser.evaluation.results import RunResult


def labels(figure: Figure) -> list[str]:
    legend = figure.axes[0].get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def test_reliability_shows_both_sides_and_their_errors(result: RunResult) -> None:
    found = result.summary["calibration"]
    figure = reliability_figure(found, "A title")
    assert labels(figure) == [
        "perfectly calibrated",
        f"as predicted: ECE {found['before']['ece']:.3f}",
        f"temperature from development: ECE {found['after']['ece']:.3f}",
    ]
    points = figure.axes[0].collections[0].get_offsets()
    assert points[:, 1].tolist() == [row["accuracy"] for row in found["before"]["reliability"]]
    shares = [patch.get_data().values.sum() for patch in figure.axes[1].patches]
    assert shares == pytest.approx([1, 1])


def test_without_development_predictions_only_one_side_is_drawn(result: RunResult) -> None:
    figure = reliability_figure({**result.summary["calibration"], "after": None}, "A title")
    assert len(labels(figure)) == 2
    assert len(figure.axes[1].patches) == 1


def test_abstention_shows_accuracy_and_uar_of_the_most_confident(result: RunResult) -> None:
    found = result.summary["abstention"]
    figure = abstention_figure(found, "A title")
    (axes,) = figure.axes
    accuracy, uar, level = (list(line.get_ydata()) for line in axes.lines)
    assert accuracy == [row["accuracy"] for row in found["curve"]]
    assert uar == [row["uar"] for row in found["curve"]]
    assert set(level) == {accuracy[-1]}
    assert f"AURC {found['aurc']:.3f}" in labels(figure)[0]
