"""The files of an evaluation: tables, matrices and figures, as people and other programs read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ser.evaluation import classification, confidence_figures, figures
from ser.evaluation.cautions import marks
from ser.evaluation.group_figure import group_figure
from ser.evaluation.model_card import model_card
from ser.evaluation.results import History
from ser.files import write_json, write_text

_HEADLINES = (
    *("uar", "uar_fold_mean", "accuracy", "macro_f1", "weighted_f1", "mcc", "kappa"),
    *("uar_interval", "baselines"),
)


def write(
    folder: Path,
    result: Mapping[str, Any],
    record: Mapping[str, Any],
    *,
    histories: Mapping[str, History],
    hardest: Sequence[Mapping[str, Any]],
    sample: Sequence[Mapping[str, Any]],
) -> None:
    """Write everything but the summary itself.

    Args:
        folder: gets `metrics.json`, `confusion_matrix.{json,csv,png}`, `classification_report.{json,txt}`,
            `hardest.json`, `sample.json`, `history.{json,png}`, `per_class.png`, `reliability.png`, `abstention.png`,
            `groups.png` and `model_card.md`.
        result: as :func:`ser.evaluation.summary.summarise` gives.
        record: `run.json` of the run.
        histories: the epochs of each fit, by its name.
        hardest: as :func:`ser.evaluation.hardest.hardest` gives.
        sample: as :func:`ser.evaluation.sample.sample` gives.

    Raises:
        StoreError: when the folder cannot be written.
    """
    classes = record["protocol"]["classes"]
    write_json(folder / "metrics.json", {key: result[key] for key in _HEADLINES})
    write_json(folder / "confusion_matrix.json", {"classes": classes, "rows": "actual", "counts": result["confusion"]})
    write_text(folder / "confusion_matrix.csv", _pairs(result["confusion"], classes))
    write_text(folder / "classification_report.txt", classification.classification_report(result))
    write_json(folder / "classification_report.json", classification.classification_table(result))
    write_json(folder / "hardest.json", hardest)
    write_json(folder / "sample.json", sample)
    write_json(folder / "history.json", {name: _untimed(epochs) for name, epochs in histories.items()})
    write_text(folder / "model_card.md", model_card(record, result, record["corpora"]))
    title = _title(record)
    for name, figure in (
        ("confusion_matrix", figures.confusion_figure(result["confusion"], classes, title)),
        ("per_class", figures.per_class_figure(result["per_class"], title)),
        ("history", figures.history_figure(histories, title)),
        ("reliability", confidence_figures.reliability_figure(result["calibration"], title)),
        ("abstention", confidence_figures.abstention_figure(result["abstention"], title)),
        ("groups", group_figure(result["groups"], result["uar"], title)),
    ):
        figures.save(figure, folder / f"{name}.png")


def _untimed(epochs: History) -> list[dict[str, float]]:
    """Leave out how long epochs took: an evaluation made again is the same to the byte."""
    return [{key: value for key, value in row.items() if key != "seconds"} for row in epochs]


def _title(record: Mapping[str, Any]) -> str:
    protocol = record["protocol"]
    return " · ".join([record["name"], protocol["name"], *marks(protocol)])


def _pairs(confusion: list[list[int]], classes: list[str]) -> str:
    """Write one line a prediction, the form from which DVC draws confusion matrices."""
    lines = [
        f"{actual},{predicted}"
        for actual, row in zip(classes, confusion, strict=True)
        for predicted, count in zip(classes, row, strict=True)
        for _ in range(count)
    ]
    return "\n".join(["actual,predicted", *lines]) + "\n"
