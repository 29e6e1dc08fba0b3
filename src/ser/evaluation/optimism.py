"""What a leak is worth: one recipe under a clean and a leaking protocol, on the utterances that both tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ser.arrays import Float64, Int64
from ser.errors import ProtocolError
from ser.evaluation import metrics
from ser.evaluation.figures import BLUE, GREY, INK, ORANGE, figure_of, plain
from ser.evaluation.intervals import LEVEL, Interval, speaker_bootstrap


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A score, or a difference of scores.

    Attributes:
        value: averaged over seeds.
        interval: its interval; None with too few speakers.
    """

    value: float
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class Optimism:
    """One recipe, two protocols.

    Attributes:
        metric: of `ser.evaluation.metrics.METRICS`.
        utterances: how many were tested under both protocols.
        speakers: how many different speakers these have.
        clean: the score under the clean protocol.
        leaking: the score under the leaking one.
        gap: leaking minus clean.
    """

    metric: str
    utterances: int
    speakers: int
    clean: Estimate
    leaking: Estimate
    gap: Estimate

    @property
    def certain(self) -> bool:
        """Whether the interval of the gap lies on one side of zero."""
        around = self.gap.interval
        return around is not None and (around.low > 0 or around.high < 0)


def optimism(
    clean: pd.DataFrame,
    leaking: pd.DataFrame,
    speakers: pd.Series[str],
    *,
    classes: list[str],
    metric: str,
    replicates: int,
) -> Optimism:
    """Compare the predictions of two protocols, paired by utterance.

    Every replicate draws speakers with replacement and takes both scores, and their difference, of the same draw:
    what makes a speaker easy or hard is in both and cancels (the paired cluster bootstrap; Davison & Hinkley, Bootstrap
    Methods and their Application, 1997, sections 2.4 and 3.8). It is the uncertainty for other speakers under these
    fits and folds; it leaves out what fitting again on other training speakers would add.

    Args:
        clean: predictions `utterance_id seed y_true y_pred`, one for each utterance and seed.
        leaking: the same under the leaking protocol, with the same seeds.
        speakers: utterance id -> speaker.
        classes: class names.
        metric: of `METRICS`.
        replicates: bootstrap draws.

    Raises:
        ProtocolError: when no utterance was tested under both, their true classes or the seeds differ, or a speaker is
            unknown.
    """
    true, sides, ids = _paired(clean, leaking, classes)
    codes, names = pd.factorize(speakers.reindex(ids), sort=True)
    if (codes < 0).any():
        raise _refused("a known speaker of every utterance", f"none of {ids[int((codes < 0).argmax())]}")
    # float64, shape [2 * seeds, speakers, classes, classes]: first the clean side, then the leaking one.
    counts = metrics.confusions(true, np.concatenate(sides), codes.astype(np.int64), (len(names), len(classes)))
    return Optimism(
        metric=metric,
        utterances=len(ids),
        speakers=len(names),
        clean=_estimate(counts, metric, (1, 0), replicates),
        leaking=_estimate(counts, metric, (0, 1), replicates),
        gap=_estimate(counts, metric, (-1, 1), replicates),
    )


def words(found: Optimism) -> str:
    """Say the finding in words anyone understands."""
    title, gap = metrics.METRICS[found.metric].title, found.gap
    name = f"{title[0].upper()}{title[1:]}" + (" (unweighted average recall)" if found.metric == "uar" else "")
    higher = "higher" if gap.value >= 0 else "lower"
    certainty = (
        "The interval does not hold zero: the difference is more than chance among these speakers."
        if found.certain
        else "The interval holds zero: with these speakers it cannot be told from no difference."
    )
    return (
        f"{name} is {_shown(found.leaking)} when the speakers of the test are heard in training, and "
        f"{_shown(found.clean)} for new speakers. The leak makes it {abs(gap.value) * 100:.1f} points {higher}"
        f"{_around(gap)}. {certainty if gap.interval else 'With so few speakers there is no interval.'} "
        f"({found.utterances} utterances of {found.speakers} speakers, tested under both.)"
    )


def optimism_figure(found: Optimism, labels: tuple[str, str], title: str) -> Figure:
    """Draw both scores and their difference, with intervals.

    Args:
        found: what was found.
        labels: names of the clean and of the leaking protocol.
        title: the heading.
    """
    figure = figure_of(8, 2.9, title)
    axes, beside = figure.subplots(1, 2, width_ratios=[3, 2])
    _bar(axes, 1, found.clean, BLUE)
    _bar(axes, 0, found.leaking, ORANGE)
    axes.set_yticks([1, 0], list(labels))
    axes.set_xlim(0, 1)
    axes.set_xlabel(metrics.METRICS[found.metric].title, color=GREY)
    _bar(beside, 0.5, found.gap, INK)
    beside.axvline(0, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
    beside.set_yticks([0.5], ["difference"])
    beside.set_xlabel("leaking minus clean", color=GREY)
    for each in (axes, beside):
        each.set_ylim(-0.6, 1.6)
        each.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        plain(each)
        each.grid(axis="y", visible=False)
        each.tick_params(axis="y", length=0)
    return figure


def _paired(
    clean: pd.DataFrame, leaking: pd.DataFrame, classes: list[str]
) -> tuple[Int64, tuple[Int64, Int64], pd.Index[str]]:
    """Give the true classes [n], both sides' predicted classes [seeds, n], and the ids of what both tested."""
    wide = [side.pivot(index="utterance_id", columns="seed", values="y_pred") for side in (clean, leaking)]
    truths = [side.drop_duplicates("utterance_id").set_index("utterance_id")["y_true"] for side in (clean, leaking)]
    ids = wide[0].index.intersection(wide[1].index).sort_values()
    if not wide[0].columns.equals(wide[1].columns):
        raise _refused("the same seeds under both protocols", f"{list(wide[0].columns)} and {list(wide[1].columns)}")
    if len(ids) == 0 or not truths[0].loc[ids].equals(truths[1].loc[ids]):
        raise _refused("utterances tested under both protocols, with one true class", f"otherwise for {len(ids)}")
    first, second = (
        np.stack([metrics.class_codes(side.loc[ids, seed], classes) for seed in side.columns]) for side in wide
    )
    return metrics.class_codes(truths[0].loc[ids], classes), (first, second), ids


def _estimate(counts: Int64, metric: str, weights: tuple[float, float], replicates: int) -> Estimate:
    """Weigh the scores of the clean and of the leaking side, and draw speakers for both at once."""
    # What is bootstrapped is a mean over the sides' seeds: twice the weights make it the weighted sum of both sides.
    signs = 2 * np.repeat(weights, len(counts) // 2)[:, None]

    def statistic(pooled: metrics.Counts) -> Float64:
        scores: Float64 = metrics.METRICS[metric].function(pooled) * signs
        return scores

    value = float(statistic(counts.sum(axis=1)[:, None]).mean())
    around = speaker_bootstrap(counts, statistic, replicates=replicates, level=LEVEL, seed=0)
    return Estimate(value=value, interval=around)


def _refused(expected: str, received: str) -> ProtocolError:
    return ProtocolError(
        expected=expected,
        received=received,
        where="the predictions of both runs",
        fix="Compare one recipe on the same corpora, labels and seeds, with known speakers.",
    )


def _shown(estimate: Estimate) -> str:
    around = estimate.interval
    return f"{estimate.value:.1%}" + (f" [{around.low:.1%}, {around.high:.1%}]" if around else "")


def _around(gap: Estimate) -> str:
    if gap.interval is None:
        return ""
    low, high = (100 * end for end in (gap.interval.low, gap.interval.high))
    return f" (leaking minus clean: {100 * gap.value:+.1f}, {LEVEL:.0%} interval {low:+.1f} to {high:+.1f})"


def _bar(axes: Axes, height: float, estimate: Estimate, colour: str) -> None:
    around = estimate.interval
    if around is not None:
        axes.plot([around.low, around.high], [height, height], color=colour, linewidth=3, alpha=0.5)
    axes.plot([estimate.value], [height], "o", color=colour, markersize=8, markeredgecolor="white")
    axes.annotate(
        f"{estimate.value:.1%}", (estimate.value, height), (0, 9), textcoords="offset points", ha="center", color=INK
    )
