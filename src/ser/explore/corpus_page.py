"""The page of one corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ser.audio.augment import Augmentation
from ser.corpora.card import Card, problems
from ser.explore import examples, parts, pictures, tables
from ser.explore.examples import Example
from ser.explore.tables import Explored
from ser.pages import blocks, charts
from ser.pages.html import Html, number, page, section, tag
from ser.pages.html import table as html_table

_REFUSED_SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class Pictured:
    """What the pictures of a corpus show.

    Attributes:
        by_emotion: one recording per emotion.
        augmentation: under which the first of them is shown too.
        with_audio: whether the page carries the recordings themselves.
    """

    by_emotion: Sequence[Example]
    augmentation: Augmentation
    with_audio: bool


def corpus_page(explored: Explored, pictured: Pictured, *, label_set: str, home: str | None) -> str:
    """Write the page of a corpus.

    Args:
        explored: the corpus.
        pictured: its recordings.
        label_set: name of the label set behind `label`.
        home: address of the page over all corpora; None when there is none.

    Returns:
        An HTML document that needs nothing but itself. Links lead to `cards/<corpus>.md` and `tables/` beside it.
    """
    has_degrees = bool(explored.utterances["intensity"].notna().any())
    sections = [
        ("emotions", "Emotions", _classes(explored, label_set)),
        ("speakers", "Speakers", _speakers(explored)),
        ("durations", "Durations", _durations(explored)),
        ("levels", "Loudness and silence", _levels(explored)),
        *([("intensity", "Intensity", _intensity(explored))] if has_degrees else []),
        ("recordings", "Recordings", _recordings(explored)),
        ("pictures", "What each emotion looks like", _pictures(pictured)),
        ("augmentation", "What augmentation does", _augmentation(pictured)),
        ("problems", "Known problems", _problems(explored)),
        ("source", "Licence, citation and tables", _source(explored.card)),
    ]
    links = {home: "All corpora"} if home else {}
    return page(
        explored.card.title,
        tag("header", *_head(explored), blocks.nav(links | {f"#{anchor}": title for anchor, title, _ in sections})),
        *(section(anchor, title, *content) for anchor, title, content in sections),
    )


def _head(explored: Explored) -> list[Html]:
    card = explored.card
    (row,) = parts.records(tables.corpora([explored]))
    found, published = card.utterances.found, card.utterances.expected
    genders = [f"{count} {gender}" for gender in tables.GENDERS if (count := row[f"{gender}_speakers"])]
    minutes = card.hours * 60
    values: dict[str, tuple[object, str]] = {
        "utterances": (found, "" if published in (None, found) else f"of {published:,} published"),
        "speakers": (row["speakers"], ", ".join(genders)),
        "emotions": (row["classes"], ""),
        "texts": (card.texts or "free", ""),
        "audio": (f"{minutes:.1f} min" if minutes < 120 else f"{card.hours:.1f} h", f"median {card.seconds[1]:.2f} s"),
        "language": (card.language, ""),
    }
    no_benchmark = "Not a benchmark: numbers on this corpus compare with nothing published."
    warnings = [*([] if card.benchmark else [no_benchmark]), *card.warnings]
    return [
        tag("h1", card.title),
        tag("p", "corpus ", tag("code", card.corpus), class_="soft"),
        *(tag("p", warning, class_="warning") for warning in warnings),
        blocks.tiles(values),
    ]


def _classes(explored: Explored, label_set: str) -> list[Html]:
    rows = tables.classes(explored)
    genders = tables.genders(explored.utterances)
    largest = float(rows["utterances"].max())
    covered = bool(rows["label"].notna().any())
    body = [
        [
            row["emotion_native"],
            charts.stack([(row[gender], gender) for gender in genders], largest),
            *([row["label"] if pd.notna(row["label"]) else "left out"] if covered else []),
            row["utterances"],
            None if pd.isna(row["published"]) else row["published"],
            number(row["share"], ".1%"),
            *(row[gender] for gender in genders),
        ]
        for row in parts.records(rows)
    ]
    header = ["emotion", "", *([f"in {label_set}"] if covered else []), "found", "published", "share", *genders]
    reasons = [f"{native}: {reason}" for native, reason in sorted(explored.left_out.items())]
    return [
        parts.gender_key(genders),
        html_table("Utterances by emotion, under the corpus's own names.", header, body),
        *([tag("p", f"Left out by the label set {label_set}:"), blocks.bullets(reasons)] if reasons else []),
    ]


def _speakers(explored: Explored) -> list[Html]:
    utterances = explored.utterances
    counts = pd.crosstab(utterances["speaker"], utterances["emotion_native"])
    people = utterances.drop_duplicates("speaker").set_index("speaker").loc[counts.index]
    largest = int(counts.to_numpy().max())
    body = [
        [
            speaker.partition("/")[2] or speaker,
            gender,
            None if pd.isna(age) else int(age),
            sum(cells),
            *(charts.heat(cell, cell / largest) for cell in cells),
        ]
        for speaker, gender, age, cells in zip(
            map(str, counts.index), people["gender"], people["age"], counts.to_numpy().tolist(), strict=True
        )
    ]
    header = ["speaker", "gender", "age", "all", *counts.columns]
    return [html_table("Utterances by speaker and emotion.", header, body)]


def _durations(explored: Explored) -> list[Html]:
    bins = tables.histogram(explored.utterances)
    rows = tables.durations(explored.utterances).rename(columns={"emotion_native": "emotion"})
    return [parts.histogram(bins, "Utterances by duration"), parts.duration_table(rows, "emotion")]


def _levels(explored: Explored) -> list[Html]:
    rows = tables.levels(explored.utterances).rename(columns={"emotion_native": "emotion"})
    return [parts.loudness_table(rows, "emotion"), parts.amplitude_table(rows, "emotion")]


def _intensity(explored: Explored) -> list[Html]:
    counts = pd.crosstab(explored.utterances["emotion_native"], explored.utterances["intensity"])
    return [parts.heat_table("Utterances by emotion and degree of expression.", "emotion", counts)]


def _recordings(explored: Explored) -> list[Html]:
    rows = tables.formats(explored.utterances)
    body = [
        [
            f"{row['sample_rate_hz']:,} Hz",
            charts.bar(row["utterances"], len(explored.utterances)),
            row["channels"],
            row["utterances"],
        ]
        for row in parts.records(rows)
    ]
    caption = "Utterances by sample rate and number of channels, as the files have them."
    return [html_table(caption, ["sample rate", "", "channels", "utterances"], body)]


def _pictures(pictured: Pictured) -> list[Html]:
    legend = (
        "One recording of each emotion, of one speaker and one text as far as the corpus has them. From above: "
        f"waveform; mel-spectrogram, {pictures.RANGE_DB:g} dB from dark to bright; MFCCs 1 to {pictures.N_MFCC - 1}, "
        "each against its mean over these recordings, blue below and red above. All of them share their axes and "
        f"colours, so that length and loudness compare. Shown at {examples.RATE_HZ / 1000:g} kHz."
    )
    silent = tag(
        "p",
        "The recordings themselves are not in this page: whoever gets the page would get them too, and few licences "
        "allow that. For a page of your own, add ",
        tag("code", "embed_audio=true"),
        ".",
        class_="note",
    )
    lines = [(example, f"{example.utterance_id}, {example.origin}") for example in pictured.by_emotion]
    return [
        tag("p", legend),
        parts.gallery(lines, with_audio=pictured.with_audio),
        *([] if pictured.with_audio else [silent]),
    ]


def _augmentation(pictured: Pictured) -> list[Html]:
    copies = examples.augmented(pictured.by_emotion[0], pictured.augmentation)
    lines = [(copy, examples.settings_of(copy.title, pictured.augmentation)) for copy in copies]
    return [
        tag("p", "The first of these recordings under each augmentation, with the settings in use."),
        parts.gallery(lines, with_audio=pictured.with_audio),
    ]


def _problems(explored: Explored) -> list[Html]:
    refused = explored.quarantine
    listed = [blocks.bullets(list(problems(explored.card)))]
    if len(refused):
        head = refused.head(_REFUSED_SHOWN)
        more = f" The first {len(head)} of {len(refused)}; all are in tables/quarantine.csv."
        rows = head[["path", "reason", "detail"]].to_numpy().tolist()
        caption = "Files refused." + (more if len(head) < len(refused) else "")
        listed.append(html_table(caption, ["file", "reason", "detail"], rows))
    return listed


def _source(card: Card) -> list[Html]:
    lines = {"Licence": card.licence, "Cite": card.citation, "How to get it": card.how_to_get}
    return [
        blocks.bullets([tag("span", tag("strong", title), f": {words}") for title, words in lines.items()]),
        tag(
            "p",
            "The corpus card as ",
            tag("a", "Markdown", href=f"cards/{card.corpus}.md"),
            " and ",
            tag("a", "JSON", href=f"cards/{card.corpus}.json"),
            "; every table of this page as CSV and Parquet in ",
            tag("a", "tables/", href="tables/"),
            ".",
        ),
    ]
