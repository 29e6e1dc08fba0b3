import numpy as np
import pytest

from ser.evaluation.scatter_figure import View, scatter_figure


def test_every_class_is_drawn_in_every_view_and_named() -> None:
    points = np.arange(12.0).reshape(6, 2)
    views = [View(title=name, train=points, test=points[:3]) for name in ("features", "network")]
    figure = scatter_figure(views, ["a", "b", "c"] * 2, ["a", "b", "b"], ["a", "b", "c"], "Clips")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["features", "network"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b", "c"]
    for axes in figure.axes:
        sizes = [len(np.asarray(drawn.get_offsets())) for drawn in axes.collections]
        # Training and test clips of each class in turn.
        assert sizes == [2, 1, 2, 2, 2, 0]


@pytest.mark.parametrize("views", [1, 2])
def test_the_names_of_eight_classes_fit_below(views: int) -> None:
    classes = ["neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise"]
    points = np.arange(16.0).reshape(8, 2)
    view = View(title="features", train=points, test=points)
    figure = scatter_figure([view] * views, classes, classes, classes, "Clips")
    figure.draw_without_rendering()
    legend, whole = figure.legends[0].get_window_extent(), figure.bbox
    assert whole.x0 <= legend.x0 < legend.x1 <= whole.x1
    assert whole.y0 <= legend.y0
