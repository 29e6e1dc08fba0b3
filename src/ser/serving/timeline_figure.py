"""The picture of a long recording: its waveform, and below it what the model hears over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from ser.evaluation.figures import BLUE, GREY, INK, SHADES, figure_of, plain
from ser.serving.answer import Answer
from ser.serving.envelope import Envelope
from ser.serving.turns import edges, turns


def timeline_figure(answer: Answer, envelope: Envelope, classes: Sequence[str]) -> Figure:
    """Draw a recording over time: the darker a class's row, the more probable it is; its name stands where it leads.

    Args:
        answer: to the recording.
        envelope: of its waveform.
        classes: class names, a row each.
    """
    figure = figure_of(11, 2.6 + 0.34 * len(classes), f"{Path(answer.source).name}: {answer.emotion or 'silence'}")
    wave, grid = figure.subplots(2, sharex=True, height_ratios=[1.6, 0.4 * len(classes)])
    times = np.linspace(0, answer.duration_s, len(envelope.low), endpoint=False)
    wave.fill_between(times, envelope.low, envelope.high, color=BLUE, linewidth=0)
    wave.set_ylim(-1, 1)
    wave.set_ylabel("amplitude", color=GREY)
    limits = edges(answer.spans)
    rows = np.array(
        [[(span.probabilities or {}).get(name, np.nan) for span in answer.spans] for name in classes], dtype=np.float64
    )
    grid.pcolormesh(limits, np.arange(len(classes) + 1) - 0.5, rows, cmap=SHADES, vmin=0, vmax=1)
    for turn in turns(answer.spans):
        if turn.emotion is None:
            wave.axvspan(turn.start_s, turn.end_s, color=GREY, alpha=0.25, linewidth=0)
            grid.axvspan(turn.start_s, turn.end_s, color=GREY, alpha=0.25, linewidth=0)
        else:
            place = list(classes).index(turn.emotion)
            grid.plot([turn.start_s, turn.end_s], [place + 0.42, place + 0.42], color=INK, linewidth=2)
    grid.set_yticks(range(len(classes)), list(classes))
    grid.invert_yaxis()
    grid.set_xlim(0, answer.duration_s)
    grid.set_xlabel("minutes:seconds (bar: the most probable class; grey: silence)", color=GREY)
    grid.xaxis.set_major_formatter(FuncFormatter(lambda second, _: f"{int(second) // 60}:{int(second) % 60:02d}"))
    for axes in (wave, grid):
        plain(axes)
    grid.grid(visible=False)
    return figure
