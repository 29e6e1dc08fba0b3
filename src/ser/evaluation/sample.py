"""A few tested utterances and what a run called them, to be set beside what other runs called them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ser.evaluation.aligned import chance_columns
from ser.files import digest

PER_CLASS = 3


def sample(predictions: pd.DataFrame, classes: Sequence[str]) -> list[dict[str, Any]]:
    """Take a few utterances of each class by the hash of their ids: the same ones for all runs that test the same.

    Args:
        predictions: columns `utterance_id y_true p_<class>`, under one or several seeds.
        classes: class names.

    Returns:
        Up to three rows a class, in the order of `classes`: `utterance_id true predicted p_predicted`; probabilities
        are averaged over seeds, and `predicted` is the class of the highest average.
    """
    grouped = predictions.groupby("utterance_id")
    chances, true = grouped[chance_columns(classes)].mean(), grouped["y_true"].first()
    rows = []
    for name in classes:
        for utterance_id in sorted(map(str, true.index[true == name]), key=digest)[:PER_CLASS]:
            own = chances.loc[utterance_id].to_numpy(np.float64)
            best = int(own.argmax())
            row = {"utterance_id": utterance_id, "true": name, "predicted": classes[best]}
            rows.append({**row, "p_predicted": float(own[best])})
    return rows
