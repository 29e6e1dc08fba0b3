from __future__ import annotations

from pathlib import Path

import numpy as np

from asked import Ear, predictor, tone, written
from ser.serving.envelope import Envelope
from ser.serving.timeline_figure import timeline_figure


def test_the_picture_shows_the_wave_the_classes_and_the_leading_ones(tmp_path: Path) -> None:
    parts = [tone(400, 4), np.zeros(32_000, np.float32), tone(3000, 5)]
    envelope = Envelope()
    file = written(tmp_path / "call.wav", np.concatenate(parts))
    answer = predictor(Ear(), hop_s=1.0).answer(file, name="a/call.wav", on_block=lambda block, _: envelope.add(block))

    figure = timeline_figure(answer, envelope, ["low", "high"])

    wave, grid = figure.axes
    assert figure.get_suptitle() == "call.wav: high"
    assert [label.get_text() for label in grid.get_yticklabels()] == ["low", "high"]
    bars = [(line.get_xdata().tolist(), round(float(line.get_ydata()[0]))) for line in grid.lines]
    assert bars == [([0.0, 4.0], 0), ([6.0, 11.0], 1)]
    shades = grid.collections[0].get_array()
    assert np.isnan(shades[:, 4:6].astype(float).filled(np.nan)).all()
    assert float(shades[0, 0]) > 0.9 > 0.1 > float(shades[1, 0])
    figure.savefig(tmp_path / "call.png")
    assert wave.get_xlim()[1] == 11.0
