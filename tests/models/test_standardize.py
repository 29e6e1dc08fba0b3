from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from ser.models import standardize
from ser.models.standardize import Standardized, moments


class Seen(nn.Module):
    """Gives back its input."""

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        return x


def test_moments_are_those_of_scikit_learn() -> None:
    values = (np.random.default_rng(0).standard_normal((500, 6)) * [1, 10, 1e-4, 1e4, 3, 1] + 5).astype(np.float32)
    fitted, reference = moments(values), StandardScaler().fit(values.astype(np.float64))
    np.testing.assert_allclose(fitted.mean, reference.mean_, rtol=1e-10)
    np.testing.assert_allclose(fitted.scale, reference.scale_, rtol=1e-10)


def test_moments_do_not_depend_on_how_the_rows_are_sliced(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).standard_normal((100, 3)).astype(np.float32)
    whole = moments(values)
    monkeypatch.setattr(standardize, "_ROWS_AT_ONCE", 7)
    np.testing.assert_allclose(moments(values).scale, whole.scale, rtol=1e-12)


def test_a_constant_value_is_centred_and_not_blown_up() -> None:
    values = np.full((50, 1), 0.1, np.float32)
    network = Standardized(Seen(), 1)
    network.fit(values)
    assert float(network(torch.tensor([[0.2]]), torch.ones(1))) == np.float32(0.2) - np.float32(0.1)


def test_padding_stays_zero() -> None:
    network = Standardized(Seen(), 2)
    network.fit(np.random.default_rng(0).standard_normal((30, 2)).astype(np.float32) + 4)
    out = network(torch.zeros(1, 5, 2), torch.tensor([3]))
    assert (out[0, :3] != 0).all()
    assert (out[0, 3:] == 0).all()


def test_mean_and_scale_are_saved_with_the_weights() -> None:
    network = Standardized(Seen(), 2)
    network.fit(np.array([[1, 2], [3, 6]], np.float32))
    assert {key: value.tolist() for key, value in network.state_dict().items()} == {
        "mean": [2.0, 4.0],
        "scale": [1.0, 2.0],
    }
