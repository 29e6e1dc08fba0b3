"""A run trained again on what lies in its corpora now, in a process of its own: what `POST /train` starts."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser.console import quiet_libraries
from ser.errors import SerError
from ser.evaluation import metrics
from ser.files import read_json
from ser.pipeline import again, runs
from ser.pipeline.runs import RunFolder
from ser.pipeline.train import train
from ser.serving.http.outcomes import do_once


def main(argv: Sequence[str] | None = None) -> None:
    """Train a run again and leave what came out in a file, whether it went well or not.

    Args:
        argv: the arguments; None takes them from the process.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--work-dir", type=Path, required=True)
    parser.add_argument("--data-dir", type=Path, default=None)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--rerun", action="store_true")
    parser.add_argument("--outcome", type=Path, required=True)
    options = parser.parse_args(argv)
    quiet_libraries()
    do_once(options.outcome, lambda: retrained(options))


def retrained(options: argparse.Namespace) -> dict[str, Any]:
    """Train as a run was trained. Identical data find the finished run; an unfinished one goes on.

    Returns:
        See :func:`scores_of`; or `{"error": words}`, without the places of this machine.
    """
    try:
        folder = again.finished(options.work_dir, options.run)
        settings = again.settings_of(folder, options.work_dir, workers=options.workers, data_dir=options.data_dir)
        settings.rerun = options.rerun
        return scores_of(train(settings))
    except SerError as error:
        return {"error": placeless(f"Expected {error.expected}, but got {error.received}. {error.fix}")}


def scores_of(folder: RunFolder) -> dict[str, Any]:
    """Tell how well a run does.

    Returns:
        `run_id`; `f1_macro_mean` and `f1_macro_sd`, of the folds' macro F1 (each averaged over seeds; the deviation
        with divisor n, as `cross_val_score(...).std()`); and `uar`, of all held-out utterances.
    """
    predictions = pd.read_parquet(folder.predictions, columns=["fold", "seed", "y_true", "y_pred"])
    classes = runs.read(folder)["protocol"]["classes"]
    folds = np.array(
        [
            np.mean(
                [
                    metrics.macro_f1(metrics.confusion(one["y_true"], one["y_pred"], classes))
                    for _, one in fold.groupby("seed")
                ]
            )
            for _, fold in predictions.groupby("fold")
        ]
    )
    return {
        "run_id": folder.run_id,
        "f1_macro_mean": float(folds.mean()),
        "f1_macro_sd": float(folds.std()),
        "uar": float(read_json(folder.summary)["uar"]),
    }


def placeless(text: str) -> str:
    """Cut the folders off the paths in a message that leaves this machine.

    Example:
        >>> placeless("Look into /data/raw/emodb/wav/a.wav, or (/tmp).")
        'Look into a.wav, or (tmp).'
    """
    return re.sub(r"(?<![\w.:/])(?:[A-Za-z]:)?[\\/](?:[^\s\\/,;:()'\"]+[\\/])*", "", text)


if __name__ == "__main__":
    main()
