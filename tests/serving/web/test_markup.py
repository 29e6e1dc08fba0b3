from __future__ import annotations

import base64
import dataclasses
import io
import re

import matplotlib.image
import numpy as np
import pytest

import paged
from ser.serving.answer import Answer
from ser.serving.turns import turns
from ser.serving.web import markup
from ser.serving.web.heard import Heard

CLASSES = paged.FACTS.classes


def _answered(*parts: tuple[float, float], name: str = "tone.wav") -> tuple[Answer, Heard]:
    heard = Heard()
    source = io.BytesIO(paged.tone(*parts))
    return paged.predictor("meter", None).answer(source, name=name, on_block=heard.add), heard


def _timeline(*parts: tuple[float, float]) -> str:
    return markup.timeline(*_answered(*parts), CLASSES)


def test_bars_stand_in_order_and_beside_their_numbers() -> None:
    answer, _ = _answered((2.0, 0.8))
    shown = re.findall(r'<th scope="row">(\w+)</th>.*?width:([\d.]+)%.*?<td class="n">([\d.]+)%', markup.bars(answer))
    assert [name for name, _, _ in shown] == ["angry", "sad", "calm"]
    assert [(width, number) for _, width, number in shown] == [("72.0", "72.0"), ("18.0", "18.0"), ("10.0", "10.0")]
    assert "Sounds most like <strong>angry</strong>, 72%" in markup.bars(answer)


def test_a_long_recording_says_over_how_many_windows_its_bars_are() -> None:
    answer, _ = _answered((5.0, 0.8))
    assert f"mean over {len(answer.spans)} windows" in markup.bars(answer)


def test_silence_is_said_and_drawn() -> None:
    answer, heard = _answered((2.0, 0.0))
    assert "Silence throughout" in markup.bars(answer)
    assert 'class="silence" style="left:0.000%;width:100.000%"' in markup.timeline(answer, heard, CLASSES)
    assert markup.moments(answer) == [[0.0, 2.0, "0:00.0 to 0:02.0: silence"]]


def test_the_outlines_follow_the_turns() -> None:
    drawn = _timeline((4.0, 0.9), (4.0, 0.05))
    outlines = re.findall(r'class="leads" style="left:([\d.]+)%;width:([\d.]+)%;--row:(\d)"', drawn)
    rows = [CLASSES[int(row)] for _, _, row in outlines]
    assert (rows[0], rows[-1]) == ("angry", "sad")
    assert float(outlines[-1][0]) == pytest.approx(50, abs=8)
    ends = [float(left) + float(width) for left, width, _ in outlines]
    assert ends[-1] == pytest.approx(100, abs=0.01)


def test_a_turn_too_narrow_for_an_outline_has_none() -> None:
    answer, heard = _answered((20.0, 0.9), (1.0, 0.02), (1.0, 0.9), (20.0, 0.02))
    assert len(turns(answer.spans)) == markup.timeline(answer, heard, CLASSES).count('class="leads"') == 4
    longer = dataclasses.replace(answer, duration_s=10 * answer.duration_s)
    assert markup.timeline(longer, heard, CLASSES).count('class="leads"') == 2


def test_the_shades_are_the_probabilities() -> None:
    answer, heard = _answered((4.0, 0.9), (4.0, 0.05))
    rows = markup.timeline(answer, heard, CLASSES).split('class="rows"')[1]
    content = re.search(r"base64,([^\"]+)", rows)
    assert content is not None
    opacity = matplotlib.image.imread(io.BytesIO(base64.b64decode(content[1])))[..., 3]
    assert opacity.shape[0] == len(CLASSES)
    first, last = answer.spans[0].probabilities, answer.spans[-1].probabilities
    assert first is not None
    assert last is not None
    np.testing.assert_allclose(opacity[:, 0], [first[name] for name in CLASSES], atol=0.5 / 255)
    np.testing.assert_allclose(opacity[:, -1], [last[name] for name in CLASSES], atol=0.5 / 255)


def test_the_moments_share_out_the_time_and_say_what_each_window_heard() -> None:
    answer, _ = _answered((4.0, 0.9), (4.0, 0.02))
    moments = markup.moments(answer)
    assert [moment[0] for moment in moments[1:]] == [moment[1] for moment in moments[:-1]]
    # What is all but excluded is not read out.
    assert moments[-1][2] == "0:07.0 to 0:08.0: sad 88%, calm 10%"


def test_the_waveform_reaches_from_edge_to_edge() -> None:
    drawn = re.search(r'<svg [^>]*viewBox="0 -1.05 ([\d.]+) 2.1".*?points="([^"]+)', _timeline((1.0, 0.5)))
    assert drawn is not None
    across, up = np.array([point.split(",") for point in drawn[2].split()], float).T
    assert across.max() + 1 == pytest.approx(float(drawn[1]), abs=1)
    assert (up.min(), up.max()) == pytest.approx((-1, 1), abs=0.02)


def test_a_click_of_a_few_samples_is_shown_without_a_spectrum() -> None:
    assert '<div class="bands"></div>' in _timeline((0.001, 0.9))


def test_file_facts_are_the_files() -> None:
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", markup.file_facts(*_answered((1.5, 0.5)))))
    assert facts["Format"] == "WAV"
    assert facts["Duration"] == "1.50 s"
    assert facts["Sampling rate"] == "16,000 Hz"
    assert facts["Channels"] == "1 channel"
    assert facts["Level"].replace("\N{MINUS SIGN}", "-") == "-9.0 dB, peak -6.0 dB"


def test_the_channels_of_a_file_are_said_to_be_averaged() -> None:
    answer, heard = _answered((1.0, 0.5))
    stereo = dataclasses.replace(answer, channels=2)
    assert "2 channels, averaged" in markup.file_facts(stereo, heard)


def test_nothing_of_a_name_is_taken_for_markdown() -> None:
    assert markup.plain("a_b *c* ![d](http://e) :red[f] $g$") == (r"a\_b \*c\* \!\[d\]\(http\:\/\/e\) \:red\[f\] \$g\$")
