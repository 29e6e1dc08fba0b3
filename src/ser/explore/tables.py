"""What the pages show, as plain tables: also written beside the pages, for dashboards of other makers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ser.arrays import Float32
from ser.corpora.card import Card

UNKNOWN = "unknown"
GENDERS = ("female", "male", UNKNOWN)
_BIN_WIDTHS_S = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_MOST_BINS = 40
_AXIS_PARTS = 4
"""Bins come in multiples of this, so that an axis can be labelled at its quarters."""


@dataclass(frozen=True, kw_only=True)
class Explored:
    """One corpus, measured.

    Attributes:
        card: its card.
        utterances: what :func:`measured` gave.
        quarantine: the files refused: `corpus path reason detail`.
        left_out: native emotion -> why the label set in use leaves it out, wholly or in part.
    """

    card: Card
    utterances: pd.DataFrame
    quarantine: pd.DataFrame
    left_out: Mapping[str, str]


def genders(utterances: pd.DataFrame) -> list[str]:
    """List the genders that occur, in the order of `GENDERS`."""
    return [gender for gender in GENDERS if (utterances["gender"] == gender).any()]


def measured(manifest: pd.DataFrame, label: pd.Series, names: Sequence[str], levels: Float32) -> pd.DataFrame:
    """Join a manifest with the class and the levels of its utterances.

    Args:
        manifest: n rows; `gender` and `speaker` may be missing.
        label: n classes of the label set in use, missing where it leaves the emotion out.
        names: what the columns of `levels` are.
        levels: float32 of shape [n, len(names)].

    Returns:
        The rows with `label` and the levels added, and "unknown" for missing genders and speakers.
    """
    known = {column: manifest[column].fillna(UNKNOWN) for column in ("gender", "speaker")}
    columns = dict(zip(names, levels.astype(np.float64).T, strict=True))
    return manifest.assign(**known, label=label.to_numpy(), **columns)


def all_tables(explored: Sequence[Explored]) -> dict[str, pd.DataFrame]:
    """Make every table over some corpora, by name. Each has the column `corpus`; `utterances` has a row each."""
    utterances = pd.concat([one.utterances for one in explored], ignore_index=True)
    return {
        "corpora": corpora(explored),
        "classes": pd.concat([classes(one) for one in explored], ignore_index=True),
        "speakers": speakers(utterances),
        "durations": durations(utterances),
        "duration_histogram": histogram(utterances),
        "levels": levels(utterances),
        "intensity": intensity(utterances),
        "formats": formats(utterances),
        "quarantine": pd.concat([one.quarantine for one in explored], ignore_index=True),
        "utterances": utterances,
    }


def corpora(explored: Sequence[Explored]) -> pd.DataFrame:
    """Describe each corpus in a row."""
    rows = []
    for one in explored:
        card, known = one.card, one.utterances[one.utterances["speaker"] != UNKNOWN]
        by_gender = known.drop_duplicates("speaker")["gender"].value_counts()
        rows.append(
            {
                "corpus": card.corpus,
                "title": card.title,
                "language": card.language,
                "utterances": card.utterances.found,
                "published": card.utterances.expected,
                "minutes": card.hours * 60,
                "speakers": len(card.speakers),
                **{f"{gender}_speakers": int(by_gender.get(gender, 0)) for gender in GENDERS},
                "classes": sum(count.found > 0 for count in card.classes.values()),
                "texts": card.texts,
                "refused": len(one.quarantine),
                "benchmark": card.benchmark,
                "licence": card.licence,
                "citation": card.citation,
            }
        )
    return pd.DataFrame(rows)


def classes(one: Explored) -> pd.DataFrame:
    """Count a corpus by emotion and gender.

    Returns:
        A row per emotion found or published, sorted: `corpus emotion_native label female male unknown utterances share
        published`; the last is missing where no count is published.
    """
    utterances = one.utterances
    names = sorted(one.card.classes)
    by_gender = pd.crosstab(utterances["emotion_native"], utterances["gender"])
    by_gender = by_gender.reindex(index=names, columns=list(GENDERS), fill_value=0)
    found = by_gender.sum(axis=1)
    label = utterances.drop_duplicates("emotion_native").set_index("emotion_native")["label"].reindex(names)
    return pd.DataFrame(
        {
            "corpus": one.card.corpus,
            "emotion_native": names,
            "label": label.to_numpy(),
            **{gender: by_gender[gender].to_numpy() for gender in GENDERS},
            "utterances": found.to_numpy(),
            "share": (found / found.sum()).to_numpy(),
            "published": pd.array([one.card.classes[name].expected for name in names], dtype="Int64"),
        }
    )


def speakers(utterances: pd.DataFrame) -> pd.DataFrame:
    """Count by speaker and emotion: `corpus speaker gender age emotion_native utterances`."""
    return _counted(utterances, ["corpus", "speaker", "gender", "age", "emotion_native"])


def intensity(utterances: pd.DataFrame) -> pd.DataFrame:
    """Count by emotion and intensity, where a corpus has degrees: `corpus emotion_native intensity utterances`."""
    return _counted(utterances[utterances["intensity"].notna()], ["corpus", "emotion_native", "intensity"])


def formats(utterances: pd.DataFrame) -> pd.DataFrame:
    """Count by format of the file: `corpus sample_rate_hz channels utterances`."""
    return _counted(utterances, ["corpus", "sample_rate_hz", "channels"])


def durations(utterances: pd.DataFrame, by: Sequence[str] = ("corpus", "emotion_native")) -> pd.DataFrame:
    """Describe how long utterances last, group by group: columns `by`, then `utterances minutes` and quantiles in s."""
    grouped = utterances.groupby(list(by), sort=True)["duration_s"]
    return grouped.agg(
        utterances="size",
        minutes=lambda column: column.sum() / 60,
        shortest_s="min",
        p10_s=lambda column: column.quantile(0.1),
        median_s="median",
        mean_s="mean",
        p90_s=lambda column: column.quantile(0.9),
        longest_s="max",
    ).reset_index()


def levels(utterances: pd.DataFrame, by: Sequence[str] = ("corpus", "emotion_native")) -> pd.DataFrame:
    """Average the levels of each group.

    Returns:
        Columns `by`, then `utterances max_amplitude min_amplitude rms_dbfs rms_dbfs_std silence_share`: means over
        the utterances, and the population standard deviation of the level.
    """
    grouped = utterances.groupby(list(by), sort=True)
    return grouped.agg(
        utterances=("rms_dbfs", "size"),
        max_amplitude=("max_amplitude", "mean"),
        min_amplitude=("min_amplitude", "mean"),
        rms_dbfs=("rms_dbfs", "mean"),
        rms_dbfs_std=("rms_dbfs", lambda column: column.std(ddof=0)),
        silence_share=("silence_share", "mean"),
    ).reset_index()


def histogram(utterances: pd.DataFrame) -> pd.DataFrame:
    """Count utterances by duration, in bins of one width for all corpora.

    Returns:
        `corpus from_s to_s utterances`, every bin of every corpus; bins are closed below and open above.
    """
    longest = float(utterances["duration_s"].max())
    width = next((width for width in _BIN_WIDTHS_S if longest < width * _MOST_BINS), longest / (_MOST_BINS - 1))
    count = _AXIS_PARTS * (int(longest / width / _AXIS_PARTS) + 1)
    edges = np.round(np.arange(count + 1) * width, 9)
    frames = []
    for corpus, durations_s in utterances.groupby("corpus", sort=True)["duration_s"]:
        counts, _ = np.histogram(durations_s, edges)
        frames.append(pd.DataFrame({"corpus": corpus, "from_s": edges[:-1], "to_s": edges[1:], "utterances": counts}))
    return pd.concat(frames, ignore_index=True)


def _counted(utterances: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return utterances.groupby(by, sort=True, dropna=False).size().reset_index(name="utterances")
