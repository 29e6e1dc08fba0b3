"""The verb `report`, and the leaderboard: runs side by side, never across protocols."""

from __future__ import annotations

import dataclasses
import logging
import shutil
from collections.abc import Mapping, Sequence
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
from ser.evaluation.results import RunResult, labels_of
from ser.files import folder_written_aside, locked, read_json, write_json
from ser.pipeline import runs
from ser.pipeline.runs import RunFolder
from ser.report.analyses import QUESTIONS
from ser.report.material import Analysis, Material

if TYPE_CHECKING:
    from ser.config import Settings

log = logging.getLogger(__name__)

REPLICATES, SEED = 2_000, 0
"""Of the tests and intervals that compare runs: as each run's own interval by default, so that it reads the same."""
FIGURES = ("confusion_matrix.png", "per_class.png", "history.png")


def report(settings: Settings) -> Path:
    """Write the page of a study: `reports/<study>/report.html` and `.md`, its leaderboard as JSON and CSV, and figures.

    Args:
        settings: names the study, and where its runs lie when that is not `work_dir/runs`.

    Returns:
        The HTML page.

    Raises:
        StoreError: when the study has no finished run.
    """
    if settings.runs_from is not None:
        chosen = _finished(settings.runs_from, None)
    else:
        chosen = _finished(settings.work_dir / "runs", settings.study)
    found = {folder: _today(folder) for folder in chosen}
    # Imported here, so that a leaderboard does not wait for it.
    from ser.report import page

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
        plain = study_page(settings.study, tables, list(found.values()))
        (aside / "report.md").write_text(plain, encoding="utf-8")
        materials = [_material(folder, result) for folder, result in found.items()]
        (aside / "report.html").write_text(page.study_page(settings.study, tables, materials), encoding="utf-8")
        (aside / "leaderboard.json").write_text(interchange.to_json(tables), encoding="utf-8")
        (aside / "leaderboard.csv").write_text(interchange.to_csv(tables), encoding="utf-8")
        write_json(aside / "metrics.json", _scores(tables, {result.run_id: result for result in found.values()}))
    return out / "report.html"


def leaderboard_text(folder: Path, form: str, study: str | None) -> str:
    """Render every finished run, one table per protocol, best first.

    Args:
        folder: holds the runs, each in a folder of its own.
        form: "markdown", "json" or "csv".
        study: only the runs of this study; None for all.

    Raises:
        StoreError: when there is no finished run.
    """
    tables = leaderboard.leaderboard([leaderboard.row(result_of(run)) for run in _finished(folder, study)])
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


def _finished(place: Path, study: str | None) -> list[RunFolder]:
    """Find the finished runs of a folder, of one study or of all."""
    evaluated = [folder for folder in runs.runs_in(place) if folder.summary.is_file()]
    every = [folder for folder in evaluated if runs.read(folder).get("format") == runs.FORMAT]
    if len(every) < len(evaluated):
        log.warning("left out: %d runs of another version of ser in %s", len(evaluated) - len(every), place)
    found = [folder for folder in every if study is None or study in folder.studies()]
    if not found:
        listed = ", ".join(sorted({study for folder in every for study in folder.studies()}))
        raise StoreError(
            expected="finished runs" + (f" of the study {study}" if study else ""),
            received="none",
            where=place,
            fix=f"Run `ser train` first, or name the folder that holds them. Studies here: {listed or 'none'}.",
        )
    return found


def _today(folder: RunFolder) -> RunResult:
    """Read a run as today's code evaluates it, so that a page may show runs of several versions."""
    # Imported here, so that a leaderboard does not wait for it.
    from ser.pipeline import evaluate

    if folder.finished:
        with locked(folder.path):
            kept = read_json(folder.summary)
            evaluate.evaluate_run(folder, folder.evaluation, replicates=kept["made_by"]["replicates"])
    return result_of(folder)


def result_of(folder: RunFolder) -> RunResult:
    """Read an evaluated run."""
    record = runs.read(folder)
    return RunResult(
        run_id=record["run_id"],
        name=record["name"],
        record=record,
        summary=read_json(folder.summary),
        audit=read_json(folder.audit),
        cost=read_json(folder.cost) if folder.cost.is_file() else None,
    )


def _material(folder: RunFolder, result: RunResult) -> Material:
    """Read what the page shows of a run. Exported runs come without environment and analyses.

    Raises:
        StoreError: when a file of the evaluation is missing.
    """
    histories, hardest, sample = (_evaluated(folder, f"{name}.json") for name in ("history", "hardest", "sample"))
    environment = folder.environment
    return Material(
        result=result,
        histories=histories,
        hardest=hardest,
        sample=sample,
        analyses={name: found for name in QUESTIONS if (found := _analysis(folder.analysis / f"{name}.json"))},
        environment=environment.read_text(encoding="utf-8") if environment.is_file() else "",
    )


def _evaluated(folder: RunFolder, name: str) -> Any:  # noqa: ANN401 - JSON is what it is
    file = folder.evaluation / name
    if not file.is_file():
        raise StoreError(
            expected="an evaluation by this version of ser",
            received="no such file",
            where=file,
            fix="Give the run's `ser train` command once more: it is evaluated again, and not trained.",
        )
    return read_json(file)


def _analysis(file: Path) -> Analysis | None:
    if not file.is_file():
        return None
    found = read_json(file)
    picture = (file.parent / found["figure"]).read_bytes()
    return Analysis(**{key: found[key] for key in ("title", "words", "rows", "notes")}, picture=picture)


def _scores(tables: Sequence[Table], results: Mapping[str, RunResult]) -> dict[str, Any]:
    """Give the scores of each run by its contest, so that no two runs share a name and none is set beside a leak."""
    titles = [table.title() for table in tables]
    found = {}
    for title, table in zip(titles, tables, strict=True):
        hashes = f" ({table.contest.protocol_hash}, {table.contest.data_hash})" if titles.count(title) > 1 else ""
        runs_of = [results[row.run_id] for row in table.rows]
        labels = labels_of(runs_of)
        found[title + hashes] = {
            **({"warnings": " ".join(table.warnings())} if table.warnings() else {}),
            **{label: _headlines(result) for label, result in zip(labels, runs_of, strict=True)},
        }
    return found


def _headlines(result: RunResult) -> dict[str, Any]:
    interval = result.summary["uar_interval"] or {"low": None, "high": None}
    scores = {name: result.summary[name] for name in ("uar", "accuracy", "macro_f1")}
    return {**scores, "low": interval["low"], "high": interval["high"]}
