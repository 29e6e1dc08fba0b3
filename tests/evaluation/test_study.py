"""What a study may say, how its numbers come about, and how those of two times compare."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from evaluation.conftest import CLASSES
from ser.errors import ConfigError
from ser.evaluation.study import Published, Run, Study
from ser.evaluation.study_page import page
from ser.evaluation.study_results import (
    Job,
    Results,
    RunResults,
    compared,
    comparison_table,
    scored,
)


def run(**changes: Any) -> Run:
    plain = {"role": "aside", "words": "Words.", "overrides": [], "tolerances": {"macro_f1_fold_mean": 0.01}}
    return Run(**{**plain, **changes})


def study(**changes: Any) -> Study:
    plain = {
        "title": "Title",
        "question": "A question?",
        "metric": "macro_f1_fold_mean",
        "published": Published(
            number=0.75, spread=0.02, words="They say .75.", source="Somebody.", unsaid=["The seed."]
        ),
        "overrides": [],
        "runs": {"shuffled": run(role="same_protocol"), "apart": run(role="speaker_independent")},
        "tolerated": "Rounding.",
        "reading": "Read so.",
    }
    return Study(**{**plain, **changes})


def job(number: float, *settings: str) -> Job:
    metrics = ("uar", "accuracy", "macro_f1")
    return Job(
        settings=list(settings),
        run_id="0123456789ab",
        protocol_hash="abcdef",
        seeds=[0],
        scores={name + suffix: number for name in metrics for suffix in ("", "_fold_mean")},
        fold_std=dict.fromkeys(metrics, 0.125),
        interval={"low": number - 0.1, "high": number + 0.1},
        folds=[{"fold": fold, "seed": 0, "n": 5, **dict.fromkeys(metrics, number)} for fold in (1, 2)],
    )


def results(**numbers: list[float]) -> Results:
    return Results(
        date="2026-01-02",
        made_with={"numpy": "2.0"},
        runs={
            name: RunResults(
                protocol=f"the protocol {name}",
                chosen_on="nothing is chosen",
                verdict="verdict",
                data_hash="d0d0",
                utterances=85,
                speakers=6,
                majority_accuracy=0.3,
                jobs=[
                    job(value, *([f"protocol.seed={seed}"] * (len(values) > 1))) for seed, value in enumerate(values)
                ],
            )
            for name, values in numbers.items()
        },
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metric": "macro_f"}, "Did you mean 'macro_f1'"),
        ({"runs": {"apart": run(role="speaker_independent")}}, "one run with the role same_protocol, but got 'none'"),
        ({"runs": {name: run(role="same_protocol") for name in "ab"}}, "but got 'a, b'"),
        ({"metric": "kappa_of_folds"}, "a score"),
        ({"metric": "uar"}, "runs.shuffled.tolerances: expected a tolerance for uar"),
    ],
)
def test_a_study_that_lacks_something_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        study(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"role": "independent"}, "Did you mean 'speaker_independent'"),
        ({"tolerances": {"UAR": 0.1}}, "a score"),
        ({"tolerances": {"uar": -0.1}}, "a distance, 0 or more"),
    ],
)
def test_a_run_that_says_nonsense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(**changes)


def test_scores_are_those_of_scikit_learn(
    predictions: pd.DataFrame, utterances: pd.DataFrame, folds: pd.DataFrame
) -> None:
    found = scored(predictions, utterances, folds, CLASSES)

    def macro(rows: pd.DataFrame) -> float:
        return float(f1_score(rows["y_true"], rows["y_pred"], average="macro"))

    by_seed = predictions.groupby("seed")
    by_fold = pd.Series({key: macro(rows) for key, rows in predictions.groupby(["fold", "seed"])})
    of_folds = by_fold.groupby(level=0).mean()
    uars = [balanced_accuracy_score(rows["y_true"], rows["y_pred"]) for _, rows in by_seed]
    assert found["scores"]["uar"] == pytest.approx(np.mean(uars), abs=1e-6)
    assert found["scores"]["macro_f1"] == pytest.approx(np.mean([macro(rows) for _, rows in by_seed]), abs=1e-6)
    assert found["scores"]["macro_f1_fold_mean"] == pytest.approx(of_folds.mean(), abs=1e-6)
    assert found["fold_std"]["macro_f1"] == pytest.approx(of_folds.std(ddof=0), abs=1e-6)
    assert [row["macro_f1"] for row in found["folds"]] == pytest.approx(list(by_fold), abs=1e-6)
    assert found["seeds"] == [0, 1]


@pytest.mark.parametrize(("now", "verdict"), [(0.705, "met"), (0.71, "met"), (0.689, "MISSED by 0.0010")])
def test_a_number_is_met_within_its_tolerance(now: float, verdict: str) -> None:
    rows = compared(study(), results(shuffled=[0.7], apart=[0.5]), results(shuffled=[now], apart=[0.5]))
    assert [row.verdict for row in rows] == [verdict, "met"]
    assert rows[0].published == 0.75
    assert rows[1].published is None
    assert verdict in comparison_table(rows)


def test_the_mean_over_shufflings_is_compared() -> None:
    rows = compared(study(), results(shuffled=[0.7], apart=[0.5]), results(shuffled=[0.6, 0.8], apart=[0.4, 0.5]))
    assert [row.met for row in rows] == [True, False]


def test_a_run_without_committed_numbers_does_not_pass() -> None:
    for committed in (None, results(shuffled=[0.7])):
        rows = compared(study(), committed, results(shuffled=[0.7], apart=[0.5]))
        assert rows[1].verdict == "nothing committed"
        assert not rows[1].met


def test_the_page_shows_three_numbers_and_what_lies_behind_them() -> None:
    text = page("toy", study(), results(shuffled=[0.7, 0.8], apart=[0.5]))
    three = [line.split("|")[2].strip() for line in text.splitlines() if line.startswith(("| published", "| ours"))]
    assert three == ["0.7500", "0.7500", "0.5000"]
    assert "mean of 2 repetitions, 0.7000 to 0.8000" in text
    assert "± 0.0200 over the folds" in text
    assert "± 0.1250 over the folds" in text
    assert "protocol.seed=1: 0.800 0.800" in text
    assert "of 75 when" in " ".join(text.split())
    assert "    ser reproduce toy --data-dir DIR" in text
    assert "numpy 2.0" in text


def test_the_page_says_when_nothing_was_published() -> None:
    silent = dataclasses.replace(study().published, number=None, spread=None)
    found = results(shuffled=[0.7], apart=[0.5])
    apart = dataclasses.replace(found.runs["apart"], jobs=[dataclasses.replace(job(0.5), interval=None)])
    found = dataclasses.replace(found, runs={**found.runs, "apart": apart})
    text = page("toy", study(published=silent), found)
    assert re.search(r"^\| published +\| +none published \| +\| - +\|$", text, flags=re.MULTILINE)
    assert " - |" in next(line for line in text.splitlines() if line.startswith("| apart"))
