"""Several models ranked speaker by speaker (Friedman, Nemenyi; Demsar, JMLR 7, 2006).

Demsar ranks classifiers on data sets; here the blocks are speakers, or folds where speakers are unknown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, rankdata, studentized_range

from ser.arrays import Float64


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Models by their average rank over blocks.

    Attributes:
        average: of each model its average rank; 1 is best.
        blocks: how many blocks they were ranked on.
        p_value: of Friedman's test that all models are alike, corrected for ties; 1 when all tie everywhere.
        critical: average ranks that differ by less than this are not told apart (Nemenyi, at `alpha`).
        alpha: the chance that any of the models is wrongly told apart from another.
    """

    average: list[float]
    blocks: int
    p_value: float
    critical: float
    alpha: float

    def alike(self) -> list[list[int]]:
        """List the largest sets of models whose average ranks are not told apart: places in `average`, best first."""
        order = sorted(range(len(self.average)), key=lambda place: self.average[place])
        found: list[list[int]] = []
        for start in range(len(order)):
            best = self.average[order[start]]
            group = [place for place in order[start:] if self.average[place] - best < self.critical]
            if len(group) > 1 and not (found and set(group) <= set(found[-1])):
                found.append(group)
        return found


def rank(scores: Float64, *, higher_is_better: bool, alpha: float) -> Ranking | None:
    """Rank models on every block and average the ranks; equal scores share their ranks.

    Args:
        scores: float64, shape [models, blocks]; blocks where any model's score is nan are left out.
        higher_is_better: which way is up.
        alpha: of Friedman's test and Nemenyi's difference.

    Returns:
        The ranking, or None with fewer than two blocks.
    """
    kept = scores[:, ~np.isnan(scores).any(axis=0)]
    models, blocks = kept.shape
    if blocks < 2:
        return None
    ranks = rankdata(-kept if higher_is_better else kept, axis=0)
    average = ranks.mean(axis=1)
    # Friedman's statistic: the spread of the average ranks over that of the ranks, which ties make smaller.
    spread = np.sum((ranks - (models + 1) / 2) ** 2) / (blocks * (models - 1))
    statistic = blocks * np.sum((average - (models + 1) / 2) ** 2) / spread if spread > 0 else 0.0
    return Ranking(
        average=[float(value) for value in average],
        blocks=blocks,
        p_value=float(chi2.sf(statistic, models - 1)),
        critical=critical_difference(models, blocks, alpha),
        alpha=alpha,
    )


def critical_difference(models: int, blocks: int, alpha: float) -> float:
    """Give Nemenyi's critical difference of average ranks (Demsar, 2006, section 3.2.2).

    Args:
        models: how many, k.
        blocks: on how many they were ranked, N.
        alpha: the chance that any pair is wrongly told apart.

    Returns:
        q * sqrt(k (k + 1) / (6 N)), q the quantile of the studentised range over sqrt(2).

    Example:
        >>> round(critical_difference(4, 14, 0.05), 2)
        1.25
    """
    quantile = float(studentized_range.ppf(1 - alpha, models, np.inf)) / math.sqrt(2)
    return quantile * math.sqrt(models * (models + 1) / (6 * blocks))
