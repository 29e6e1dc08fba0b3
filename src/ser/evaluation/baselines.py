"""What chance, the commonest class and guesses by the classes' shares would score: the rows beside every result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

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
    commonest = np.array(classes)[_trained(folds, labels, classes).argmax(axis=1)]
    table = folds.loc[folds["part"] == "test", ["utterance_id", "fold"]].reset_index(drop=True)
    return table.assign(y_true=table["utterance_id"].map(labels), y_pred=commonest[table["fold"]])


def stratified(folds: pd.DataFrame, utterances: pd.DataFrame, classes: Sequence[str]) -> Float64:
    """Guess, for every tested utterance, a class at random by the class shares of its fold's training part.

    Nothing is drawn: these are the expected counts. Recalls are linear in them, so that their UAR and accuracy are the
    expected UAR and accuracy.

    Args:
        folds: the fold table, columns `utterance_id fold part`.
        utterances: columns `utterance_id label`.
        classes: C class names.

    Returns:
        Expected confusion counts, float64, shape [C, C]; rows are true classes.

    Raises:
        ProtocolError: for a label that is no class, or a fold that tests without a training part.
    """
    labels = utterances.set_index("utterance_id")["label"]
    counts = _trained(folds, labels, classes)
    tested = folds[folds["part"] == "test"]
    true = class_codes(tested["utterance_id"].map(labels), classes)
    support = np.zeros(counts.shape)
    np.add.at(support, (tested["fold"].to_numpy(), true), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    expected: Float64 = support.T @ shares
    return expected


def _trained(folds: pd.DataFrame, labels: pd.Series[str], classes: Sequence[str]) -> Int64:
    """Count the training utterances of each class: int64, shape [1 + highest fold number, C].

    Raises:
        ProtocolError: for a fold that tests without a training part.
    """
    train = folds[folds["part"] == "train"]
    counts = np.zeros((int(folds["fold"].max()) + 1, len(classes)), dtype=np.int64)
    np.add.at(counts, (train["fold"].to_numpy(), class_codes(train["utterance_id"].map(labels), classes)), 1)
    tested = folds.loc[folds["part"] == "test", "fold"].to_numpy()
    untrained = tested[counts[tested].sum(axis=1) == 0]
    if len(untrained):
        raise ProtocolError(
            expected="a training part in every fold",
            received=f"none in fold {untrained[0]}",
            where="fold table",
            fix="Split again.",
        )
    return counts


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
    # Imported here: scipy.stats takes longer to import than a leaderboard of a thousand runs to write.
    from scipy.stats import random_table

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
