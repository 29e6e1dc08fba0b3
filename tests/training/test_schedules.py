from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, ReduceLROnPlateau

from ser.errors import ConfigError
from ser.training.schedules import Schedule, rates_of_epoch

PEAK, EPOCHS, STEPS = 0.01, 10, 7


def schedule(kind: str, **changes: Any) -> Schedule:
    return Schedule(**{"kind": kind, "warmup": 0.3, "floor": 1e-5, "factor": 0.4, "patience": 2, **changes})


def rates(settings: Schedule, losses: list[float] | None = None) -> list[float]:
    """The rates of all steps of a training."""
    past = losses or [1.0] * EPOCHS
    return [
        rate
        for epoch in range(EPOCHS)
        for rate in rates_of_epoch(settings, PEAK, epoch=epoch, epochs=EPOCHS, steps=STEPS, losses=past[:epoch])
    ]


def optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=PEAK)


def stepped(scheduler: Any, steps: int) -> list[float]:
    """The rates that a scheduler of PyTorch gives."""
    found = []
    for _ in range(steps):
        found.append(scheduler.optimizer.param_groups[0]["lr"])
        scheduler.optimizer.step()
        scheduler.step()
    return found


def test_a_constant_rate_is_constant() -> None:
    assert rates(schedule("constant")) == [PEAK] * EPOCHS * STEPS


def test_one_cycle_is_pytorchs() -> None:
    total = EPOCHS * STEPS
    theirs = OneCycleLR(
        optimizer(), PEAK, total_steps=total, pct_start=0.3, cycle_momentum=False, final_div_factor=PEAK / 25 / 1e-5
    )
    found = rates(schedule("one_cycle"))
    # PyTorch's last call of step would go beyond the end.
    assert found[:-1] == pytest.approx(stepped(theirs, total - 1))
    assert found[-1] == pytest.approx(1e-5)


def test_the_cosine_is_pytorchs_after_a_linear_rise() -> None:
    total = EPOCHS * STEPS
    found = rates(schedule("cosine"))
    assert found[:21] == pytest.approx([PEAK * step / 21 for step in range(1, 22)])
    assert found[21:] == pytest.approx(stepped(CosineAnnealingLR(optimizer(), total - 21, eta_min=1e-5), total - 21))
    assert rates(schedule("cosine", warmup=0.0)) == pytest.approx(
        stepped(CosineAnnealingLR(optimizer(), total, eta_min=1e-5), total)
    )


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_the_plateau_counts_as_keras_does(patience: int) -> None:
    losses = [1.0, 0.9, 0.95, 0.89995, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]
    # Keras lowers the rate at the end of the epoch that fills the patience; PyTorch one epoch later.
    theirs = ReduceLROnPlateau(
        optimizer(), factor=0.4, patience=patience - 1, threshold=1e-4, threshold_mode="abs", min_lr=1e-5
    )
    expected = []
    for loss in losses:
        expected += [theirs.optimizer.param_groups[0]["lr"]] * STEPS
        theirs.step(loss)
    assert rates(schedule("plateau", patience=patience), losses) == pytest.approx(expected)


def test_no_rate_falls_below_the_floor() -> None:
    for kind in ("cosine", "one_cycle", "plateau"):
        found = rates(schedule(kind, floor=0.004))
        assert min(found[21:]) == pytest.approx(0.004, rel=0.01)


@pytest.mark.parametrize("kind", ["cosine", "one_cycle"])
@pytest.mark.parametrize("warmup", [0.0, 0.01, 0.5, 0.99])
def test_the_shortest_training_has_a_rate(kind: str, warmup: float) -> None:
    settings = schedule(kind, warmup=warmup)
    for steps in (1, 2, 100):
        found = rates_of_epoch(settings, PEAK, epoch=0, epochs=1, steps=steps, losses=[])
        assert len(found) == steps
        assert all(0 < rate <= PEAK * (1 + 1e-12) for rate in found)


@pytest.mark.parametrize(
    ("key", "value"),
    [("kind", "step"), ("warmup", 1.0), ("warmup", -0.1), ("floor", -1.0), ("factor", 1.0), ("patience", 0)],
)
def test_settings_out_of_range_are_refused_by_key(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"^trainer\.schedule\.{key}: "):
        schedule(**{"kind": "cosine", key: value})
