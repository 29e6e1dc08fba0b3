"""The verb `report`, and the leaderboard: runs side by side, never across protocols."""

from __future__ import annotations

import dataclasses
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ser.errors import StoreError
from ser.evaluation import interchange, leaderboard
from ser.evaluation.aligned import Aligned, align
from ser.evaluation.leaderboard import Table
from ser.evaluation.metrics import METRICS
from ser.evaluation.paired import against_best
from ser.evaluation.report import study_page
from ser.evaluation.results import RunResult
from ser.files import folder_written_aside, read_json, write_json
from ser.pipeline import runs
from ser.pipeline.runs import RunFolder

if TYPE_CHECKING:
    from ser.config import Settings

log = logging.getLogger(__name__)

REPLICATES, SEED = 2_000, 0
"""Of the permutation tests and intervals that compare runs: as many as `conf/config.yaml` gives each run, so that its
own interval reads the same."""
FIGURES = ("confusion_matrix.png", "per_class.png", "history.png")


def report(settings: Settings) -> Path:
    """Write the page of a study: `reports/<study>/report.md`, its leaderboard as JSON and CSV, and the figures.

    Args:
        settings: names the study, and where its runs lie when that is not `work_dir/runs`.

    Returns:
        The page.

    Raises:
        StoreError: when the study has no finished run.
    """
    if settings.runs_from is not None:
        found = _finished(settings.runs_from, None)
    else:
        found = _finished(settings.work_dir / "runs", settings.study)
    out = settings.work_dir / "reports" / settings.study
    ranked = leaderboard.leaderboard([leaderboard.row(result) for result in found.values()])
    folders = {result.run_id: folder for folder, result in found.items()}
    tables = [_tested(table, [folders[row.run_id] for row in table.rows]) for table in ranked]
    with folder_written_aside(out) as aside:
        for folder, result in found.items():
            figures = aside / "figures" / result.run_id
            figures.mkdir(parents=True)
            for name in FIGURES:
                shutil.copyfile(folder.evaluation / name, figures / name)
        page = study_page(settings.study, tables, list(found.values()))
        (aside / "report.md").write_text(page, encoding="utf-8")
        (aside / "leaderboard.json").write_text(interchange.to_json(tables), encoding="utf-8")
        (aside / "leaderboard.csv").write_text(interchange.to_csv(tables), encoding="utf-8")
        write_json(aside / "metrics.json", {result.name: _headlines(result) for result in found.values()})
    return out / "report.md"


def leaderboard_text(folder: Path, form: str, study: str | None) -> str:
    """Render every finished run, one table per protocol, best first.

    Args:
        folder: holds the runs, each in a folder of its own.
        form: "markdown", "json" or "csv".
        study: only the runs of this study; None for all.

    Raises:
        StoreError: when there is no finished run.
    """
    tables = leaderboard.leaderboard([leaderboard.row(result) for result in _finished(folder, study).values()])
    render = {"markdown": leaderboard.to_markdown, "json": interchange.to_json, "csv": interchange.to_csv}[form]
    return render(tables).rstrip("\n")


def _tested(table: Table, folders: Sequence[RunFolder]) -> Table:
    """Say of each run whether it is told apart from the best, where predictions lie beside the evaluations.

    The leaderboard of all runs does not: a thousand prediction tables take longer to read than anyone waits for it.
    """
    if len(folders) < 2 or not all(folder.finished for folder in folders):
        return table
    p_values = against_best(
        [aligned(folder) for folder in folders],
        METRICS[table.contest.metric].function,
        len(table.contest.classes),
        replicates=REPLICATES,
        seed=SEED,
    )
    others = [row.run_id for row in table.rows[1:]]
    return dataclasses.replace(table, p_against_best=dict(zip(others, p_values, strict=True)))


def aligned(folder: RunFolder) -> Aligned:
    """Read the predictions of a finished run, checked against its folds."""
    predictions, utterances, folds = (
        pd.read_parquet(path) for path in (folder.predictions, folder.utterances, folder.folds)
    )
    return align(predictions, utterances, folds, runs.read(folder)["protocol"]["classes"])


def _finished(place: Path, study: str | None) -> dict[RunFolder, RunResult]:
    """Read the finished runs of a folder, of one study or of all."""
    evaluated = [folder for folder in runs.runs_in(place) if folder.summary.is_file()]
    every = [folder for folder in evaluated if runs.read(folder).get("format") == runs.FORMAT]
    if len(every) < len(evaluated):
        log.warning("left out: %d runs of another version of ser in %s", len(evaluated) - len(every), place)
    found = {folder: result_of(folder) for folder in every if study is None or study in folder.studies()}
    if not found:
        listed = ", ".join(sorted({study for folder in every for study in folder.studies()}))
        raise StoreError(
            expected="finished runs" + (f" of the study {study}" if study else ""),
            received="none",
            where=place,
            fix=f"Run `ser train` first, or name the folder that holds them. Studies here: {listed or 'none'}.",
        )
    return found


def result_of(folder: RunFolder) -> RunResult:
    """Read an evaluated run."""
    record = runs.read(folder)
    return RunResult(
        run_id=record["run_id"],
        name=record["name"],
        record=record,
        summary=read_json(folder.summary),
        audit=read_json(folder.audit),
    )


def _headlines(result: RunResult) -> dict[str, Any]:
    interval = result.summary["uar_interval"] or {"low": None, "high": None}
    scores = {name: result.summary[name] for name in ("uar", "accuracy", "macro_f1")}
    return {**scores, "low": interval["low"], "high": interval["high"]}
