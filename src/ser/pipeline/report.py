"""The verb `report`, and the leaderboard: runs side by side, never across protocols."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from ser.config import Settings
from ser.errors import StoreError
from ser.evaluation import leaderboard
from ser.evaluation.report import study_page
from ser.evaluation.results import RunResult
from ser.files import folder_written_aside, read_json
from ser.pipeline import runs
from ser.pipeline.runs import RunFolder


def report(settings: Settings) -> Path:
    """Write the page of a study: `reports/<study>/report.md`, its leaderboard as JSON and CSV, and the figures.

    Args:
        settings: names the study.

    Returns:
        The page.

    Raises:
        StoreError: when the study has no finished run.
    """
    results = list(_results(settings.work_dir, settings.study))
    if not results:
        known = sorted({study for folder in runs.all_runs(settings.work_dir) for study in folder.studies()})
        raise StoreError(
            expected="at least one finished run of the study",
            received=settings.study,
            where="study",
            fix=f"Train with study={settings.study} first. Studies with runs here: {', '.join(known) or 'none'}.",
        )
    out = settings.work_dir / "reports" / settings.study
    tables = leaderboard.leaderboard([leaderboard.row(result) for result in results])
    with folder_written_aside(out) as aside:
        for result in results:
            figures = aside / "figures" / result.run_id
            figures.mkdir(parents=True)
            for name in ("confusion_matrix.png", "history.png"):
                shutil.copyfile(settings.work_dir / "runs" / result.run_id / "evaluation" / name, figures / name)
        (aside / "report.md").write_text(study_page(settings.study, tables, results), encoding="utf-8")
        (aside / "leaderboard.json").write_text(leaderboard.to_json(tables), encoding="utf-8")
        (aside / "leaderboard.csv").write_text(leaderboard.to_csv(tables), encoding="utf-8")
    return out / "report.md"


def leaderboard_text(work_dir: Path, form: str, study: str | None) -> str:
    """Render every finished run, one table per protocol, best first.

    Args:
        work_dir: the folder that holds `runs/`.
        form: "markdown", "json" or "csv".
        study: only the runs of this study; None for all.

    Raises:
        StoreError: when there is no finished run.
    """
    results = list(_results(work_dir, study))
    if not results:
        raise StoreError(
            expected="finished runs" + (f" of the study {study}" if study else ""),
            received="none",
            where=work_dir / "runs",
            fix="Run `ser train` first, or name the folder that holds runs/ with --work-dir DIR.",
        )
    tables = leaderboard.leaderboard([leaderboard.row(result) for result in results])
    render = {"markdown": leaderboard.to_markdown, "json": leaderboard.to_json, "csv": leaderboard.to_csv}[form]
    return render(tables).rstrip("\n")


def _results(work_dir: Path, study: str | None) -> Iterator[RunResult]:
    for folder in runs.all_runs(work_dir):
        if folder.summary.is_file() and (study is None or study in folder.studies()):
            yield _result(folder)


def _result(folder: RunFolder) -> RunResult:
    record = runs.read(folder)
    config: dict[str, Any] = OmegaConf.to_container(OmegaConf.load(folder.config))  # type: ignore[assignment]
    return RunResult(
        run_id=folder.run_id,
        name=record["name"],
        record=record,
        config=config,
        summary=read_json(folder.summary),
        audit=read_json(folder.path / "audit.json"),
    )
