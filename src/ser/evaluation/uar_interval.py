"""The confidence interval of the UAR of some utterances of a run, clustered by speaker where speakers are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from ser.arrays import Bool
from ser.evaluation import metrics
from ser.evaluation.aligned import Aligned
from ser.evaluation.intervals import LEVEL, Interval, speaker_bootstrap, utterance_bootstrap


def uar_interval(data: Aligned, rows: Bool, *, replicates: int, seed: int) -> dict[str, Any] | None:
    """Give the interval of the UAR over some utterances.

    Args:
        data: aligned predictions of n utterances.
        rows: bool, shape [n], which utterances.
        replicates: bootstrap draws.
        seed: of the draws.

    Returns:
        `low high level method clusters`, or None with fewer than four speakers (of unknown speakers: utterances): so
        few say nothing of others.
    """
    true, predicted = data.true[rows], data.predicted[:, rows]
    interval: Interval | None
    if data.speaker is None:
        interval = utterance_bootstrap(true, predicted, metrics.uar, replicates=replicates, level=LEVEL, seed=seed)
    else:
        names, speaker = np.unique(data.speaker[rows], return_inverse=True)
        by_speaker = metrics.confusions(true, predicted, speaker, (len(names), data.probabilities.shape[-1]))
        interval = speaker_bootstrap(by_speaker, metrics.uar, replicates=replicates, level=LEVEL, seed=seed)
    return None if interval is None else dict(vars(interval))
