from __future__ import annotations

import pytest
import torch
from torch import nn

from ser.errors import ConfigError
from ser.training.averaging import Averaging, average_of


def averaged(kind: str, values: list[float], decay: float = 0.5) -> tuple[float, ...]:
    """Averages of a weight, a statistic and a count that take some values one after the other."""
    network = nn.BatchNorm1d(1)
    average = average_of(network, Averaging(kind=kind, decay=decay, start=0.0))
    assert average is not None
    for value in values:
        with torch.no_grad():
            network.weight.fill_(value)
        network.get_buffer("running_mean").fill_(10 * value)
        network.get_buffer("num_batches_tracked").fill_(int(value))
        average.update_parameters(network)
    inner = average.module
    return tuple(inner.state_dict()[key].item() for key in ("weight", "running_mean", "num_batches_tracked"))


def test_the_mean_over_epochs_is_the_mean() -> None:
    assert averaged("swa", [1.0, 2.0, 6.0, 7.0]) == pytest.approx((4.0, 40.0, 7))


def test_the_moving_average_forgets_at_its_decay() -> None:
    values = [float(step % 5) for step in range(60)]
    expected = values[0]
    for step, value in enumerate(values[1:], start=1):
        kept = min(0.6, (1 + step) / (10 + step))
        expected = kept * expected + (1 - kept) * value
    assert averaged("ema", values, decay=0.6)[0] == pytest.approx(expected, rel=1e-5)


def test_the_first_weights_of_a_short_training_are_forgotten() -> None:
    assert averaged("ema", [0.0] + [1.0] * 50, decay=0.9999)[0] > 0.99


def test_no_average_is_made_where_none_is_asked() -> None:
    assert average_of(nn.Linear(1, 1), Averaging(kind="none", decay=0.5, start=0.5)) is None


def test_the_mean_over_epochs_starts_at_its_share() -> None:
    assert Averaging(kind="swa", decay=0.0, start=0.75).epochs_before(60) == 45
    assert Averaging(kind="ema", decay=0.0, start=0.75).epochs_before(60) == 0


@pytest.mark.parametrize(("key", "value"), [("kind", "mean"), ("decay", 1.0), ("decay", -0.1), ("start", 1.0)])
def test_settings_out_of_range_are_refused_by_key(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"^trainer\.average\.{key}: "):
        Averaging(**{"kind": "ema", "decay": 0.9, "start": 0.5, key: value})  # type: ignore[arg-type]
