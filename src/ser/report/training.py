"""How a run was trained: its learning curves, fit by fit, and the score of every fold and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ser.evaluation.results import History
from ser.pages import charts
from ser.pages.curves import Axis, Curve, axis_over, chart, key
from ser.pages.html import Html, number, table, tag

_MOST_FITS = 12
_SPEAKERS = 4


def learning_curves(histories: Mapping[str, History]) -> list[Html]:
    """Show the losses and the development UAR of each fit over its epochs.

    Args:
        histories: name of the fit -> its epochs; models that are fitted in one step have none.
    """
    drawn = {name: epochs for name, epochs in histories.items() if len(epochs) > 1}
    if not drawn:
        return [tag("p", "Fitted in one step: there are no epochs to show.", class_="note")]
    head = dict(list(drawn.items())[:_MOST_FITS])
    more = f" The first {len(head)} of {len(drawn)} fits." if len(head) < len(drawn) else ""
    across = Axis(label="epoch", low=0, high=max(len(epochs) for epochs in head.values()), form="g")
    losses = [
        value for epochs in head.values() for name in ("train/loss", "dev/loss") for _, value in _line(epochs, name)
    ]
    up = axis_over("loss", losses, "g")
    share = Axis(label="development UAR", low=0, high=1, form=".0%")
    return [
        key([("training loss", "one"), ("development loss", "two"), ("development UAR, dot: best epoch", "three")]),
        tag("p", f"Losses above, development UAR below, on the same axes for all fits.{more}", class_="note"),
        tag("div", *(_losses(name, epochs, across, up) for name, epochs in head.items()), class_="multiples"),
        tag("div", *(_scores(name, epochs, across, share) for name, epochs in head.items()), class_="multiples"),
    ]


def _line(epochs: History, name: str) -> list[tuple[float, float]]:
    return [(row["epoch"], row[name]) for row in epochs if name in row]


def _losses(name: str, epochs: History, across: Axis, up: Axis) -> Html:
    train = Curve(name="training", kind="one", points=_line(epochs, "train/loss"), joined=True)
    dev = Curve(name="development", kind="two", points=_line(epochs, "dev/loss"), joined=True)
    return chart(f"{name}: loss", [train, dev], across, up)


def _scores(name: str, epochs: History, across: Axis, up: Axis) -> Html:
    points = _line(epochs, "dev/uar")
    best = [max(points, key=lambda point: point[1])] if points else []
    curves = [
        Curve(name="development UAR", kind="three", points=points, joined=True),
        Curve(name="best epoch", kind="three", points=best, joined=False),
    ]
    return chart(f"{name}: development UAR", curves, across, up)


def folds_and_seeds(summary: Mapping[str, Any], caution: str) -> list[Html]:
    """Show the score of every fold and seed, and of every seed where there are several.

    Args:
        summary: as :func:`ser.evaluation.summary.summarise` gives.
        caution: what no number of the run is shown without, to end the captions with.
    """
    body = [
        [
            f"{row['fold']}",
            row["seed"],
            charts.bar(row["uar"], 1),
            number(row["uar"], ".3f"),
            number(row["accuracy"], ".3f"),
            row["n"],
            tag("span", some(row["speakers"]), class_="long"),
        ]
        for row in summary["folds"]
    ]
    header = ["fold", "seed", "", "UAR", "accuracy", "utterances", "speakers tested"]
    by_fold = table(f"Every fold and seed.{caution}", header, body)
    if len(summary["per_seed"]) == 1:
        return [by_fold]
    names = ("uar", "accuracy", "macro_f1", "weighted_f1", "mcc", "kappa")
    seeds = [[f"{row['seed']}", *(number(row[name], ".3f") for name in names)] for row in summary["per_seed"]]
    header = ["seed", "UAR", "accuracy", "macro F1", "weighted F1", "MCC", "kappa"]
    return [table(f"Every seed, over all folds.{caution}", header, seeds), by_fold]


def some(names: Sequence[str]) -> str:
    """List the first few names.

    Example:
        >>> some(["a", "b", "c", "d", "e", "f"])
        'a, b, c, d and 2 more'
    """
    more = len(names) - _SPEAKERS
    return ", ".join(names[:_SPEAKERS]) + (f" and {more} more" if more > 0 else "") if names else "unknown"
