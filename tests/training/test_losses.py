from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor
from torch.nn.functional import cross_entropy

from ser.errors import ConfigError
from ser.training.losses import Loss, WeightedMean, balanced_weights, summed_loss

WEIGHTS = torch.tensor([0.5, 1.0, 3.0])


def batch(scale: float = 2.0) -> tuple[Tensor, Tensor, Tensor]:
    """Logits, labels, and mixed targets of seven clips."""
    generator = torch.Generator().manual_seed(0)
    logits = scale * torch.randn(7, 3, generator=generator)
    shares = torch.rand(7, 3, generator=generator)
    return logits, torch.tensor([0, 1, 2, 0, 0, 1, 2]), shares / shares.sum(dim=1, keepdim=True)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_mean_is_pytorchs_weighted_mean(smoothing: float) -> None:
    logits, labels, _ = batch()
    loss, weight = summed_loss(logits, labels, WEIGHTS, Loss(focal_gamma=0.0, label_smoothing=smoothing))
    expected = cross_entropy(logits, labels, weight=WEIGHTS, label_smoothing=smoothing)
    torch.testing.assert_close(loss / weight, expected)


@pytest.mark.parametrize("mixed", [False, True])
def test_the_focal_loss_is_its_formula(mixed: bool) -> None:
    logits, labels, shares = batch()
    targets = shares if mixed else labels
    loss, _ = summed_loss(logits, targets, WEIGHTS, Loss(focal_gamma=2.0, label_smoothing=0.1))
    powers = np.exp(logits.double().numpy())
    p = powers / powers.sum(axis=1, keepdims=True)
    q = 0.9 * (shares.double().numpy() if mixed else np.eye(3)[labels]) + 0.1 / 3
    assert float(loss) == pytest.approx(float((-WEIGHTS.numpy() * q * (1 - p) ** 2 * np.log(p)).sum()), rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("mixed", [False, True])
def test_a_vanishing_gamma_leaves_cross_entropy(mixed: bool, smoothing: float) -> None:
    logits, labels, shares = batch()
    targets = shares if mixed else labels
    found, plain = (
        summed_loss(logits, targets, WEIGHTS, Loss(focal_gamma=gamma, label_smoothing=smoothing))
        for gamma in (1e-7, 0.0)
    )
    torch.testing.assert_close(found, plain)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 5.0])
def test_clips_that_are_surely_right_or_wrong_have_finite_gradients(gamma: float) -> None:
    logits = torch.tensor([[200.0, 0.0, 0.0], [0.0, 200.0, 0.0]], requires_grad=True)
    loss, _ = summed_loss(logits, torch.tensor([0, 0]), WEIGHTS, Loss(focal_gamma=gamma, label_smoothing=0.0))
    torch.autograd.backward(loss)
    assert loss.isfinite()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert logits.grad[0].abs().max() < 1e-6


def test_the_mean_of_an_epoch_does_not_depend_on_its_batches() -> None:
    logits, labels, _ = batch()
    mean, settings = WeightedMean(), Loss(focal_gamma=0.0, label_smoothing=0.0)
    for part in (slice(0, 2), slice(2, 7)):
        mean.add(*summed_loss(logits[part], labels[part], WEIGHTS, settings))
    assert mean.taken() == pytest.approx(float(cross_entropy(logits, labels, weight=WEIGHTS)))


@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_the_loss_of_a_mixture_is_the_mixture_of_losses(gamma: float) -> None:
    logits, labels, _ = batch()
    others, settings = labels.roll(1), Loss(focal_gamma=gamma, label_smoothing=0.1)
    hard, other = (summed_loss(logits, chosen, WEIGHTS, settings) for chosen in (labels, others))
    soft = 0.3 * torch.eye(3)[labels] + 0.7 * torch.eye(3)[others]
    mixture = summed_loss(logits, soft, WEIGHTS, settings)
    for found, one, two in zip(mixture, hard, other, strict=True):
        torch.testing.assert_close(found, 0.3 * one + 0.7 * two)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("gamma", [0.0, 2.0])
@pytest.mark.parametrize("mixed", [False, True])
def test_a_clip_of_weight_three_is_three_clips(mixed: bool, gamma: float, smoothing: float) -> None:
    logits, labels, shares = batch()
    targets, settings = shares if mixed else labels, Loss(focal_gamma=gamma, label_smoothing=smoothing)
    counts = torch.tensor([1, 3, 2, 1, 1, 2, 3])
    weighted = summed_loss(logits, targets, WEIGHTS, settings, counts.float())
    repeated = summed_loss(logits.repeat_interleave(counts, 0), targets.repeat_interleave(counts, 0), WEIGHTS, settings)
    torch.testing.assert_close(weighted, repeated)


def test_class_weights_count_clips_as_they_weigh() -> None:
    labels, counts = np.array([0, 1, 1, 2]), np.array([3, 1, 2, 1])
    found = balanced_weights(labels, 3, counts.astype(np.float32))
    np.testing.assert_allclose(found, balanced_weights(np.repeat(labels, counts), 3))


def test_class_weights_are_scikit_learns() -> None:
    labels = np.random.default_rng(0).choice(4, 200, p=[0.6, 0.2, 0.15, 0.05])
    expected = compute_class_weight("balanced", classes=np.arange(4), y=labels)
    np.testing.assert_allclose(balanced_weights(labels, 4), expected)


@pytest.mark.parametrize(("key", "value"), [("focal_gamma", -1.0), ("label_smoothing", 1.0), ("label_smoothing", -0.1)])
def test_settings_out_of_range_are_refused_by_key(key: str, value: float) -> None:
    with pytest.raises(ConfigError, match=rf"^trainer\.loss\.{key}: "):
        Loss(**{"focal_gamma": 0.0, "label_smoothing": 0.0, key: value})
