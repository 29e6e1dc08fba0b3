import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from ser.evaluation.figures import confusion_figure, history_figure, per_class_figure
from ser.evaluation.results import RunResult

HISTORY = [
    {"epoch": epoch, "train/loss": 2 / epoch, "dev/loss": 2.2 / epoch, "dev/uar": uar}
    for epoch, uar in enumerate([0.3, 0.6, 0.5], start=1)
]


def png(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=50)
    return stream.getvalue()


def words(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_the_confusion_figure_shows_counts_and_shares_of_the_true_class() -> None:
    figure = confusion_figure(np.array([[3, 1], [0, 0]]), ["angry", "sad"], "A title")
    assert words(figure) == ["75%", "3", "25%", "1", "0%", "0", "0%", "0"]
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["angry  (4)", "sad  (0)"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["angry", "sad"]


def test_figures_on_dark_shades_are_white() -> None:
    (axes,) = confusion_figure([[9, 1], [0, 4]], ["a", "b"], "").axes
    white = [text.get_text() for text in axes.texts if text.get_color() == "white"]
    assert white == ["90%", "9", "100%", "4"]


def test_the_history_figure_marks_the_best_epoch_of_each_fit() -> None:
    figure = history_figure({"fold 1": HISTORY, "fold 2": HISTORY[:1]}, "A title")
    losses, scores = figure.axes
    assert len(losses.lines) == 4
    best = [(line.get_xdata()[0], line.get_ydata()[0]) for line in scores.lines if line.get_marker() == "o"]
    assert best == [(2, 0.6), (1, 0.3)]
    assert [text.get_text() for text in losses.get_legend().get_texts()] == ["train", "development"]


@pytest.mark.parametrize("histories", [{}, {"fold 1": []}])
def test_models_without_epochs_say_so(histories: dict[str, list[dict[str, float]]]) -> None:
    assert set(words(history_figure(histories, ""))) == {"fitted in one step: no epochs"}


def test_a_history_without_development_scores_draws_its_losses() -> None:
    losses, scores = history_figure({"fold 1": [{"epoch": 1, "train/loss": 1.0}]}, "").axes
    assert len(losses.lines[0].get_xdata()) == 1
    assert not any(line.get_marker() == "o" for line in scores.lines)


def test_the_class_figure_shows_recall_precision_and_uar(result: RunResult) -> None:
    per_class = {**result.summary["per_class"], "surprise": {"precision": None, "recall": None, "support": 0}}
    (axes,) = per_class_figure(per_class, "A title").axes
    recalls = [scores["recall"] or 0 for scores in per_class.values()]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(recalls)
    assert f"UAR {result.summary['uar']:.1%}" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_same_numbers_give_the_same_bytes_and_pyplot_is_left_alone(result: RunResult) -> None:
    backend = mpl.rcParams["backend"]
    first, again = (confusion_figure(result.summary["confusion"], ["a", "b", "c"], "t") for _ in range(2))
    assert png(first) == png(again)
    assert png(first).startswith(b"\x89PNG")
    png(history_figure({"fold 1": HISTORY}, "A long title " * 10))
    png(per_class_figure(result.summary["per_class"], "t"))
    assert mpl.rcParams["backend"] == backend
