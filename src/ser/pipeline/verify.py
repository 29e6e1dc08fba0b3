"""`ser verify`: a run repeated from the audio on, in a folder of its own, and compared bit for bit."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ser.pipeline import again, environment, train
from ser.pipeline.runs import RunFolder


@dataclass(frozen=True)
class Verification:
    """What a repetition showed.

    Attributes:
        identical: whether every prediction and probability is equal bit for bit.
        text: the finding in words.
    """

    identical: bool
    text: str


def verify(work_dir: Path, run: str, *, workers: int | None = None, data_dir: Path | None = None) -> Verification:
    """Repeat a run and compare its predictions.

    Nothing of the first run is reused but its configuration: audio is scanned, folds are made, features extracted and
    models trained anew, in a temporary folder that is removed afterwards.

    Args:
        work_dir: the folder that holds `runs/`.
        run: the run's id, or the first letters of it.
        workers: processes for the repetition; None takes one a core.
        data_dir: where the corpora lie now; None is where they lay when the run was trained.

    Raises:
        StoreError: when the run is not known or not finished.
        SerError: when the repetition fails.
    """
    folder = again.finished(work_dir, run)
    with tempfile.TemporaryDirectory(prefix=".verify-", dir=work_dir / "runs") as place:
        repeated = train.train(again.settings_of(folder, Path(place), workers=workers, data_dir=data_dir))
        return _compare(folder, repeated)


def _compare(first: RunFolder, second: RunFolder) -> Verification:
    a, b = pd.read_parquet(first.predictions), pd.read_parquet(second.predictions)
    if first.run_id != second.run_id:
        note = f"note: data or code have changed since: the repetition is run {second.run_id}.\n"
    else:
        note = ""
    if a.equals(b):
        return Verification(True, f"{note}run {first.run_id}: {len(a)} predictions, bit-identical")
    return Verification(False, f"{note}run {first.run_id}: NOT identical. {_difference(a, b)}\n{_packages(first)}")


def _difference(a: pd.DataFrame, b: pd.DataFrame) -> str:
    key = ["utterance_id", "fold", "seed"]
    if list(a.columns) != list(b.columns) or not a[key].equals(b[key]):
        return f"The folds or classes differ: {len(a)} against {len(b)} predictions."
    columns = [column for column in a.columns if column.startswith("p_")]
    largest = float(np.abs(a[columns].to_numpy() - b[columns].to_numpy()).max())
    changed = int((a["y_pred"] != b["y_pred"]).sum())
    return f"{changed} of {len(a)} predictions differ; the largest difference of a probability is {largest:.3g}."


def _packages(folder: RunFolder) -> str:
    then = set(folder.environment.read_text(encoding="utf-8").splitlines())
    now = set(environment.describe().splitlines())
    if then == now:
        return "Machine and packages are those of the first run."
    return "Then:\n  " + "\n  ".join(sorted(then - now)) + "\nNow:\n  " + "\n  ".join(sorted(now - then))
