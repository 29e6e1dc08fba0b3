from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ser.models.standardize import Scaler, Scaling, Standardized


class Seen(nn.Module):
    """Gives back its input."""

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        return x


def scaling(*widths: int, standardize: bool = True, signed_sqrt: bool = False, l2: bool = False) -> Scaling:
    return Scaling(standardize=standardize, signed_sqrt=signed_sqrt, l2=l2, widths=list(widths), group=None, shape=None)


def test_a_constant_value_is_centred_and_not_blown_up() -> None:
    values = np.full((50, 1), 0.1, np.float32)
    network = Standardized(Seen(), scaling(1))
    network.fit(values)
    assert float(network(torch.tensor([[0.2]]), torch.ones(1))) == np.float32(0.2) - np.float32(0.1)


def test_padding_stays_zero() -> None:
    network = Standardized(Seen(), scaling(2, l2=True, signed_sqrt=True))
    network.fit(np.random.default_rng(0).standard_normal((30, 2)).astype(np.float32) + 4)
    out = network(torch.zeros(1, 5, 2), torch.tensor([3]))
    assert (out[0, :3] != 0).all()
    assert (out[0, 3:] == 0).all()


def test_mean_and_scale_are_saved_with_the_weights() -> None:
    network = Standardized(Seen(), scaling(2))
    network.fit(np.array([[1, 2], [3, 6]], np.float32))
    assert {key: value.tolist() for key, value in network.state_dict().items()} == {
        "scaler.mean": [2.0, 4.0],
        "scaler.scale": [1.0, 2.0],
    }


def test_nothing_asked_is_nothing_done() -> None:
    values = np.random.default_rng(0).standard_normal((30, 3)).astype(np.float32) * 7 + 4
    scaler = Scaler(scaling(3, standardize=False))
    scaler.fit(values)
    np.testing.assert_array_equal(scaler.rows(values), values)


def test_every_feature_set_gets_one_norm_after_the_signed_root() -> None:
    values = np.random.default_rng(0).standard_normal((30, 5)).astype(np.float32)
    scaler = Scaler(scaling(2, 3, standardize=False, signed_sqrt=True, l2=True))
    rows = scaler.rows(values)
    roots = np.sign(values) * np.sqrt(np.abs(values))
    first, second = (roots[:, part] for part in (slice(2), slice(2, 5)))
    np.testing.assert_allclose(
        rows[:, :2], first / np.linalg.norm(first, axis=1, keepdims=True) * np.sqrt(2), rtol=1e-5
    )
    np.testing.assert_allclose(
        rows[:, 2:], second / np.linalg.norm(second, axis=1, keepdims=True) * np.sqrt(3), rtol=1e-5
    )
    assert not Scaler(scaling(2, l2=True)).rows(np.zeros((1, 2), np.float32)).any(), "a silent row stays one"
