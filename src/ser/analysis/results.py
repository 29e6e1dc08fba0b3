"""What an analysis leaves: `<name>.json` and `<name>.png` in the run's folder `analysis/`, read by every page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser.analysis.subject import Subject
from ser.errors import StoreError
from ser.evaluation.analysis_figures import Figure, Point
from ser.evaluation.figures import save
from ser.files import read_json, write_json
from ser.fingerprint import code_version


@dataclass(frozen=True, kw_only=True)
class Result:
    """The answer to one question.

    Attributes:
        name: of the analysis, and of its files.
        title: the heading.
        words: the answer in one sentence, or a few.
        rows: the table: plain data, the same keys in every row.
        notes: how it was measured and what to mind, in sentences.
        figure: the picture.
    """

    name: str
    title: str
    words: str
    rows: list[dict[str, Any]]
    notes: list[str]
    figure: Figure


def made_by(subject: Subject, module: str) -> dict[str, object]:
    """Say what decides a result: the code of the analysis, and the run as code and features of today see it."""
    return {
        "code": code_version(module),
        "run": subject.folder.run_id,
        "today": subject.today,
        "replicates": subject.settings.replicates,
    }


def kept(folder: Path, name: str, maker: dict[str, object]) -> dict[str, Any] | None:
    """Read a result that was made by just this; None when there is none."""
    try:
        known: dict[str, Any] = read_json(folder / f"{name}.json")
    except StoreError:
        return None
    return known if known.get("made_by") == maker and (folder / f"{name}.png").is_file() else None


def write(folder: Path, result: Result, notices: list[str], maker: dict[str, object]) -> dict[str, Any]:
    """Write the figure, then the result as JSON.

    Args:
        folder: `analysis/` of the run.
        result: what to write.
        notices: what must be said of the run, before the notes.
        maker: what decided it.

    Returns:
        What the JSON holds: `title words rows notes figure made_by`; `figure` is the name of the PNG beside it.

    Raises:
        StoreError: when the folder cannot be written.
    """
    figure = f"{result.name}.png"
    save(result.figure, folder / figure)
    value = {
        "title": result.title,
        "words": result.words,
        "rows": result.rows,
        "notes": [*notices, *result.notes],
        "figure": figure,
        "made_by": maker,
    }
    write_json(folder / f"{result.name}.json", value)
    return value


def point(place: int, row: dict[str, Any]) -> Point:
    """Take score and interval of a row for a figure."""
    return Point(place=place, score=row["score"], low=row["low"], high=row["high"])
