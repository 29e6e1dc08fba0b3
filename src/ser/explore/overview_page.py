"""The page over several corpora."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from ser.explore import parts, tables
from ser.explore.tables import Explored
from ser.pages import blocks, charts
from ser.pages.html import Html, Number, number, page, section, tag
from ser.pages.html import table as html_table


def overview_page(explored: Sequence[Explored], *, label_set: str, classes: Sequence[str]) -> str:
    """Write the page over all corpora in use.

    Args:
        explored: at least one corpus.
        label_set: name of the label set behind `label`.
        classes: its classes, in order.

    Returns:
        An HTML document that needs nothing but itself. Links lead to `<corpus>.html`, `cards/` and `tables/` beside it.
    """
    utterances = pd.concat([one.utterances for one in explored], ignore_index=True)
    utterances = utterances.assign(emotion=utterances["label"].fillna(utterances["emotion_native"]))
    order = _order(utterances, classes)
    has_degrees = bool(utterances["intensity"].notna().any())
    sections = [
        ("corpora", "Corpora", _corpora(explored)),
        ("emotions", "Emotions", _emotions(utterances, order, label_set)),
        ("gender", "Gender", _gender(utterances, order)),
        ("durations", "Durations", _durations(utterances)),
        ("levels", "Amplitude, loudness and silence", _levels(utterances, order)),
        *([("intensity", "Intensity", _intensity(utterances))] if has_degrees else []),
        ("sources", "Licences, citations and tables", _sources(explored)),
    ]
    return page(
        "Corpora in use",
        tag(
            "header",
            tag("h1", "Corpora in use"),
            _figures(explored, utterances),
            blocks.nav({f"#{anchor}": title for anchor, title, _ in sections}),
        ),
        *(section(anchor, title, *content) for anchor, title, content in sections),
    )


def _order(utterances: pd.DataFrame, classes: Sequence[str]) -> list[str]:
    """Put the classes of the label set first, then the native emotions that it leaves out."""
    labelled = [name for name in classes if (utterances["label"] == name).any()]
    return labelled + sorted(set(utterances["emotion"]) - set(labelled))


def _figures(explored: Sequence[Explored], utterances: pd.DataFrame) -> Html:
    rows, hours = tables.corpora(explored), utterances["duration_s"].sum() / 3600
    values: dict[str, tuple[object, str]] = {
        "corpora": (len(rows), ""),
        "utterances": (len(utterances), ""),
        "speakers": (int(rows["speakers"].sum()), ""),
        "languages": (int(rows["language"].nunique()), ""),
        "audio": (f"{hours:.1f} h" if hours >= 2 else f"{hours * 60:.1f} min", ""),
        "refused": (int(rows["refused"].sum()), "files in quarantine"),
    }
    return blocks.tiles(values)


def _corpora(explored: Sequence[Explored]) -> list[Html]:
    rows = tables.corpora(explored)
    largest = int(rows["utterances"].max())
    body = [
        [
            tag("a", row["corpus"], href=f"{row['corpus']}.html"),
            charts.bar(row["utterances"], largest),
            row["utterances"],
            None if pd.isna(row["published"]) else int(row["published"]),
            number(row["minutes"], ".1f"),
            row["speakers"],
            Number(", ".join(f"{n} {gender[0]}" for gender in tables.GENDERS if (n := row[f"{gender}_speakers"]))),
            row["classes"],
            row["texts"] or None,
            row["language"],
            row["refused"],
        ]
        for row in parts.records(rows)
    ]
    header = ["corpus", "", "utterances", "published", "minutes", "speakers", "gender", "emotions", "texts"]
    caption = "Utterances found and published. Gender: f female, m male, u not published."
    others = rows.loc[~rows["benchmark"], "corpus"].tolist()
    warning = f"Not a benchmark: numbers on {', '.join(others)} compare with nothing published."
    return [
        html_table(caption, [*header, "language", "refused"], body),
        *([tag("p", warning, class_="warning")] if others else []),
    ]


def _emotions(utterances: pd.DataFrame, order: Sequence[str], label_set: str) -> list[Html]:
    counts = pd.crosstab(utterances["emotion"], utterances["corpus"]).loc[list(order)]
    totals = dict(zip(order, counts.sum(axis=1).tolist(), strict=True))
    shares = [
        [name, charts.bar(total, max(totals.values())), total, number(total / len(utterances), ".1%")]
        for name, total in totals.items()
    ]
    within = (counts / counts.sum(axis=0)).where(counts > 0)
    left_out = sorted(set(utterances.loc[utterances["label"].isna(), "emotion"]))
    note = f"Emotions under the label set {label_set}." + (
        f" Left out by it, and shown under their own names: {', '.join(left_out)}." if left_out else ""
    )
    return [
        tag("p", note),
        html_table("Share of each emotion over all corpora.", ["emotion", "", "utterances", "share"], shares),
        _matrix(within, "Share of each emotion within each corpus.", lambda share: number(share, ".1%"), floor=0.0),
        parts.heat_table("Utterances by emotion and corpus.", "emotion", counts),
    ]


def _gender(utterances: pd.DataFrame, order: Sequence[str]) -> list[Html]:
    genders = tables.genders(utterances)
    counts = pd.crosstab(utterances["emotion"], utterances["gender"]).loc[list(order), genders]
    largest = float(counts.sum(axis=1).max())
    body = [
        [name, charts.stack(list(zip(row, genders, strict=True)), largest), *row]
        for name, row in zip(order, counts.to_numpy().tolist(), strict=True)
    ]
    caption = "Utterances by emotion and gender of the speaker."
    return [parts.gender_key(genders), html_table(caption, ["emotion", "", *genders], body)]


def _durations(utterances: pd.DataFrame) -> list[Html]:
    figures = [parts.histogram(bins, str(name)) for name, bins in tables.histogram(utterances).groupby("corpus")]
    return [
        parts.duration_table(tables.durations(utterances, ["corpus"]), "corpus"),
        tag("p", "Utterances by duration, on one axis for all corpora."),
        tag("div", *figures, class_="cards wide"),
    ]


def _levels(utterances: pd.DataFrame, order: Sequence[str]) -> list[Html]:
    by_emotion = tables.levels(utterances, ["emotion"]).set_index("emotion").loc[list(order)].reset_index()
    cells = tables.levels(utterances, ["emotion", "corpus"])
    level, silence = (
        cells.pivot(index="emotion", columns="corpus", values=column).loc[list(order)]
        for column in ("rms_dbfs", "silence_share")
    )
    note = (
        "Corpora differ in level by more than emotions do: means over all of them say as much of who recorded which "
        "emotion. The tables by corpus, below, compare like with like."
    )
    return [
        tag("p", note),
        parts.amplitude_table(by_emotion, "emotion"),
        parts.loudness_table(by_emotion, "emotion"),
        _matrix(level, "Mean level by emotion and corpus, in dB of full scale.", lambda level: number(level, ".1f")),
        _matrix(silence, "Mean share of silence by emotion and corpus.", lambda share: number(share, ".0%"), floor=0.0),
    ]


def _matrix(values: pd.DataFrame, caption: str, write: Callable[[float], Html], floor: float | None = None) -> Html:
    """Show a table of emotions by corpora, darker from `floor` (by default the smallest value) to the largest."""
    low = float(values.min().min()) if floor is None else floor
    width = float(values.max().max()) - low or 1.0
    body = (
        [
            name,
            *(
                charts.heat("" if pd.isna(cell) else write(cell), 0 if pd.isna(cell) else (cell - low) / width)
                for cell in row
            ),
        ]
        for name, row in zip(values.index, values.to_numpy().tolist(), strict=True)
    )
    return html_table(caption, ["emotion", *values.columns], body)


def _intensity(utterances: pd.DataFrame) -> list[Html]:
    counts = utterances.groupby(["corpus", "intensity"]).size().reset_index(name="utterances")
    largest = float(counts["utterances"].max())
    body = [
        [row["corpus"], row["intensity"], charts.bar(row["utterances"], largest), row["utterances"]]
        for row in parts.records(counts)
    ]
    caption = "Utterances by degree of expression, in the corpora that have degrees."
    return [html_table(caption, ["corpus", "intensity", "", "utterances"], body)]


def _sources(explored: Sequence[Explored]) -> list[Html]:
    body = [[one.card.corpus, one.card.licence, one.card.citation] for one in explored]
    return [
        html_table("What may be done with the audio, and whom to cite.", ["corpus", "licence", "citation"], body),
        tag(
            "p",
            "Every table as CSV and Parquet in ",
            tag("a", "tables/", href="tables/"),
            "; the corpus cards in ",
            tag("a", "cards/", href="cards/"),
            ".",
        ),
    ]
