"""Predictions of the development parts: what calibration may learn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ser.errors import StoreError
from ser.evaluation.aligned import chance_columns
from ser.pipeline.runs import RunFolder


def gather(folder: RunFolder, folds: pd.DataFrame, seeds: Sequence[int], classes: Sequence[str]) -> pd.DataFrame | None:
    """Gather what each fit said of its development part, by a model that had not seen it.

    Args:
        folder: the run, or what the verb `train` exported of it.
        folds: the fold table.
        seeds: the seeds of the run.
        classes: class names.

    Returns:
        Columns `utterance_id fold seed p_<class>`; None when these files were not copied along with the run.

    Raises:
        StoreError: when a file does not hold the rows of its fold.
    """
    tables = []
    # The order in which ser.pipeline.folds hands clips to a fit.
    for fold, rows in folds[folds["part"] == "dev"].sort_values(["fold", "utterance_id"]).groupby("fold"):
        for seed in seeds:
            path = folder.fit(int(str(fold)), seed) / "dev.npy"
            if not path.is_file():
                return None
            values = np.load(path, allow_pickle=False)
            if values.shape != (len(rows), len(classes)):
                raise StoreError(
                    expected=f"probabilities of {len(rows)} clips and {len(classes)} classes",
                    received=f"the shape {values.shape}",
                    where=path,
                    fix="Train the run again with rerun=true: this fit is not of these folds.",
                )
            facts = pd.DataFrame({"utterance_id": rows["utterance_id"].to_numpy(), "fold": fold, "seed": seed})
            tables.append(facts.join(pd.DataFrame(values, columns=chance_columns(classes))))
    return pd.concat(tables, ignore_index=True)
