"""Several seeds give a mean, its spread, and every seed by itself, wherever a run is shown."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from ser.evaluation import leaderboard
from ser.evaluation.model_card import model_card
from ser.evaluation.report import seed_table, study_page
from ser.evaluation.results import RunResult
from ser.evaluation.summary import around_seeds, seed_spread


def test_the_mean_is_that_of_the_seeds_and_the_spread_that_of_the_textbook(result: RunResult) -> None:
    summary = result.summary
    uars = [row["uar"] for row in summary["per_seed"]]
    assert len(uars) == 2
    assert summary["uar"] == pytest.approx(np.mean(uars))
    assert seed_spread(summary) == pytest.approx(abs(uars[0] - uars[1]) / np.sqrt(2))


def test_the_leaderboard_shows_the_spread(result: RunResult) -> None:
    row = leaderboard.row(result)
    assert row.uar_seed_std is not None
    assert f"2 (± {row.uar_seed_std:.3f})" in leaderboard.to_markdown(leaderboard.leaderboard([row]))


def test_no_score_stands_without_the_spread_of_its_seeds(result: RunResult) -> None:
    spread = f" ± {seed_spread(result.summary):.3f} over 2 seeds"
    page = study_page("study", leaderboard.leaderboard([leaderboard.row(result)]), [result])
    card = model_card({"run_id": result.run_id, "name": result.name, **result.record}, result.summary, {})
    assert f"UAR **{result.summary['uar']:.3f}**{spread} (95 %" in page
    assert f"UAR {result.summary['uar']:.3f}{spread} (95 %" in card


def test_the_page_lists_every_seed(result: RunResult) -> None:
    page = study_page("study", leaderboard.leaderboard([leaderboard.row(result)]), [result])
    for row in result.summary["per_seed"]:
        assert re.search(rf"\| {row['seed']} +\| +{row['uar']:.3f} \|", page)
    assert "standard deviation" in seed_table(result.summary)


def test_one_seed_has_no_spread(result: RunResult) -> None:
    summary = {**result.summary, "per_seed": result.summary["per_seed"][:1], "seeds": [0]}
    row = leaderboard.row(dataclasses.replace(result, summary=summary))
    assert (seed_spread(summary), seed_table(summary), row.uar_seed_std) == (None, "", None)
    assert around_seeds(summary) == ""
    assert "±" not in leaderboard.to_markdown(leaderboard.leaderboard([row]))
