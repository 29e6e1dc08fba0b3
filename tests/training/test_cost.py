from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from ser.arrays import Kind, Ragged, ragged
from ser.models.lstm import LSTM
from ser.models.trained import TrainedModel
from ser.training import cost
from ser.training.cost import Cost, Meter, Spent

Zones = Callable[[str, int], None]


def clip(rows: int, width: int, kind: Kind) -> Ragged:
    return ragged([np.ones((rows, width), np.float32)], kind)


@pytest.fixture
def zones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zones:
    """A function setting the energy counter of a processor package, in µJ."""
    monkeypatch.setattr(cost, "POWERCAP", tmp_path)

    def put(name: str, energy: int) -> None:
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "energy_uj").write_text(f"{energy}\n")
        (tmp_path / name / "max_energy_range_uj").write_text("9999999\n")

    return put


def test_processor_time_is_counted_and_what_was_before_is_kept() -> None:
    meter = Meter(Spent(wall_s=100.0, cpu_s=50.0, energy_j=None))
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    spent = meter.read()
    assert 50.05 <= spent.cpu_s < 51
    assert spent.wall_s >= 100.05
    assert spent.energy_j is None


def test_energy_is_shared_by_processor_time_and_counters_turn_over(
    zones: Zones, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = {"own": 0.0, "all": 10.0}
    monkeypatch.setattr(cost.time, "process_time", lambda: clock["own"])
    monkeypatch.setattr(cost, "_busy_s", lambda: clock["all"])
    zones("intel-rapl:0", 9_000_000)
    zones("intel-rapl:0:0", 5_000_000)
    zones("intel-rapl:1", 0)
    meter = Meter()
    clock.update(own=2.0, all=18.0)
    zones("intel-rapl:0", 3_000_000)
    zones("intel-rapl:0:0", 6_000_000)
    zones("intel-rapl:1", 4_000_000)
    # 4 J of the package whose counter began anew at 10 J, 4 J of the other; 2 of 8 busy seconds were this process's.
    assert meter.read().energy_j == pytest.approx(2.0)
    clock.update(own=3.0, all=18.0)
    zones("intel-rapl:1", 5_000_000)
    assert meter.read().energy_j == pytest.approx(3.0), "the system's clock lags: all of it was this process"


def test_energy_is_unknown_where_the_machine_does_not_tell(
    zones: Zones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Meter().read().energy_j is None
    zones("intel-rapl:0", 1)
    meter = Meter()
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("")
    assert meter.read().energy_j is None
    zones("intel-rapl:0", 2)
    assert meter.read().energy_j is None, "a gap is not filled by guessing"


def test_busy_time_leaves_out_idling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "STAT", tmp_path / "stat")
    (tmp_path / "stat").write_text("cpu  100 20 30 9999 8888 40 10 0 0 0\ncpu0 1 1 1 1\n")
    monkeypatch.setattr(cost.os, "sysconf", lambda _: 100)
    assert cost._busy_s() == pytest.approx(2.0)


def test_multiply_adds_are_those_of_the_formulas() -> None:
    class Dense(nn.Sequential):
        def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
            return super().forward(x)

    dense = Dense(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 3))
    assert cost.multiply_adds(dense, clip(1, 10, "vector")) == 10 * 20 + 20 * 3
    spec = LSTM(name="lstm", values_per_step=1, units=[6], bidirectional=False, pooling="last", hidden=[], dropout=0.0)
    recurrent = spec.build(clip(9, 5, "sequence").shape, 3)
    # Four gates a step, each from the input and from the state before.
    assert cost.multiply_adds(recurrent.eval(), clip(9, 5, "sequence")) == 9 * 4 * 6 * (5 + 6) + 6 * 3


def test_the_typical_clip_has_median_length() -> None:
    clips = ragged([np.full((length, 2), length, np.float32) for length in (3, 9, 5, 4, 7)], "sequence")
    picked = cost.typical(clips)
    assert len(picked) == 1
    np.testing.assert_array_equal(picked[0], clips[2])


def test_latency_is_a_median_after_the_first_ones() -> None:
    class Slow(TrainedModel):
        first_step = None  # type: ignore[assignment]
        calls = 0

        def _probabilities(self, features: Ragged, batch_size: int) -> np.ndarray:
            type(self).calls += 1
            time.sleep(0.2 if self.calls <= 2 else 0.004)
            return np.ones((1, 1), np.float32)

    one = clip(1, 4, "vector")
    model = Slow(shape=one.shape, classes=["a"], spec=None)  # type: ignore[arg-type]
    assert 4 <= cost.latency_ms(model, one) < 100


def test_fits_add_up_to_a_run() -> None:
    first = Cost(
        wall_s=1.0,
        cpu_s=0.5,
        energy_j=3.0,
        peak_memory_mb=100.0,
        parameters=7,
        multiply_adds=20,
        latency_ms=1.0,
    )
    second = Cost(
        wall_s=2.0,
        cpu_s=1.5,
        energy_j=None,
        peak_memory_mb=80.0,
        parameters=7,
        multiply_adds=30,
        latency_ms=2.0,
    )
    assert cost.total([first, second]) == Cost(
        wall_s=3.0,
        cpu_s=2.0,
        energy_j=None,
        peak_memory_mb=100.0,
        parameters=7,
        multiply_adds=20,
        latency_ms=1.5,
    )
    assert cost.total([first, first]).energy_j == 6.0
