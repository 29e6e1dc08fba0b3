"""The command `compare`: finished runs of one protocol against each other, from their saved predictions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ser.errors import ConfigError, StoreError
from ser.evaluation import comparison
from ser.evaluation.comparison import Contestant
from ser.evaluation.comparison_page import comparison_page
from ser.evaluation.results import RunResult
from ser.files import write_json, write_text
from ser.pipeline import report, runs
from ser.pipeline.runs import RunFolder


def compare(work_dir: Path, names: Sequence[str]) -> dict[str, Any]:
    """Compare finished runs.

    Args:
        work_dir: the folder that holds `runs/`.
        names: run ids, or the first letters of them; at least two different runs.

    Returns:
        As :func:`ser.evaluation.comparison.compare`.

    Raises:
        ConfigError: when fewer than two runs are named, or one twice.
        StoreError: when a run is not known, or not finished and evaluated.
        ProtocolError: when the runs may not be compared.
    """
    folders = [runs.find(work_dir, name) for name in names]
    if len(folders) < 2 or len(set(folders)) < len(folders):
        raise ConfigError(
            expected="two or more different runs",
            received=", ".join(folder.run_id for folder in folders),
            where="ser compare",
            fix="Name each run once (`ser leaderboard` lists them).",
        )
    results = [_result(folder) for folder in folders]
    comparison.refuse_strangers(results)
    contestants = [
        Contestant(result=result, config=runs.settings_as_data(folder), data=report.aligned(folder))
        for result, folder in zip(results, folders, strict=True)
    ]
    return comparison.compare(contestants, replicates=report.REPLICATES, seed=report.SEED)


def text_of(found: Mapping[str, Any], form: str) -> str:
    """Write a comparison as "markdown" or "json"."""
    return json.dumps(found, indent=2, ensure_ascii=False) if form == "json" else comparison_page(found).rstrip("\n")


def write(found: Mapping[str, Any], out: Path) -> None:
    """Write a comparison and its figures.

    Args:
        found: as :func:`compare` gives.
        out: gets `comparison.json`, `comparison.md`, `difference.png` (with more runs `difference_<run id>.png`, each
            against the first) and, with three runs or more, `critical_difference.png`; what else lies there stays.
    """
    # Imported here: the text does not wait for matplotlib.
    from ser.evaluation.comparison_figures import figures_of
    from ser.evaluation.figures import save

    write_json(out / "comparison.json", found)
    write_text(out / "comparison.md", comparison_page(found))
    for name, figure in figures_of(found).items():
        save(figure, out / f"{name}.png")


def _result(folder: RunFolder) -> RunResult:
    if not (folder.finished and folder.summary.is_file()):
        raise StoreError(
            expected="a finished run",
            received="no predictions yet",
            where=folder.predictions,
            fix="Give the command of the run again: it goes on where it stopped.",
        )
    return report.result_of(folder)
