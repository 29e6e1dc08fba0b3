"""Whether a model knows what it knows: calibration, abstention, and the utterances it is surest about wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ser.evaluation.metrics import METRICS
from ser.pages.curves import Axis, Curve, chart, key
from ser.pages.html import Html, number, table, tag

_ERRORS = {
    "ece": "ECE, equal width",
    "ece_equal_mass": "ECE, equal counts",
    "brier": "Brier score",
    "nll": "NLL, nats",
}
_LEGEND = (
    "Lower is better. ECE: expected calibration error, over bins of equal width or of equal counts; Brier score: from "
    "0 to 2; NLL: negative log-likelihood of the true class."
)
_DIAGONAL = Curve(name="", kind="rule", points=[(0, 0), (1, 1)], joined=True)


def calibration(found: Mapping[str, Any]) -> list[Html]:
    """Show calibration before and after temperature scaling.

    Args:
        found: `calibration` of a summary.
    """
    stages = {name: found[name] for name in ("before", "after") if found[name]}
    kinds = {"before": "one", "after": "two"}
    words = {"before": "as predicted", "after": "after temperature scaling"}
    points = [
        Curve(name=words[name], kind=kinds[name], points=_points(stage["reliability"]), joined=True)
        for name, stage in stages.items()
    ]
    body = [[title, *(number(stage[name], ".3f") for stage in stages.values())] for name, title in _ERRORS.items()]
    return [
        key([(words[name], kinds[name]) for name in stages]),
        tag(
            "div",
            chart(
                "Reliability: a calibrated model lies on the thin line",
                [_DIAGONAL, *points],
                Axis(label="confidence", low=0, high=1, form=".0%"),
                Axis(label="accuracy", low=0, high=1, form=".0%"),
            ),
            table(
                f"{_LEGEND}{_temperatures(found)}",
                ["error", *(words[name] for name in stages)],
                body,
            ),
            class_="beside",
        ),
    ]


def _points(rows: Sequence[Mapping[str, float]]) -> list[tuple[float, float]]:
    return [(row["confidence"], row["accuracy"]) for row in rows]


def _temperatures(found: Mapping[str, Any]) -> str:
    if found["temperatures"] is None:
        return " No temperature was fitted: predictions of the development parts are not at hand."
    values = [row["temperature"] for row in found["temperatures"]]
    return (
        f" Temperatures, each fitted on its fold's development part: {min(values):.2f} to {max(values):.2f} "
        "(above 1 the model was too sure)."
    )


def abstention(found: Mapping[str, Any]) -> list[Html]:
    """Show how well a model does on what it is surest of.

    Args:
        found: `abstention` of a summary.
    """
    scores = {"accuracy": "one", "uar": "two"}
    curves = [
        Curve(
            name=METRICS[name].title,
            kind=kind,
            points=[(row["coverage"], row[name]) for row in found["curve"]],
            joined=True,
        )
        for name, kind in scores.items()
    ]
    areas = {
        "this model": "aurc",
        "the same errors, all least sure": "aurc_ideal",
        "confidence at random": "aurc_random",
    }
    return [
        key([(METRICS[name].title, kind) for name, kind in scores.items()]),
        tag(
            "div",
            chart(
                "Scores on the share it is surest of",
                curves,
                Axis(label="share answered", low=0, high=1, form=".0%"),
                Axis(label="score", low=0, high=1, form=".0%"),
            ),
            table(
                "Area under the curve of errors over the share answered, lower is better.",
                ["confidence", "area"],
                [[title, number(found[name], ".3f")] for title, name in areas.items()],
            ),
            class_="beside",
        ),
    ]


def hardest(rows: Sequence[Mapping[str, Any]], caution: str) -> Html:
    """List the utterances whose true class was given the lowest probability.

    Args:
        rows: as :func:`ser.evaluation.hardest.hardest` gives.
        caution: what no number of the run is shown without, to end the caption with.
    """
    body = [
        [row["utterance_id"], tag("code", row["path"]), row["true"], row["predicted"], number(row["p_true"], ".3f")]
        for row in rows
    ]
    words = (
        f"The {len(rows)} utterances whose true class was given the lowest probability (mean over seeds), to listen "
        f"to: files are named as in the corpus's folder.{caution}"
    )
    return table(words, ["utterance", "file", "true class", "named", "probability of the true class"], body)
