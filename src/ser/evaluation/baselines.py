"""What chance and the commonest class would score: the two rows beside every result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import random_table

from ser.arrays import Float64, Int64
from ser.errors import ProtocolError
from ser.evaluation.metrics import class_codes, uar

_CHUNK = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Permuted:
    """The UAR of the same predictions against permuted true classes: their chance level.

    Attributes:
        mean: mean over the permutations.
        low: 2.5th percentile.
        high: 97.5th percentile.
        p_value: (1 + permutations at least as good as the real order) / (1 + permutations), one-sided
            (Phipson & Smyth, Stat. Appl. Genet. Mol. Biol. 9(1), 2010).
        method: what was permuted, in words.
    """

    mean: float
    low: float
    high: float
    p_value: float
    method: str


def majority(folds: pd.DataFrame, utterances: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    """Predict, for every tested utterance, the commonest class of its fold's training part.

    Args:
        folds: the fold table, columns `utterance_id fold part`.
        utterances: columns `utterance_id label`.
        classes: class names; of equally common classes the first of them is predicted.

    Returns:
        Columns `utterance_id fold y_true y_pred`, one row per tested utterance, in the order of `folds`.

    Raises:
        ProtocolError: for a label that is no class, or a fold that tests without a training part.
    """
    labels = utterances.set_index("utterance_id")["label"]
    rows = folds.assign(y_true=folds["utterance_id"].map(labels))
    train, tested = rows[rows["part"] == "train"], rows[rows["part"] == "test"]
    counts = np.zeros((int(rows["fold"].max()) + 1, len(classes)), dtype=np.int64)
    np.add.at(counts, (train["fold"].to_numpy(), class_codes(train["y_true"], classes)), 1)
    untrained = tested.loc[counts[tested["fold"]].sum(axis=1) == 0, "fold"]
    if len(untrained):
        raise ProtocolError(
            expected="a training part in every fold",
            received=f"none in fold {untrained.iloc[0]}",
            where="fold table",
            fix="Split again.",
        )
    commonest = np.array(classes)[counts.argmax(axis=1)]
    table = tested[["utterance_id", "fold", "y_true"]].reset_index(drop=True)
    return table.assign(y_pred=commonest[table["fold"]])


def permuted(
    true: Int64, predicted: Int64, speakers: Int64 | None, classes: int, *, replicates: int, seed: int
) -> Permuted:
    """Score the same predictions against true classes permuted within each speaker.

    Permuting within speakers keeps what a model can gain by knowing who speaks (each speaker's class shares) and takes
    away what it can gain by emotion. The table of permuted true classes by predictions has fixed margins, so that it
    is drawn directly (Patefield's algorithm AS 159) without moving labels; several seeds share each permutation.

    Args:
        true: int64 class codes, shape [n].
        predicted: int64 class codes, shape [seeds, n].
        speakers: int64, shape [n], speaker codes; None when unknown: then all labels are permuted together.
        classes: number of classes C.
        replicates: number of permutations.
        seed: of the permutations.
    """
    groups = np.zeros_like(true) if speakers is None else speakers
    random = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    total = sum(_tables(true[rows], predicted[:, rows], classes, replicates, random) for rows in members)
    values = uar(np.asarray(total)).mean(axis=0)
    flat = true * classes + predicted
    real = np.stack([np.bincount(row, minlength=classes * classes) for row in flat]).reshape(-1, classes, classes)
    # Rounding must not decide between a permutation and the real order when they are the same.
    at_least = int((values >= uar(real).mean() - 1e-12).sum())
    low, high = np.percentile(values, [2.5, 97.5])
    return Permuted(
        mean=float(values.mean()),
        low=float(low),
        high=float(high),
        p_value=(1 + at_least) / (1 + replicates),
        method="true classes permuted "
        + ("over all utterances (speakers unknown)" if speakers is None else "within speakers"),
    )


def _tables(true: Int64, predicted: Int64, classes: int, replicates: int, random: np.random.Generator) -> Float64:
    """Draw confusion counts under permutation for one speaker: float64, shape [seeds, replicates, C, C]."""
    patterns, counts = np.unique(predicted, axis=1, return_counts=True)
    one_hot = (patterns[..., None] == np.arange(classes)).astype(np.float64)
    margins = np.bincount(true, minlength=classes)
    if len(counts) == 1 or np.count_nonzero(margins) == 1:
        # Nothing can be permuted. SciPy 1.17 is asked for no such table: it gives wrong ones.
        table = np.outer(margins, counts) / len(true)
        return np.broadcast_to(table @ one_hot[:, None], (len(predicted), replicates, classes, classes))
    law = random_table(margins, counts, seed=random)
    drawn = []
    for start in range(0, replicates, size := max(1, _CHUNK // (classes * len(counts)))):
        tables = law.rvs(size=min(size, replicates - start)).astype(np.float64)
        drawn.append(tables @ one_hot[:, None])
    return np.concatenate(drawn, axis=1)
