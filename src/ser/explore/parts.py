"""The parts of a page that one corpus and all corpora have in common."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import soundfile

from ser.explore.examples import RATE_HZ, Example
from ser.explore.levels import SILENT_DB
from ser.explore.pictures import picture, png, scales
from ser.pages import charts
from ser.pages.html import Html, data_uri, number, shown, tag
from ser.pages.html import table as html_table

DECIBEL = ".1f"


def records(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Give the rows of a table, their numbers as Python's own."""
    return iter(table.to_dict("records"))  # type: ignore[arg-type]


def gender_key(genders: Sequence[str]) -> Html:
    """Explain the colours of genders."""
    keys = (tag("span", tag("i", Html(""), class_=f"key {gender}"), gender) for gender in genders)
    return tag("p", "Bars by the speaker's gender:", *keys, class_="note")


def duration_table(rows: pd.DataFrame, key: str) -> Html:
    """Show quantiles of durations.

    Args:
        rows: of :func:`ser.explore.tables.durations`.
        key: what a row is, as its column is titled: "corpus", or "emotion".
    """
    end = float(rows["p90_s"].max()) * 1.05
    body = (
        [
            row[key],
            charts.span(row["p10_s"], row["median_s"], row["p90_s"], (0, end)),
            row["utterances"],
            number(row["minutes"], ".1f"),
            *(number(row[name], ".2f") for name in ("shortest_s", "median_s", "longest_s")),
        ]
        for row in records(rows)
    )
    caption = (
        "Durations in seconds. The bar runs from the 10th to the 90th percentile, on an axis from 0 to "
        f"{end:.1f} s; the tick is the median."
    )
    return html_table(caption, [key, "", "utterances", "minutes", "shortest", "median", "longest"], body)


def amplitude_table(rows: pd.DataFrame, key: str) -> Html:
    """Show the mean of the smallest and of the largest sample.

    Args:
        rows: of :func:`ser.explore.tables.levels`.
        key: what a row is, as its column is titled.
    """
    reach = float(rows[["min_amplitude", "max_amplitude"]].abs().to_numpy().max())
    body = (
        [
            row[key],
            charts.span(row["min_amplitude"], 0, row["max_amplitude"], (-reach, reach)),
            number(row["min_amplitude"], ".3f"),
            number(row["max_amplitude"], ".3f"),
        ]
        for row in records(rows)
    )
    caption = (
        "Mean, over the utterances, of the smallest and of the largest sample of each; full scale is 1. The bar's axis "
        f"ends at {reach:.2f} either way."
    )
    return html_table(caption, [key, "", "minimum", "maximum"], body)


def loudness_table(rows: pd.DataFrame, key: str) -> Html:
    """Show level and share of silence.

    Args:
        rows: of :func:`ser.explore.tables.levels`.
        key: what a row is, as its column is titled.
    """
    weakest, strongest = rows["rms_dbfs"] - rows["rms_dbfs_std"], rows["rms_dbfs"] + rows["rms_dbfs_std"]
    most = float(rows["silence_share"].max())
    axis = float(weakest.min()) - 1, float(strongest.max()) + 1
    body = (
        [
            row[key],
            charts.span(low, row["rms_dbfs"], high, axis),
            number(row["rms_dbfs"], DECIBEL),
            charts.bar(row["silence_share"], most),
            number(row["silence_share"], ".0%"),
        ]
        for row, low, high in zip(records(rows), weakest, strongest, strict=True)
    )
    caption = (
        "Level: root mean square of each utterance in dB of full scale, mean (tick) and one standard deviation either "
        f"way (bar, from {number(axis[0], '.0f')} to {number(axis[1], '.0f')} dB). Silence: mean share of the 25 ms "
        f"frames that lie more than {SILENT_DB:g} dB below the loudest of their utterance."
    )
    return html_table(caption, [key, "", "level, dB", "", "silence"], body)


def heat_table(caption: str, key: str, counts: pd.DataFrame) -> Html:
    """Show a table of counts, darker where there are more; nothing where there are none."""
    largest = int(counts.to_numpy().max())
    body = (
        [name, *(charts.heat(shown(cell) if cell else "", cell / largest) for cell in cells)]
        for name, cells in zip(counts.index, counts.to_numpy().tolist(), strict=True)
    )
    return html_table(caption, [key, *counts.columns], body)


def histogram(bins: pd.DataFrame, what: str) -> Html:
    """Show a histogram of durations: the rows of one corpus of :func:`ser.explore.tables.histogram`."""
    edges = [*bins["from_s"].tolist(), float(bins["to_s"].iloc[-1])]
    return charts.histogram(bins["utterances"].tolist(), edges, what=what, unit="s")


def gallery(examples: Sequence[tuple[Example, str]], *, with_audio: bool) -> Html:
    """Show recordings side by side, on shared axes.

    Args:
        examples: recordings, each with a line below its title.
        with_audio: whether the page carries the recordings themselves, as FLAC.
    """
    shared = scales([example.samples for example, _ in examples])
    cards = []
    for example, line in examples:
        what = f"{example.utterance_id}, {example.title}"
        words = f"Waveform, mel-spectrogram and MFCCs of {what}, {example.duration_s:.2f} s"
        image = data_uri(png(picture(example.samples, shared)), "image/png")
        sound = Html("")
        if with_audio:
            source = data_uri(_flac(example), "audio/flac")
            sound = tag("audio", controls="", preload="metadata", src=source, aria_label=f"Play {what}")
        cards.append(
            tag("figure", tag("h3", example.title), tag("figcaption", line), tag("img", src=image, alt=words), sound)
        )
    return tag("div", *cards, class_="cards")


def _flac(example: Example) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, example.samples, RATE_HZ, format="FLAC", subtype="PCM_16")
    return stream.getvalue()
