"""The utterances that a run finds hardest, to be listened to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ser.evaluation.aligned import chance_columns

MOST = 50


def hardest(predictions: pd.DataFrame, utterances: pd.DataFrame, classes: Sequence[str]) -> list[dict[str, Any]]:
    """List the tested utterances whose true class was given the lowest probability, the hardest first.

    Args:
        predictions: columns `utterance_id y_true p_<class>`, under one or several seeds.
        utterances: columns `utterance_id path`.
        classes: class names.

    Returns:
        Up to 50 rows `utterance_id path true predicted p_true`; probabilities are averaged over seeds, and `predicted`
        is the class of the highest average.
    """
    by_utterance = predictions.groupby("utterance_id")
    chances = by_utterance[chance_columns(classes)].mean().to_numpy(np.float64)
    true = by_utterance["y_true"].first()
    own = chances[np.arange(len(true)), pd.Index(classes).get_indexer(pd.Index(true))]
    paths = utterances.set_index("utterance_id")["path"].loc[true.index]
    return [
        {
            "utterance_id": true.index[row],
            "path": paths.iloc[row],
            "true": true.iloc[row],
            "predicted": classes[int(chances[row].argmax())],
            "p_true": float(own[row]),
        }
        for row in np.argsort(own, kind="stable")[:MOST].tolist()
    ]
