"""What a search has found: tables, figures, the command that trains the best, and its runs in MLflow."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from ser.config import Settings
from ser.errors import TrainingError
from ser.evaluation.figures import save
from ser.evaluation.metrics import METRICS
from ser.evaluation.tuning_figures import importance_figure, search_figure
from ser.files import digest, write_json, written_aside
from ser.tracking.records import FitRecord, RunRecord
from ser.tuning.study import ATTEMPTS, REASON, SAME, SCORES, SECONDS, Search, overrides_of, superseded

STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "ended early",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}
FILES = ("study.json", "trials.csv", "history.png", "importance.png")


def found(study: optuna.Study, search: Search) -> dict[str, Any]:
    """Gather what a search has found so far, as plain data.

    Args:
        study: the study.
        search: what it searches.

    Returns:
        `name metric fixed space plan trials best importance`: of each trial `number state score scores params overrides
        seconds reason same_as`; `best` is the number of the best complete trial, or None; `importance` is empty while
        there is too little to tell.
    """
    trials = study.get_trials(deepcopy=False)
    gone = superseded(trials)
    rows = [_row(trial) for trial in trials if trial.number not in gone]
    whole = [row for row in rows if row["state"] == "complete"]
    sign = 1 if METRICS[search.metric].higher_is_better else -1
    best = max(whole, key=lambda row: (sign * row["score"], -row["number"]), default=None)
    plan = dataclasses.asdict(search.plan)
    return {
        "name": search.name,
        "metric": f"dev {search.metric}",
        "fixed": search.fixed,
        "space": [dataclasses.asdict(dimension) for dimension in search.space],
        "plan": {key: value for key, value in plan.items() if key not in ("space", "storage")},
        "best": None if best is None else best["number"],
        "importance": _importance(study, len(whole)),
        "trials": rows,
    }


def _row(trial: FrozenTrial) -> dict[str, Any]:
    noted = trial.user_attrs
    died = f"its process died {ATTEMPTS} times" if trial.state == TrialState.FAIL else ""
    return {
        "number": trial.number,
        "state": STATES[trial.state],
        "score": trial.value,
        "scores": noted.get(SCORES, []),
        "params": trial.params,
        "overrides": overrides_of(trial.params),
        "seconds": noted.get(SECONDS),
        "reason": noted.get(REASON, died),
        "same_as": noted.get(SAME),
    }


def _importance(study: optuna.Study, complete: int) -> dict[str, float]:
    if complete < 4:
        return {}
    try:
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))
    except (RuntimeError, ValueError):
        # All trials scored the same, or no setting was drawn twice differently.
        return {}


def write(result: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write `study.json`, `trials.csv` and the figures.

    Returns:
        The files.
    """
    write_json(folder / "study.json", result)
    rows = [
        {key: value for key, value in row.items() if key not in ("params", "overrides")} for row in result["trials"]
    ]
    settings = [row["params"] for row in result["trials"]]
    with written_aside(folder / "trials.csv") as aside:
        pd.concat([pd.DataFrame(rows), pd.DataFrame(settings)], axis=1).to_csv(aside, index=False)
    scored = [
        (row["number"], row["score"], row["state"] == "complete")
        for row in result["trials"]
        if row["score"] is not None
    ]
    save(search_figure(scored, result["metric"], f"Search {result['name']}"), folder / "history.png")
    if result["importance"]:
        figure = importance_figure(result["importance"], f"What mattered in search {result['name']}")
        save(figure, folder / "importance.png")
    return [folder / name for name in FILES if (folder / name).is_file()]


def text(result: Mapping[str, Any], folder: Path, reused: int) -> str:
    """Say what was found, and how to train it.

    Args:
        result: as :func:`found` gives.
        folder: where its files lie.
        reused: utterances that one fold develops on and another tests.

    Raises:
        TrainingError: when no trial was completed.
    """
    rows = result["trials"]
    states = [row["state"] for row in rows]
    counts = ", ".join(f"{states.count(state)} {state}" for state in STATES.values() if state in states)
    failures = [f"  trial {row['number']}: {row['reason']}" for row in rows if row["state"] == "failed"]
    if result["best"] is None:
        raise TrainingError(
            expected="at least one complete trial",
            received=f"{counts or 'none'}\n" + "\n".join(failures) + "\n",
            where=f"study {result['name']}",
            fix="Mend the cause, or search elsewhere; the same command again goes on.",
        )
    best = next(row for row in rows if row["number"] == result["best"])
    lines = [f"search {result['name']}: {len(rows)} trials: {counts}; {folder}", *failures]
    fits = len(best["scores"])
    lines += [f"best: trial {best['number']}, {result['metric']} {best['score']:.3f}, the mean of {fits} fits"]
    lines += ["No test part was predicted or read."]
    if reused:
        lines[-1] += (
            f" But {reused} utterances that some fold tests are in the development part of another, so the choice has "
            "seen their labels there: expect a little less of speakers that no fold has."
        )
    command = shlex.join(["ser", "train", *result["fixed"], *best["overrides"]])
    return "\n".join([*lines, f"train it: {command}"])


def track(result: Mapping[str, Any], files: list[Path], settings: Settings, title: str) -> None:
    """Log the search to MLflow: one run, and every trial that has ended as a child of it.

    Args:
        result: as :func:`found` gives.
        files: the artifacts.
        settings: names the study and the store.
        title: the run's name.

    Raises:
        StoreError: when the store cannot be reached.
    """
    if not settings.tracking.enabled:
        return
    from ser.tracking.store import Tracker

    ended = [row for row in result["trials"] if row["state"] in ("complete", "ended early", "failed")]
    scores = {row["number"]: row["score"] for row in ended}
    record = RunRecord(
        run_id=result["name"],
        name=title,
        study=settings.study,
        description=f"A search over {', '.join(d['key'] for d in result['space'])}: development parts only.",
        params={"fixed": " ".join(result["fixed"]), **{f"tune.{key}": value for key, value in result["plan"].items()}},
        tags={"ser.search": result["name"]},
        version=digest(result),
        metrics={"trials": len(ended), **({} if result["best"] is None else {_metric(result): scores[result["best"]]})},
        artifacts={f"search/{file.name}": file for file in files},
        fits=[_child(row, result) for row in ended],
    )
    Tracker(settings.tracking.uri, settings.tracking.artifacts).complete(record)


def _child(row: Mapping[str, Any], result: Mapping[str, Any]) -> FitRecord:
    name = _metric(result)
    return FitRecord(
        name=f"trial-{row['number']:03d}",
        params=row["params"],
        tags={"ser.search": result["name"], "ser.state": row["state"], "ser.reason": row["reason"]},
        metrics={} if row["score"] is None else {name: row["score"]},
        history=[{"epoch": fit, f"{name}/fit": score} for fit, score in enumerate(row["scores"], start=1)],
        model=None,
    )


def _metric(result: Mapping[str, Any]) -> str:
    return str(result["metric"]).replace(" ", "/")
