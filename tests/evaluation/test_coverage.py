"""What the intervals cover, by the simulation behind `docs/intervals.md` in small."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import bootstrap

from ser.arrays import Float64
from ser.evaluation import resampling
from ser.evaluation.metrics import uar

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_of_intervals", ROOT / "benchmarks" / "intervals.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_intervals_of_ten_speakers_cover_what_they_say(benchmark: ModuleType) -> None:
    rows = benchmark.coverage(benchmark.USUAL, 10, paired=False, datasets=600, replicates=400)
    covered = {row.method: row.covered for row in rows}
    # The chance error of a share of 0.95 in 600 is 0.009.
    assert covered["expanded percentile (used)"] == pytest.approx(0.95, abs=0.025)
    assert covered["percentile"] < covered["expanded percentile (used)"] - 0.02


def test_intervals_of_a_difference_cover_what_they_say(benchmark: ModuleType) -> None:
    rows = benchmark.coverage(benchmark.USUAL, 10, paired=True, datasets=300, replicates=300)
    covered = {row.method: row.covered for row in rows}
    assert covered["expanded percentile (used)"] == pytest.approx(0.95, abs=0.04)


def test_equal_models_are_called_different_no_more_often_than_agreed(benchmark: ModuleType) -> None:
    assert benchmark.rejections(benchmark.USUAL, 4, datasets=50, replicates=100) == 0
    assert benchmark.rejections(benchmark.USUAL, 8, datasets=300, replicates=100) == pytest.approx(0.05, abs=0.035)


def test_the_true_value_is_that_of_very_many_speakers(benchmark: ModuleType) -> None:
    drawn = benchmark.draw(np.random.default_rng(0), benchmark.USUAL, 20_000, [0.3])
    assert uar(drawn.sum(axis=1))[0] == pytest.approx(benchmark.true_uar(benchmark.USUAL, 0.3), abs=0.005)


def test_the_other_method_is_the_bca_of_scipy(benchmark: ModuleType) -> None:
    counts = benchmark.draw(np.random.default_rng(0), benchmark.USUAL, 12, [0.0])[0]

    def statistic(drawn: Float64, axis: int) -> Float64:
        return uar(np.moveaxis(counts[drawn.astype(int)], axis - 2 if axis < 0 else axis, 0).sum(axis=0))

    found = benchmark.resampled(resampling.speakers(counts[None]), np.ones(1), replicates=5000, seed=0)
    ours = benchmark.bca(found, ndtri(0.975))
    theirs = bootstrap(
        (np.arange(12),), statistic, n_resamples=5000, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours == pytest.approx([theirs.low, theirs.high], abs=0.01)


def test_the_page_shows_what_was_measured(benchmark: ModuleType) -> None:
    measured = json.loads(benchmark.MEASURED.read_text(encoding="utf-8"))
    assert benchmark.PAGE.read_text(encoding="utf-8") == benchmark.page(measured)
    asked = [row for row in measured["rows"] if row["method"].endswith("(used)") and row["speakers"] in (10, 50)]
    assert len(asked) == 10
    for row in asked:
        assert 0.93 <= row["covered"] <= 0.97
