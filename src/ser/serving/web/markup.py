"""An answer as markup for the page: bars with numbers, and the recording over time. Everything is escaped."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import matplotlib.image
import numpy as np

from ser.arrays import Float32
from ser.pages.html import Html, data_uri, number, tag
from ser.serving.answer import Answer, Span
from ser.serving.turns import clock, edges, turns
from ser.serving.web.heard import Heard, top_hz

_COLOUR = (0x2B, 0x8C, 0xC4)
_MOST_COLUMNS = 1600
_TICKS = 5
_OUTLINED = 1 / 150
"""A turn that takes less of the recording than this has no outline: it would be all frame."""
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: str) -> str:
    r"""Escape text for Markdown, so that it is shown letter by letter: a file may be called anything.

    Example:
        >>> print(plain("![x](http://a)"))
        \!\[x\]\(http\:\/\/a\)
    """
    return _PUNCTUATION.sub(r"\\\1", text)


def words(span: Span) -> str:
    """Say what is heard in a span: the emotions that are not all but excluded, the most probable first."""
    if span.probabilities is None:
        return "silence"
    ranked = sorted(span.probabilities.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {share:.0%}" for name, share in ranked[:3] if share >= 0.05)


def moments(answer: Answer) -> list[list[object]]:
    """List what the player says while it moves along: from, to (in seconds), and words."""
    limits = edges(answer.spans)
    return [
        [start, end, f"{clock(span.start_s)} to {clock(span.end_s)}: {words(span)}"]
        for start, end, span in zip(limits[:-1], limits[1:], answer.spans, strict=True)
    ]


def bars(answer: Answer) -> Html:
    """Draw the probabilities of the whole recording, the largest first."""
    if answer.probabilities is None:
        return tag("p", "Silence throughout: nothing was classified.", class_="headline")
    ranked = sorted(answer.probabilities.items(), key=lambda item: -item[1])
    rows = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            tag("td", tag("i", Html(""), style=f"width:{100 * share:.1f}%"), class_="bar", aria_hidden="true"),
            tag("td", f"{share:.1%}", class_="n"),
        )
        for name, share in ranked
    ]
    over = "" if len(answer.spans) == 1 else f", mean over {len(answer.spans)} windows"
    return Html(
        tag("p", "Sounds most like ", tag("strong", ranked[0][0]), f", {ranked[0][1]:.0%}", class_="headline")
        + tag("table", tag("caption", f"Probabilities{over}"), tag("tbody", *rows), class_="bars")
    )


def timeline(answer: Answer, heard: Heard, classes: Sequence[str]) -> Html:
    """Draw the recording over time: waveform, spectrogram, and a row a class, the stronger the more probable.

    Args:
        answer: to the recording.
        heard: of its sound.
        classes: in the order of the rows.
    """
    top = top_hz(answer.sample_rate_hz) / 1000
    names = tag(
        "div",
        tag("span", "Waveform", class_="wave"),
        tag("span", tag("b", f"{top:g} kHz"), tag("b", "Spectrum"), tag("b", "60 Hz"), class_="bands"),
        *(tag("span", name) for name in classes),
        class_="names",
        aria_hidden="true",
    )
    plot = tag(
        "div",
        _wave(heard),
        _bands(heard, answer.duration_s),
        _rows(answer, classes),
        _axis(answer.duration_s),
        tag("i", Html(""), class_="cursor"),
        class_="plot",
    )
    slider = tag(
        "div",
        names,
        plot,
        class_="timeline",
        role="slider",
        tabindex="0",
        aria_label="Position in the recording",
        aria_valuemin="0",
        aria_valuemax=f"{answer.duration_s:.2f}",
        aria_valuenow="0",
        aria_describedby="keys",
    )
    keys = "Click to go there. Keys: left and right for the windows, Home, End, and the space bar to play."
    unplayable = "This browser does not play files of this kind. The answer does not depend on it."
    return Html(
        slider
        + tag("p", Html(""), class_="now")
        + tag("p", unplayable, class_="unplayable", role="status", hidden="hidden")
        + tag("p", keys, class_="keys", id="keys")
    )


def file_facts(answer: Answer, heard: Heard) -> Html:
    """List what the file is."""
    channels = "1 channel" if answer.channels == 1 else f"{answer.channels} channels, averaged"
    facts = {
        "Format": answer.container,
        "Duration": f"{answer.duration_s:.2f} s",
        "Sampling rate": f"{answer.sample_rate_hz:,} Hz",
        "Channels": channels,
        "Level": f"{number(heard.level_db, '.1f')} dB, peak {number(heard.peak_db, '.1f')} dB",
    }
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in facts.items()), class_="facts")


def _wave(heard: Heard) -> Html:
    low, high = heard.envelope.low, heard.envelope.high
    largest = max(heard.peak, 1e-6)
    outline = np.concatenate([np.stack([np.arange(len(high)), high]).T, np.stack([np.arange(len(low)), low]).T[::-1]])
    points = " ".join(f"{place:.0f},{-value / largest:.3f}" for place, value in outline)
    # Stretches that are not whole are not drawn: the picture ends a little before the recording does.
    width = heard.samples / heard.envelope.stretch
    shape = tag("polygon", Html(""), points=points)
    return tag("svg", shape, class_="wave", viewBox=f"0 -1.05 {width:.3f} 2.1", preserveAspectRatio="none")


def _bands(heard: Heard, duration_s: float) -> Html:
    drawn = heard.spectrogram.png()
    share = min(1.0, heard.spectrogram.covered_s / duration_s)
    picture = tag("img", src=data_uri(drawn, "image/png"), alt="", style=f"width:{share:.3%}") if drawn else Html("")
    return tag("div", picture, class_="bands")


def _rows(answer: Answer, classes: Sequence[str]) -> Html:
    marks = [_mark(turn.start_s, turn.end_s, turn.emotion, answer.duration_s, classes) for turn in turns(answer.spans)]
    drawn = data_uri(_shades(answer, classes), "image/png")
    return tag("div", tag("img", src=drawn, alt=""), *marks, class_="rows", style=f"--rows:{len(classes)}")


def _mark(start_s: float, end_s: float, emotion: str | None, duration_s: float, classes: Sequence[str]) -> Html:
    """Outline where a class leads; where there is silence, all rows."""
    share = (end_s - start_s) / duration_s
    across = f"left:{start_s / duration_s:.3%};width:{share:.3%}"
    if emotion is None:
        return tag("i", Html(""), class_="silence", style=across)
    if share < _OUTLINED:
        return Html("")
    return tag("i", Html(""), class_="leads", style=f"{across};--row:{list(classes).index(emotion)}")


def _shades(answer: Answer, classes: Sequence[str]) -> bytes:
    """Draw probabilities as opacity: PNG, a pixel a row, so that it stands on a light and on a dark page."""
    limits, columns = edges(answer.spans), min(_MOST_COLUMNS, 8 * len(answer.spans))
    times = (np.arange(columns) + 0.5) * answer.duration_s / columns
    places = np.clip(np.searchsorted(limits, times, side="right") - 1, 0, len(answer.spans) - 1)
    shares: Float32 = np.array(
        [[(span.probabilities or {}).get(name, 0.0) for span in answer.spans] for name in classes], np.float32
    )
    pixels = np.empty((len(classes), columns, 4), np.uint8)
    pixels[..., :3] = _COLOUR
    pixels[..., 3] = np.round(255 * shares[:, places])
    drawn = io.BytesIO()
    matplotlib.image.imsave(drawn, pixels, format="png")
    return drawn.getvalue()


def _axis(duration_s: float) -> Html:
    ticks = [clock(duration_s * tick / (_TICKS - 1)) for tick in range(_TICKS)]
    return tag("div", *(tag("span", tick) for tick in ticks), class_="axis", aria_hidden="true")
